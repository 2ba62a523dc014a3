/**
 * How long one page of 5,000 client keys takes: the whole application behind its own port, with the embedded store on
 * disk and, where the machine has a redis-server, with a Redis of this run alone.
 */
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import type * as ApiKeys from '../src/api-key/api-key.service.js';
import type * as Zones from '../src/core/time/zone.js';
import type { AdminClient } from '../test/support/admin-client.ts';
import { type App, built, type BuiltApp, onEachStore } from './built-app.ts';
import { percentile } from './figures.ts';

const KEYS = 5_000;
const KEYS_AT_ONCE = 500;
const PAGES = 60;
const BUDGET_MS = 50;

const QUERIES = [
  '',
  '?sort=name&order=asc',
  '?sort=lastUsedAt',
  '?sort=cost',
  '?sort=costToday',
  '?sort=costMonth&offset=2500',
  '?search=team-7',
  '?tag=team-3&sort=cost',
  '?permissions=claude',
  '?isActive=true&permissions=codex&search=1&sort=costToday&limit=200',
];

const { ApiKeyService } = await built<typeof ApiKeys>('api-key/api-key.service.js');
const { Zone } = await built<typeof Zones>('core/time/zone.js');

async function createKeys(app: App): Promise<void> {
  const service = app.get(ApiKeyService);
  const ids: string[] = [];
  for (let team = 0; team < KEYS / KEYS_AT_ONCE; team += 1) {
    const names = Array.from({ length: KEYS_AT_ONCE }, (_, n) => `team-${team}-${n}`);
    const permissions = team % 2 === 0 ? [] : ['claude'];
    const created = await service.createMany(names, { tags: [`team-${team}`, 'all'], permissions });
    ids.push(...created.map(({ record }) => record.id));
  }
  await useKeys(app, ids);
}

/** Nine of ten keys have been used and cost something. */
async function useKeys(app: App, ids: readonly string[]): Promise<void> {
  const store = app.get<StoreClient>(STORE_CLIENT);
  const zone = app.get(Zone);
  const now = Date.now();
  const used = ids.filter((_, n) => n % 10 !== 0);
  const commands = used.flatMap((id, n): StoreCommand[] => {
    const cost = ((n * 7919) % 10_007) / 100;
    return [
      ['zadd', keys.apiKey.byLastUsedAt, now - n, id],
      ['set', keys.usage.costTotal(id), String(cost)],
      ['set', keys.usage.costMonthly(id, zone.month(now)), String(cost / 2)],
      ['set', keys.usage.costDaily(id, zone.day(now)), String(cost / 30)],
    ];
  });
  await store.pipeline(commands).exec();
}

interface Pages {
  readonly times: readonly number[];
  /** Of this process, which is the caller, too: per page, milliseconds. */
  readonly cpuMs: number;
}

async function measure(admin: AdminClient, query: string): Promise<Pages> {
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let page = 0; page < PAGES; page += 1) {
    const startedAt = performance.now();
    const { total } = (await admin.request('GET', `/keys${query}`)) as { total: number };
    times.push(performance.now() - startedAt);
    if (total === 0) throw new Error(`GET /keys${query} found nothing.`);
  }
  const { user, system } = process.cpuUsage(before);
  return { times, cpuMs: (user + system) / 1_000 / PAGES };
}

function report(query: string, { times, cpuMs }: Pages): boolean {
  const show = (share: number): string => percentile(times, share).toFixed(1).padStart(6);
  const name = query === '' ? '(newest first)' : query;
  const cpu = cpuMs.toFixed(1).padStart(5);
  console.log(`  ${name.padEnd(66)} p50 ${show(0.5)}   p95 ${show(0.95)}   max ${show(1)}   CPU ${cpu}`);
  return percentile(times, 0.5) < BUDGET_MS;
}

/** Whether every page kept to the budget. */
async function run(name: string, { app, admin }: BuiltApp): Promise<boolean> {
  await createKeys(app);
  await measure(admin, '');
  console.log(`One page of ${KEYS} keys, ${name} (ms)`);
  const good: boolean[] = [];
  for (const query of QUERIES) good.push(report(query, await measure(admin, query)));
  return !good.includes(false);
}

const good = await onEachStore(run);
if (good.includes(false)) console.log(`A page took ${BUDGET_MS} ms or more at p50.`);
process.exitCode = good.includes(false) ? 1 : 0;
