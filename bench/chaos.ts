/**
 * Accounts that flap at random under load: is every request answered whole or honestly, is nothing left held, does
 * memory come back, does the ledger equal what the upstream reported? The seed makes a run repeatable as far as the
 * machine's timing lets it. `npm run faults -- chaos --help` lists the options.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { keys, openSqliteStore } from '@crs/store';
import { startBuiltGateway } from '../test/support/built-gateway.ts';
import { type ClientDialect, dialectsNamed } from '../test/support/client-dialects.ts';
import { Flapper } from './faults/flapper.ts';
import { type Books, findLedgerGaps, type SimulatedRequest } from './faults/ledger.ts';
import { keepAsking, type Tally } from './faults/load.ts';
import { readUsage } from './process-usage.ts';
import { startSimulatorProcess } from './simulator-process.ts';

const HELP = 'npm run faults -- chaos [--platform claude-console|codex|all] [--seconds 60] [--clients 200] [--seed 1]';
const MAX_SECONDS = 600;
/** A heap with a bound: without one it grows as long as memory is there, and a leak could not be told from laziness. */
const HEAP = { NODE_OPTIONS: '--max-old-space-size=128 --max-semi-space-size=8' };
const LIMITS = { UPSTREAM_FIRST_BYTE_TIMEOUT: '3000', UPSTREAM_IDLE_TIMEOUT: '3000', REQUEST_TIMEOUT: '15000' };
/** Of all platforms together. */
const ACCOUNTS = 12;
/** How much larger the process may be than after the warm-up, which was the same load for a shorter time. */
const MOST_GROWTH = 1.25;
const WARM_UP_SHARE = 0.4;
const SETTLE_MS = 5_000;

const { values } = parseArgs({
  options: {
    platform: { type: 'string', default: 'all' },
    seconds: { type: 'string', default: '60' },
    clients: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const dialects = dialectsNamed(values.platform);
/** Clients and accounts take turns through the platforms. */
const dialectAt = (n: number): ClientDialect => {
  const dialect = dialects[n % dialects.length];
  if (dialect === undefined) throw new Error(HELP);
  return dialect;
};
const seconds = Math.min(Number(values.seconds), MAX_SECONDS);
const clients = Number(values.clients);
if (!(seconds > 0) || !(clients > 0)) throw new Error(HELP);

const dataDir = mkdtempSync(join(tmpdir(), 'crs-chaos-'));
const simulator = await startSimulatorProcess({}, { logLimit: 1_000_000 });
const gateway = await startBuiltGateway({ env: { ...LIMITS, ...HEAP }, dataDir });
const problems: string[] = [];
try {
  const accounts = new Map<string, { readonly id: string; readonly platform: string }>();
  for (let n = 0; n < ACCOUNTS; n += 1) {
    const apiKey = `flap-${n}`;
    const { name: platform, slots } = dialectAt(n);
    const account = { name: apiKey, apiUrl: simulator.url, apiKey, ...slots(clients) };
    accounts.set(apiKey, { ...(await gateway.admin.createAccount(platform, account)), platform });
  }
  const limits = { concurrencyLimit: clients * 2, dailyCostLimit: 1_000_000 };
  const key = await gateway.admin.createKey({ name: 'chaos', ...limits });
  const tally: Tally = { whole: 0, honest: 0, dishonest: [] };
  const flapper = new Flapper(simulator, [...accounts.keys()], Number(values.seed));
  await flapper.mend();
  /** Memory at the end, MiB. */
  const load = async (loadSeconds: number): Promise<number> => {
    const until = performance.now() + loadSeconds * 1_000;
    // Marks hold for minutes; without an end to them all accounts would soon be out of use, and nothing be tried.
    const flapping = flapper.run(until, async (account) => {
      const { platform, id } = accounts.get(account) ?? { platform: '', id: '' };
      await gateway.admin.request('POST', `/accounts/${platform}/${id}/reset-rate-limit`);
    });
    await Promise.all(
      Array.from({ length: clients }, (_unused, n) => {
        const stream = Math.floor(n / dialects.length) % 2 === 0;
        return keepAsking({ dialect: dialectAt(n), url: gateway.url, secret: key.key, stream, until, tally });
      }),
    );
    await flapping;
    await sleep(SETTLE_MS);
    return (readUsage(gateway.pid)?.rssBytes ?? 0) / 1_048_576;
  };
  // A process grows under its first load: compiled code, pools, the heap. A leak goes on growing.
  const warmMib = await load(seconds * WARM_UP_SHARE);
  const endMib = await load(seconds * (1 - WARM_UP_SHARE));
  const log = (await simulator.log()) as readonly SimulatedRequest[];
  const ofKey = (await gateway.admin.request('GET', `/keys/${key.id}/stats`)) as { total: Partial<Books> };
  const ofAccounts = (await gateway.admin.request('GET', '/stats/accounts')) as { total: Books };
  problems.push(...findLedgerGaps(log, { ...ofAccounts.total, ...ofKey.total }));
  problems.push(...tally.dishonest.slice(0, 10));
  const memory = `${Math.round(warmMib)} MiB after the warm-up, ${Math.round(endMib)} MiB at the end`;
  if (endMib > warmMib * MOST_GROWTH) problems.push(`the gateway has grown: ${memory}`);
  await gateway.stop();
  const accountIds = [...accounts.values()].map(({ id }) => id);
  problems.push(...(await findLeftovers(key.id, accountIds)));
  console.log(`${tally.whole + tally.honest + tally.dishonest.length} requests, seed ${values.seed}:`);
  console.log(`  ${tally.whole} whole, ${tally.honest} honest errors, ${tally.dishonest.length} neither`);
  const { estimatedRequests, wastedRequests } = ofAccounts.total;
  console.log(`  ${estimatedRequests} broken answers are booked with a floor, ${wastedRequests} attempts as waste`);
  console.log(`  ${log.length} upstream requests, ${flapper.flaps} flaps, ${memory}`);
} finally {
  await gateway.stop();
  await simulator.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
for (const problem of problems) console.log(`FAIL  ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Slots and holds that nothing runs for any more. */
async function findLeftovers(keyId: string, accountIds: readonly string[]): Promise<string[]> {
  const store = openSqliteStore(join(dataDir, 'relay.db'));
  try {
    const sets = [
      keys.limits.concurrency(keyId),
      keys.limits.holds(keyId),
      ...accountIds.map((id) => keys.limits.accountConcurrency(id)),
    ];
    const left: string[] = [];
    for (const set of sets) {
      const count = await store.zcard(set);
      if (count > 0) left.push(`${count} left in ${set}`);
    }
    return left;
  } finally {
    await store.quit();
  }
}
