import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientDialect } from '../../test/support/client-dialects.ts';
import { readUsage } from '../process-usage.ts';
import { type AbortBench, AbortRig, until } from './abort-rig.ts';
import { floodMib, STREAMS } from './flood.ts';

const READERS = 50;
const SECONDS = 5;
const BYTES_PER_SECOND = 1_024;
const MOST_GROWTH_MIB = 200;
const GIVE_UP_MS = 5_000;
const BYTES_PER_MIB = 1_048_576;

/** Many clients that read much more slowly than the upstream sends. */
export async function readSlowly(
  bench: AbortBench,
  dialect: ClientDialect,
): Promise<{ summary: string; problems: readonly string[] }> {
  const { flood } = STREAMS[dialect.name];
  const rig = await AbortRig.create(bench, {
    dialect,
    name: 'slow readers',
    steps: [{ events: flood }],
    atOnce: READERS,
  });
  const rssMib = (): number => (readUsage(bench.gateway.pid)?.rssBytes ?? 0) / BYTES_PER_MIB;
  const sent = async (): Promise<number[]> => (await rig.seen(0)).map(({ events }) => floodMib(events));
  const before = rssMib();
  const readers = Array.from({ length: READERS }, () => rig.open({ stream: true, reads: false }));
  await rig.reach('the heads of all answers', async () => readers.every(({ hasHead }) => hasHead));
  let peak = before;
  let early: number[] = [];
  for (let second = 0; second < SECONDS; second += 1) {
    if (second === SECONDS - 2) early = await sent();
    for (const reader of readers) reader.take(BYTES_PER_SECOND);
    await sleep(1_000);
    peak = Math.max(peak, rssMib());
  }
  const late = await sent();
  const received = Math.max(...readers.map((reader) => reader.received));
  for (const reader of readers) reader.leave();
  const isFree = await until(async () => (await rig.held()) === 0, GIVE_UP_MS);
  const growth = peak - before;
  const problems = [
    ...(late.length === READERS ? [] : [`${late.length} requests reached the upstream`]),
    ...(late.every((mib) => mib < floodMib(flood.length)) ? [] : ['the upstream was not paused: it has sent it all']),
    ...(late.every((mib, at) => mib - (early[at] ?? 0) <= 1) ? [] : ['the upstream goes on sending']),
    ...(growth <= MOST_GROWTH_MIB ? [] : [`the gateway has grown by ${growth.toFixed(0)} MiB`]),
    ...(isFree ? [] : [`${await rig.held()} left held`]),
  ].map((problem) => `slow readers, ${dialect.name}: ${problem}`);
  const summary = `${READERS} slow readers, ${dialect.name}: the gateway has grown by ${growth.toFixed(0)} MiB (${before.toFixed(0)} before); of ${floodMib(flood.length).toFixed(0)} MiB each, the upstream could send ${Math.max(...late).toFixed(1)} at most, and ${(received / 1_024).toFixed(0)} KiB were read`;
  return { summary, problems };
}
