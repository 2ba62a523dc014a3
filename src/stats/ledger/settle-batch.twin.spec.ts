import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NO_TOKENS, type Settlement, toAccountId, toApiKeyId } from '@crs/extension-api';
import { keys, openSqliteStore, type RedisStore, type StoreClient } from '@crs/store';
import fc from 'fast-check';
import { Bookkeeper, settlementOf } from '../../../test/support/booking.js';
import { openRedisStore } from '../../../test/support/each-store.js';
import { findRedisServer, startRedisServer, type RedisServer } from '../../../test/support/redis-server.js';
import { dumpStore, type DumpedKey } from '../../../test/support/store-dump.js';
import { testPricedUsage, testUsageReport, testWastedAttempt } from '../../../test/support/test-usage-report.js';
import type { UsageRecord } from '@crs/extension-api';

const AT = Date.parse('2026-11-23T04:05:00.678Z');

const KEYS = ['key-1', 'key-2'].map(toApiKeyId);
const ACCOUNTS = ['account-1', 'account-2'].map(toAccountId);

const LONE_SURROGATE = 'odd \ud800 name';

/** What they held, some of it in keys that hold something else. */
const admissions = fc.option(
  fc.record({
    leases: fc.subarray([
      { set: keys.limits.concurrency('key-1'), member: 'req-1' },
      { set: keys.limits.holds('key-1'), member: 'req-1:2000000:12000:1' },
      { set: keys.limits.holds('key-2'), member: 'req-2:1:1:0' },
    ]),
    model: fc.constantFrom('claude-opus-4-1', 'my "模型"', LONE_SURROGATE, 'm'.repeat(200), 'm'.repeat(201)),
  }),
);

/** Requests that overlap in every way: same and other keys, accounts, models, periods, and repeated ids. */
const tokens = fc.nat(1_000_000);
const usages: fc.Arbitrary<UsageRecord> = fc
  .record({
    requestId: fc.nat(6).map((id) => `req-${id}`),
    at: fc.integer({ min: -3 * 86_400_000, max: 86_400_000 }).map((ms) => new Date(AT + ms)),
    keyId: fc.constantFrom(...KEYS),
    accountId: fc.constantFrom(...ACCOUNTS),
    service: fc.constantFrom('claude' as const, 'codex' as const),
    model: fc.constantFrom('claude-opus-4-1', 'claude-sonnet-4-5[1m]', 'gpt-5', 'vendor "模型"', LONE_SURROGATE),
    rateLimitWindowMinutes: fc.constantFrom(0, 10, 10_000),
    usage: fc
      .record({ inputTokens: tokens, outputTokens: tokens, cacheCreateTokens: tokens, cacheReadTokens: tokens })
      .map((classes) => ({ ...NO_TOKENS, ...classes })),
    estimated: fc.boolean(),
    usageMissing: fc.boolean(),
    admission: admissions,
  })
  .chain((change) => fc.constantFrom(1, 0.1, 0, 3, 1e6).map((rate) => testPricedUsage(testUsageReport(change), rate)));

/** Some lead to waste, and some to nothing else. */
const settlements: fc.Arbitrary<Settlement> = fc
  .record({
    record: fc.option(usages, { freq: 8 }),
    wasted: fc.array(
      fc.record({
        accountId: fc.constantFrom(...ACCOUNTS),
        at: fc.integer({ min: -3 * 86_400_000, max: 86_400_000 }).map((ms) => new Date(AT + ms)),
        model: fc.constantFrom('claude-opus-4-1', 'gpt-5'),
      }),
      { maxLength: 2 },
    ),
  })
  .map(({ record, wasted }) => ({
    requestId: record?.report.requestId ?? 'req-w',
    record,
    waste: wasted.map((change) => ({ attempt: testWastedAttempt(change), real: testPricedUsage().real })),
  }));

