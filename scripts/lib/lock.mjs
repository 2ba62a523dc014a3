import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runTool } from './child.mjs';
import { LauncherError } from './launcher-error.mjs';
import { TOOLCHAIN_DIR } from './paths.mjs';
import { say } from './say.mjs';

const LOCK_DIR = join(TOOLCHAIN_DIR, 'lock');
const CLEANING_DIR = join(TOOLCHAIN_DIR, 'lock-cleaning');
const BEAT_MS = 2_000;
/** A holder whose last sign of life is older than this has died, on whatever machine it was. */
const DEAD_AFTER_MS = 30_000;
/** The tool that a dead holder had started may still be at work; so long, but no longer, is waited for its end. */
const TOOL_DEAD_AFTER_MS = 600_000;
const POLL_MS = 200;
const PATIENCE_MS = 20 * 60_000;

function tryMkdir(dir) {
  try {
    mkdirSync(dir);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function silenceMs(dir) {
  try {
    return Date.now() - statSync(dir).mtimeMs;
  } catch {
    return 0;
  }
}

/** Who holds the lock, or null while that is not written yet. */
function holder() {
  try {
    return JSON.parse(readFileSync(join(LOCK_DIR, 'owner.json'), 'utf8'));
  } catch {
    return null;
  }
}

/** `id` of a process, or negative that of a process group. */
function isAlive(id) {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function isAbandoned() {
  const silence = silenceMs(LOCK_DIR);
  if (silence > TOOL_DEAD_AFTER_MS) return true;
  const owner = holder();
  if (owner?.host !== hostname()) return silence > DEAD_AFTER_MS;
  if (owner.tool !== null && isAlive(owner.tool)) return false;
  return silence > DEAD_AFTER_MS || !isAlive(owner.pid);
}

/** Removes an abandoned lock. Only one process at a time may judge, or one would remove the lock another has just taken. */
function removeIfAbandoned() {
  if (silenceMs(CLEANING_DIR) > DEAD_AFTER_MS) rmSync(CLEANING_DIR, { recursive: true, force: true });
  if (!tryMkdir(CLEANING_DIR)) return false;
  try {
    if (!isAbandoned()) return false;
    rmSync(LOCK_DIR, { recursive: true, force: true });
    return true;
  } finally {
    rmSync(CLEANING_DIR, { recursive: true, force: true });
  }
}

async function acquire() {
  mkdirSync(TOOLCHAIN_DIR, { recursive: true });
  const giveUpAt = Date.now() + PATIENCE_MS;
  let told = false;
  while (!tryMkdir(LOCK_DIR)) {
    if (isAbandoned() && removeIfAbandoned()) continue;
    if (Date.now() > giveUpAt) {
      throw new LauncherError(
        'Another start of this copy never finished. End it, delete .toolchain/lock and try again.',
      );
    }
    if (!told)
      say(`Waiting for another start of this copy (process ${holder()?.pid ?? '?'}) to finish its preparations`);
    told = true;
    await sleep(POLL_MS);
  }
  writeOwner(null);
}

function writeOwner(tool) {
  writeFileSync(join(LOCK_DIR, 'owner.json'), JSON.stringify({ pid: process.pid, host: hostname(), tool }));
}

let depth = 0;

/** Runs `work` while no other launcher of this copy fetches, installs or builds. May be nested. */
export async function withLock(work) {
  if (depth === 0) await acquire();
  depth += 1;
  const release = () => rmSync(LOCK_DIR, { recursive: true, force: true });
  const beat = setInterval(() => utimesSync(LOCK_DIR, new Date(), new Date()), BEAT_MS);
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off('exit', release);
    depth -= 1;
    if (depth === 0) release();
  }
}

/** Runs a tool inside the lock. Should the launcher be killed, the lock holds until the tool has ended, too. */
export async function runLockedTool(command, args, options) {
  try {
    return await runTool(command, args, options, (pid) => writeOwner(process.platform === 'win32' ? pid : -pid));
  } finally {
    writeOwner(null);
  }
}
