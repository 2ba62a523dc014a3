import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const KEPT_OUTPUT = 20_000;
const STOP_WITHIN_MS = 30_000;
const POLL_MS = 50;

/** A port that was free a moment ago. */
export async function findFreePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function isHealthy(port) {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) });
    return answer.ok;
  } catch {
    return false;
  }
}

/** Waits until `isDone` holds; false when it did not within the time. */
async function until(isDone, withinMs) {
  const giveUpAt = Date.now() + withinMs;
  while (Date.now() < giveUpAt) {
    if (await isDone()) return true;
    await sleep(POLL_MS);
  }
  return false;
}

/**
 * Starts the gateway by `command`, waits until it is healthy, asks it to stop and waits until it has.
 * @returns {Promise<{ readyMs: number, code: number | null, signal: string | null, output: string }>}
 */
export async function tryStart(command, args, { cwd, env, port, readyWithinMs }) {
  const startedAt = Date.now();
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-KEPT_OUTPUT);
    });
  }
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve({ code, signal }));
  });
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const ready = await until(async () => isOver() || (await isHealthy(port)), readyWithinMs);
  const readyMs = Date.now() - startedAt;
  const failed = !ready || isOver();
  child.kill('SIGTERM');
  const { code, signal } = await ended;
  if (failed) throw new Error(`It did not become healthy (code ${code}, signal ${signal}). It said:\n${output}`);
  if (!(await until(async () => !(await isHealthy(port)), STOP_WITHIN_MS))) {
    throw new Error(`It still serves ${STOP_WITHIN_MS} ms after it was asked to stop. It said:\n${output}`);
  }
  return { readyMs, code, signal, output };
}
