/**
 * How long the statistics of 90 days of 1,000 client keys and 20 models take: the whole application behind its own port,
 * with the embedded store on disk and, where the machine has a redis-server, with a Redis of this run alone.
 */
import { keys, type RollUpGrain, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import type * as ApiKeys from '../src/api-key/api-key.service.js';
import type * as Zones from '../src/core/time/zone.js';
import type { AdminClient } from '../test/support/admin-client.ts';
import { type App, built, type BuiltApp, onEachStore } from './built-app.ts';
import { percentile } from './figures.ts';

const KEYS = 1_000;
const MODELS = 20;
const ACCOUNTS = 10;
/** Of the 20; each day others. */
const MODELS_OF_A_KEY = 5;
const ASKED_DAYS = 90;
/** A span may end up to a month ago. */
const DAYS = ASKED_DAYS + 31;
const TIMES = 30;
const BUDGET_MS = 100;
const DAY_MS = 86_400_000;

const { ApiKeyService } = await built<typeof ApiKeys>('api-key/api-key.service.js');
const { Zone } = await built<typeof Zones>('core/time/zone.js');

type Zone = InstanceType<typeof Zone>;
type Fields = Map<string, number>;

/** Requests by field of the hashes of one period. */
class PeriodSums {
  private readonly hashes = new Map<string, Fields>();

  add(hash: string, field: string, requests: number): void {
    const fields = this.hashes.get(hash) ?? new Map<string, number>();
    fields.set(field, (fields.get(field) ?? 0) + requests);
    this.hashes.set(hash, fields);
  }

  commands(): StoreCommand[] {
    return [...this.hashes].map(([hash, fields]): StoreCommand => {
      return ['hset', hash, ...[...fields].flatMap(([field, requests]) => [field, packed(requests)])];
    });
  }
}

/** As large as a busy day's figures are. */
const packed = (requests: number): string =>
  [1, 1203, 457, 1118, 20_011, 811, 307, 21_351, 21_351, 0, 0].map((figure) => figure * requests).join(' ');

const modelName = (n: number): string => `claude-model-${n % MODELS}-20260101`;
const accountId = (n: number): string => `00000000-0000-4000-8000-${String(n % ACCOUNTS).padStart(12, '0')}`;

async function createKeys(app: App): Promise<readonly string[]> {
  const names = Array.from({ length: KEYS }, (_, n) => `team-${n}`);
  const ids: string[] = [];
  for (let at = 0; at < KEYS; at += 500) {
    const created = await app.get(ApiKeyService).createMany(names.slice(at, at + 500), {});
    ids.push(...created.map(({ record }) => record.id));
  }
  return ids;
}

function addDay(sums: PeriodSums, grain: RollUpGrain, period: string, day: number, ids: readonly string[]): void {
  const { rollUp } = keys.usage;
  for (const [at, id] of ids.entries()) {
    for (let n = 0; n < MODELS_OF_A_KEY; n += 1) {
      const model = modelName(at + day + n);
      const requests = 1 + ((at * 31 + day * 17 + n) % 40);
      sums.add(rollUp.totals(grain, period, 'model'), model, requests);
      sums.add(rollUp.totals(grain, period, 'key'), id, requests);
      sums.add(rollUp.totals(grain, period, 'account'), accountId(at + n), requests);
      sums.add(rollUp.keyModels(grain, period, id), model, requests);
      sums.add(rollUp.accountModels(grain, period, accountId(at + n)), model, requests);
    }
  }
}

async function write(store: StoreClient, sums: PeriodSums): Promise<void> {
  const commands = sums.commands();
  for (let at = 0; at < commands.length; at += 500) await store.pipeline(commands.slice(at, at + 500)).exec();
}

async function seed(app: App, ids: readonly string[], now: number): Promise<void> {
  const store = app.get<StoreClient>(STORE_CLIENT);
  const zone = app.get(Zone);
  const months = new Map<string, PeriodSums>();
  for (let back = 0; back < DAYS; back += 1) {
    const at = now - back * DAY_MS;
    const ofDay = new PeriodSums();
    const ofMonth = months.get(zone.month(at)) ?? new PeriodSums();
    months.set(zone.month(at), ofMonth);
    addDay(ofDay, 'day', zone.day(at), back, ids);
    addDay(ofMonth, 'month', zone.month(at), back, ids);
    await write(store, ofDay);
  }
  for (const sums of months.values()) await write(store, sums);
  await store.set(keys.usage.rollUp.since, zone.day(now - 400 * DAY_MS));
}

/** How many days are read one by one where months lie inside in part: those inside, or outside if these are fewer. */
function singleDays(zone: Zone, from: number): number {
  const inside = new Map<string, number>();
  for (let n = 0; n < ASKED_DAYS; n += 1) {
    const month = zone.month(from + n * DAY_MS);
    inside.set(month, (inside.get(month) ?? 0) + 1);
  }
  return [...inside].reduce((sum, [month, days]) => sum + Math.min(days, lengthOfMonth(month) - days), 0);
}

const lengthOfMonth = (month: string): number =>
  new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate();

/** Each asks for 90 days: those up to now, and the one of the last month's of which most days are read. */
function queriesOf(app: App, now: number, keyId: string): readonly string[] {
  const zone = app.get(Zone);
  const starts = Array.from({ length: 31 }, (_, back) => now - (back + ASKED_DAYS - 1) * DAY_MS);
  const span = (from: number): string => `from=${zone.day(from)}&to=${zone.day(from + (ASKED_DAYS - 1) * DAY_MS)}`;
  const today = span(starts[0] ?? now);
  const earlier = span(starts.toSorted((a, b) => singleDays(zone, b) - singleDays(zone, a))[0] ?? now);
  return [
    `usage?${today}`,
    `usage?${today}&granularity=month`,
    `usage?${today}&groupBy=model`,
    `usage?${today}&groupBy=model&granularity=day`,
    `usage?${today}&groupBy=account`,
    `usage?${today}&groupBy=key`,
    `usage?${earlier}&groupBy=key`,
    `usage?${today}&keyId=${keyId}&groupBy=model&granularity=day`,
    `cost?${earlier}&groupBy=model`,
    `trends?${today}`,
    `top-keys?${today}`,
    `top-keys?${earlier}&by=tokens&limit=200`,
    `accounts?${earlier}`,
    `keys/${keyId}?${today}&groupBy=model`,
    'dashboard',
  ];
}

interface Answers {
  readonly times: readonly number[];
  /** Of this process, which is the caller, too: per answer, milliseconds. */
  readonly cpuMs: number;
}

async function measure(admin: AdminClient, query: string): Promise<Answers> {
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let n = 0; n < TIMES; n += 1) {
    const startedAt = performance.now();
    const answer = await admin.request('GET', `/stats/${query}`);
    times.push(performance.now() - startedAt);
    if ((answer as { rows?: readonly unknown[] }).rows?.length === 0) throw new Error(`${query} found nothing.`);
  }
  const { user, system } = process.cpuUsage(before);
  return { times, cpuMs: (user + system) / 1_000 / TIMES };
}

