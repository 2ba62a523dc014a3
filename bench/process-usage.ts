import { readdirSync, readFileSync } from 'node:fs';

/** What a process and its children have used so far. */
export interface ProcessUsage {
  readonly cpuMicros: number;
  readonly rssBytes: number;
}

/** The kernel counts CPU time in hundredths of a second, on every architecture that matters here. */
const MICROS_PER_TICK = 10_000;
const BYTES_PER_KIB = 1_024;

interface Stat {
  readonly parent: number;
  readonly ticks: number;
}

function readStat(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may contain anything; what follows is split by spaces, beginning with the state.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null;
  }
}

function familyOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : null;
    if (stat) parents.set(Number(name), stat.parent);
  }
  const family = new Set([pid]);
  for (let before = 0; before !== family.size;) {
    before = family.size;
    for (const [child, parent] of parents) if (family.has(parent)) family.add(child);
  }
  return [...family];
}

function rssOf(pid: number): number {
  try {
    const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kib ?? 0) * BYTES_PER_KIB;
  } catch {
    return 0;
  }
}

/** Null where there is no /proc: the figures are Linux' own. */
export function readUsage(pid: number): ProcessUsage | null {
  if (process.platform !== 'linux') return null;
  const family = familyOf(pid);
  return {
    cpuMicros: family.reduce((sum, each) => sum + (readStat(each)?.ticks ?? 0), 0) * MICROS_PER_TICK,
    rssBytes: family.reduce((sum, each) => sum + rssOf(each), 0),
  };
}
