/**
 * How long it takes to choose one of 1,000 accounts: the real modules with the embedded store, in this process. The
 * accounts are read again every second, as in service; the slowest calls are those that wait for it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Accounts from '../src/account/account.service.js';
import type * as Bootstrap from '../src/bootstrap.js';
import type * as LoadConfig from '../src/core/config/load-config.js';
import type * as Schedulers from '../src/scheduler/scheduler.service.js';
import { testPrincipal } from '../test/support/test-principal.ts';
import { percentile } from './figures.ts';

const ACCOUNTS = 1_000;
const SECONDS = 4;
const BUDGET_MS = 1;
const PLATFORM = 'claude-console';
const SESSION = 'bench-session';

/** The built module: its decorators cannot be run from source. */
async function built<T>(path: string): Promise<T> {
  return (await import(pathToFileURL(resolve('dist', path)).href)) as T;
}

const { createRelayApp } = await built<typeof Bootstrap>('bootstrap.js');
const { loadConfig } = await built<typeof LoadConfig>('core/config/load-config.js');
const { AccountService } = await built<typeof Accounts>('account/account.service.js');
const { SchedulerService } = await built<typeof Schedulers>('scheduler/scheduler.service.js');

type Scheduler = Schedulers.SchedulerService;

async function measure(scheduler: Scheduler, sessionHash: string | null): Promise<number[]> {
  const times: number[] = [];
  const until = performance.now() + SECONDS * 1_000;
  while (performance.now() < until) {
    const startedAt = performance.now();
    await scheduler.selectAccount({
      principal: testPrincipal(),
      platforms: [PLATFORM],
      model: 'claude-sonnet-4-5',
      endpoint: 'messages',
      sessionHash,
      slotFor: null,
      excluded: new Set(),
    });
    times.push(performance.now() - startedAt);
    // As between requests: timers and reads get their turn.
    await new Promise((done) => setImmediate(done));
  }
  return times;
}

function report(name: string, times: readonly number[]): boolean {
  const show = (share: number): string => percentile(times, share).toFixed(3);
  console.log(
    `${name.padEnd(22)} p50 ${show(0.5)} ms   p99 ${show(0.99)} ms   max ${show(1)} ms   (${times.length} calls)`,
  );
  return percentile(times, 0.5) < BUDGET_MS;
}

const dataDir = mkdtempSync(join(tmpdir(), 'crs-bench-'));
const config = loadConfig({
  env: { DATA_DIR: dataDir, LOG_LEVEL: 'warn', NODE_ENV: 'production', ADMIN_PASSWORD: 'no one logs in here' },
  cwd: dataDir,
});
const app = await createRelayApp({ config });
try {
  await app.init();
  const accounts = app.get(AccountService);
  const apiUrl = 'https://upstream.example';
  for (let n = 0; n < ACCOUNTS; n += 1) {
    await accounts.create(PLATFORM, { name: `Account ${n}`, apiUrl, apiKey: `key-${n}`, priority: 1 + (n % 100) });
  }
  const scheduler = app.get(SchedulerService);
  console.log(`selectAccount over ${ACCOUNTS} accounts`);
  const good = [report('no session', await measure(scheduler, null))];
  const selection = await scheduler.selectAccount({
    principal: testPrincipal(),
    platforms: [PLATFORM],
    model: 'claude-sonnet-4-5',
    endpoint: 'messages',
    sessionHash: SESSION,
    slotFor: null,
    excluded: new Set(),
  });
  await scheduler.remember(SESSION, selection);
  good.push(report('session with account', await measure(scheduler, SESSION)));
  if (good.includes(false)) console.log(`Slower than ${BUDGET_MS} ms at p50.`);
  process.exitCode = good.includes(false) ? 1 : 0;
} finally {
  await app.close();
  rmSync(dataDir, { recursive: true, force: true });
}