/** What stands in the database before: records, windows, and keys that hold something else. */
const RECORD_PREFIX = 'claude_console_account';
const setups = fc.subarray<(store: StoreClient) => Promise<unknown>>([
  (store) => store.hset(keys.apiKey.record('key-1'), { id: 'key-1', lastUsedAt: '' }),
  (store) => store.hset(keys.apiKey.record('key-2'), { id: 'key-2', lastUsedAt: new Date(AT).toISOString() }),
  (store) => store.set(keys.apiKey.record('key-2'), 'damaged'),
  (store) => store.hset(keys.account.record(RECORD_PREFIX, 'account-1'), { id: 'account-1', totalUsedTokens: '7' }),
  (store) => store.hset(keys.account.record(RECORD_PREFIX, 'account-2'), { totalUsedTokens: 'many' }),
  (store) => store.hset(keys.account.record(RECORD_PREFIX, 'account-1'), { dailyQuota: '5', dailyUsage: '0.1' }),
  (store) => store.hset(keys.account.record(RECORD_PREFIX, 'account-1'), { lastResetDate: '2026-11-23' }),
  (store) => store.hset(keys.account.record(RECORD_PREFIX, 'account-2'), { dailyQuota: '1e-7', dailyUsage: '1e999' }),
  (store) => store.hset(keys.account.record(RECORD_PREFIX, 'account-2'), { dailyQuota: '.', lastResetDate: 'soon' }),
  (store) => store.set(keys.limits.windowStart('key-1'), String(AT - 1000), 'PX', 600_000),
  (store) => store.set(keys.limits.windowTokens('key-1'), '12', 'PX', 600_000),
  (store) => store.set(keys.limits.windowStart('key-2'), '12x'),
  (store) => store.set(keys.limits.windowCost('key-1'), 'much'),
  (store) => store.set(keys.usage.total('key-1'), 'damaged'),
  (store) => store.hset(keys.usage.globalTotal, { requests: 'many', inputTokens: '5' }),
  (store) => store.hset(keys.usage.costTotal('key-2'), { damaged: 'yes' }),
  (store) => store.set(keys.usage.costTotal('key-1'), '2.5'),
  (store) => store.set(keys.usage.costDaily('key-1', '2026-11-23'), '1.5'),
  (store) => store.set(keys.usage.costRealTotal('key-2'), '1'),
  (store) =>
    store.hset(keys.usage.keyModelTotal('key-1', 'gpt-5'), { requests: '2', inputTokens: '5', cacheReadTokens: '7' }),
  (store) => store.set(keys.usage.keyModelTotal('key-2', 'gpt-5'), 'damaged'),
  (store) => store.set(keys.usage.records('key-1'), 'damaged'),
  (store) => store.set(keys.usage.index.modelMonths, 'damaged'),
  (store) => store.set(keys.apiKey.byLastUsedAt, 'damaged'),
  (store) => store.zadd(keys.limits.concurrency('key-1'), AT, 'req-1'),
  (store) => store.zadd(keys.limits.concurrency('key-1'), AT, 'req-2'),
  (store) => store.zadd(keys.limits.holds('key-1'), AT, 'req-1:2000000:12000:1'),
  (store) => store.set(keys.limits.holds('key-2'), 'damaged'),
  (store) => store.hset(keys.limits.estimates('key-1'), { 'c:claude-opus-4-1': '123456789', 't:claude-opus-4-1': '3' }),
  (store) =>
    store.hset(keys.limits.estimates('key-1'), { 'c:my "模型"': 'much', [`t:${'m'.repeat(200)}`]: '9'.repeat(15) }),
  (store) => store.set(keys.limits.estimates('key-2'), 'damaged'),
  (store) =>
    store.hset(keys.usage.rollUp.totals('day', '2026-11-23', 'key'), {
      'key-1': '1 2 3 4 5 6 7 8 9 10 11 12 13',
      'key-2': '1  2',
    }),
  (store) =>
    store.hset(keys.usage.rollUp.totals('day', '2026-11-23', 'model'), {
      'gpt-5': '7 8',
      'claude-opus-4-1': '9007199254740991',
    }),
  (store) =>
    store.hset(keys.usage.rollUp.totals('month', '2026-11', 'model'), { 'gpt-5': '', 'claude-opus-4-1': '1 x' }),
  (store) => store.hset(keys.usage.rollUp.totals('month', '2026-11', 'account'), { 'account-1': '1'.repeat(17) }),
  (store) => store.set(keys.usage.rollUp.keyModels('month', '2026-11', 'key-1'), 'damaged'),
  (store) => store.set(keys.usage.rollUp.since, '2026-01-01'),
  (store) => store.set(keys.usage.settled('test-instance'), 'damaged'),
]);