function report(query: string, { times, cpuMs }: Answers): boolean {
  const show = (value: number): string => value.toFixed(1).padStart(6);
  const name = query.replace(/from=([^&]+)&to=[^&]+/, '$1').replace(/[0-9a-f-]{36}/, '{id}');
  const middle = percentile(times, 0.5);
  const [first = 0] = times;
  const tail = show(percentile(times, 0.95));
  console.log(`  ${name.padEnd(60)} first ${show(first)}   p50 ${show(middle)}   p95 ${tail}   CPU ${show(cpuMs)}`);
  return middle < BUDGET_MS;
}

/** Whether every query kept to the budget. */
async function run(name: string, { app, admin }: BuiltApp): Promise<boolean> {
  const now = Date.now();
  const ids = await createKeys(app);
  await seed(app, ids, now);
  await admin.request('GET', '/keys?limit=1');
  console.log(`90 days of ${KEYS} keys and ${MODELS} models, ${name} (ms)`);
  const good: boolean[] = [];
  for (const query of queriesOf(app, now, ids[0] ?? '')) good.push(report(query, await measure(admin, query)));
  return !good.includes(false);
}

const good = await onEachStore(run);
if (good.includes(false)) console.log(`A query took ${BUDGET_MS} ms or more at p50.`);
process.exitCode = good.includes(false) ? 1 : 0;