const isNumeric = (value: unknown): value is string => typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value);

type Comparable = Readonly<
  Record<string, { readonly type: string; readonly lives: number | null; readonly value: unknown }>
>;

/** Lives may differ by the time between the two runs. */
const comparable = ({ type, ttlSeconds, value }: DumpedKey): Comparable[string] => ({
  type,
  lives: ttlSeconds === null ? null : Math.round(ttlSeconds / 10),
  value: isNumeric(value) ? Number(value) : value,
});

const comparableDump = async (store: StoreClient): Promise<Comparable> =>
  Object.fromEntries(Object.entries(await dumpStore(store)).map(([key, dumped]) => [key, comparable(dumped)]));

/** Sums of USD may differ by the last of their digits: floats are not added in the same order. */
const almost = (dump: Comparable): object =>
  Object.fromEntries(
    Object.entries(dump).map(([key, { value, ...rest }]) => [
      key,
      { ...rest, value: typeof value === 'number' ? expect.closeTo(value, digitsOf(value)) : value },
    ]),
  );

const digitsOf = (sum: number): number => Math.max(0, 11 - Math.ceil(Math.log10(Math.max(1, Math.abs(sum)))));

/** What a random walk does with batches: sends them, sends them again, sends one too early. */
interface Walk {
  readonly batches: readonly (readonly Settlement[])[];
  readonly repeats: readonly boolean[];
  readonly gaps: readonly boolean[];
}

const walks: fc.Arbitrary<Walk> = fc.record({
  batches: fc.array(fc.array(settlements, { maxLength: 4 }), { minLength: 1, maxLength: 5 }),
  repeats: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  gaps: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
});

async function walk(store: StoreClient, { batches, repeats, gaps }: Walk): Promise<unknown[]> {
  const { repository } = new Bookkeeper(store);
  const replies: unknown[] = [];
  const instance = 'test-instance';
  for (const [i, batch] of batches.entries()) {
    const number = i + 1;
    if (gaps[i] === true) replies.push(await repository.settle({ instance, number: number + 1, settlements: batch }));
    replies.push(await repository.settle({ instance, number, settlements: batch }));
    if (repeats[i] === true) replies.push(await repository.settle({ instance, number, settlements: batch }));
  }
  return replies;
}

async function prepared(store: StoreClient, setup: readonly ((store: StoreClient) => Promise<unknown>)[]) {
  // Two of them may want the same key as another type: the first one stands, in both.
  for (const prepare of setup) await prepare(store).catch(() => undefined);
}

describe('settle-batch', () => {
  const program = findRedisServer();
  if (program === null) {
    it.todo('leaves the same database in Redis and in the embedded store (there is no redis-server on this machine)');
    return;
  }

  let server: RedisServer;
  let redis: RedisStore;

  beforeAll(async () => {
    server = await startRedisServer(program);
    redis = await openRedisStore(server);
  });

  afterAll(async () => {
    await redis.quit();
    await server.stop();
  });

  const onEach = async (run: (store: StoreClient) => Promise<void>): Promise<void> => {
    const embedded = openSqliteStore(':memory:');
    try {
      await redis.flushall();
      await run(embedded);
      await run(redis);
      expect(await comparableDump(embedded)).toEqual(almost(await comparableDump(redis)));
    } finally {
      await embedded.quit();
    }
  };

  it('answers the same and leaves the same database in Redis and in the embedded store', async () => {
    await fc.assert(
      fc.asyncProperty(setups, walks, async (setup, steps) => {
        const replies: unknown[] = [];
        await onEach(async (store) => {
          await prepared(store, setup);
          replies.push(await walk(store, steps));
        });
        expect(replies[0]).toEqual(replies[1]);
      }),
      { numRuns: 40 },
    );
  });

  it('leaves what the same requests leave one by one, however they are split, repeated and sent too early', async () => {
    await fc.assert(
      fc.asyncProperty(setups, walks, async (setup, steps) => {
        const { batches } = steps;
        const ones = batches.flat().map((settlement) => [settlement]);
        const dumps: Comparable[] = [];
        await onEach(async (store) => {
          for (const each of [steps, { batches: ones, repeats: [], gaps: [] }]) {
            await (store === redis ? redis.flushall() : wipe(store));
            await prepared(store, setup);
            await walk(store, each);
            dumps.push(withoutDoubt(await comparableDump(store)));
          }
        });
        const [split = {}, single = {}, splitInRedis = {}, singleInRedis = {}] = dumps;
        expect(split).toEqual(almost(single));
        expect(splitInRedis).toEqual(almost(singleInRedis));
      }),
      { numRuns: 20 },
    );
  });

  it('settles a batch once when it is sent many times at once', async () => {
    await redis.flushall();
    const usage = testPricedUsage();
    const sut = new Bookkeeper(redis);
    await sut.settle([]);
    const results = await Promise.all([sut.book(usage), ...Array.from({ length: 19 }, () => sut.repeat(usage))]);
    expect(results.filter(({ kind }) => kind === 'settled')).toHaveLength(1);
    await expect(redis.hget(keys.usage.total(usage.report.keyId), 'totalRequests')).resolves.toBe('1');
  });

  it('settles nothing while Redis is full, and everything when the same batch is sent again', async () => {
    await redis.flushall();
    const usage = testPricedUsage();
    const sut = new Bookkeeper(redis);
    await redis.config('SET', 'maxmemory', '1');
    await expect(sut.book(usage)).rejects.toThrow('OOM');
    await redis.config('SET', 'maxmemory', '0');
    await expect(redis.dbsize()).resolves.toBe(0);
    await expect(sut.repeat(usage)).resolves.toMatchObject({ kind: 'settled', refusedWrites: 0 });
  });

  it('settles a hundred requests of as many keys in well under the time that others would notice', async () => {
    await redis.flushall();
    const sut = new Bookkeeper(redis);
    const hundred = Array.from({ length: 100 }, (_, i) =>
      settlementOf(testPricedUsage(testUsageReport({ requestId: `req-${i}`, keyId: toApiKeyId(`key-${i}`) }))),
    );
    await sut.settle([]);
    const began = performance.now();
    await sut.settle(hundred);
    expect(performance.now() - began).toBeLessThan(1000);
    await expect(redis.hget(keys.usage.globalTotal, 'requests')).resolves.toBe('100');
  });
});

async function wipe(store: StoreClient): Promise<void> {
  const names = Object.keys(await dumpStore(store));
  if (names.length > 0) await store.del(...names);
}

/**
 * Which number a batch has, and which day is the first that is whole, follow from how requests are split: the days of the
 * first batch tell it.
 */
function withoutDoubt(dump: Comparable): Comparable {
  const doubtful = [keys.usage.settled('test-instance'), keys.usage.rollUp.since];
  return Object.fromEntries(Object.entries(dump).filter(([key]) => !doubtful.includes(key)));
}
