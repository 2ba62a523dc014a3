import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NO_TOKENS, toAccountId, toApiKeyId } from '@crs/extension-api';
import { keys, openSqliteStore, type RedisStore, type StoreClient } from '@crs/store';
import fc from 'fast-check';
import { openRedisStore } from '../../test/support/each-store.js';
import { findRedisServer, startRedisServer, type RedisServer } from '../../test/support/redis-server.js';
import { dumpStore, type DumpedKey } from '../../test/support/store-dump.js';
import { testConfig } from '../../test/support/test-config.js';
import { testPricedUsage, testUsageReport } from '../../test/support/test-usage-report.js';
import { Zone } from '../core/time/zone.js';
import type { PricedUsage } from './usage-record.js';
import { UsageRepository } from './usage.repository.js';

const config = testConfig();
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
const usages: fc.Arbitrary<PricedUsage> = fc
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
    admission: admissions,
  })
  .chain((change) => fc.constantFrom(1, 0.1, 0, 3, 1e6).map((rate) => testPricedUsage(testUsageReport(change), rate)));

/** What stands in the database before: records, windows, and keys that hold something else. */
const RECORD_PREFIX = 'claude_console_account';
const setups = fc.subarray<(store: StoreClient) => Promise<unknown>>([
  (store) => store.hset(keys.apiKey.record('key-1'), { id: 'key-1', lastUsedAt: '' }),
  (store) => store.hset(keys.apiKey.record('key-2'), { id: 'key-2', lastUsedAt: new Date(AT).toISOString() }),
  (store) => store.set(keys.apiKey.record('key-2'), 'damaged'),
  (store) => store.hset(keys.account.record(RECORD_PREFIX, 'account-1'), { id: 'account-1', totalUsedTokens: '7' }),
  (store) => store.hset(keys.account.record(RECORD_PREFIX, 'account-2'), { totalUsedTokens: 'many' }),
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
]);

const isDecimal = (value: unknown): value is string => typeof value === 'string' && /^-?\d+\.\d+$/.test(value);

/** Lives may differ by the time between the two runs, sums by the last of 17 decimals. */
const comparable = ({ type, ttlSeconds, value }: DumpedKey): object => ({
  type,
  lives: ttlSeconds === null ? null : Math.round(ttlSeconds / 10),
  value: isDecimal(value) ? Number(value).toFixed(12) : value,
});

const comparableDump = async (store: StoreClient): Promise<object> =>
  Object.fromEntries(Object.entries(await dumpStore(store)).map(([key, dumped]) => [key, comparable(dumped)]));

describe('book-usage', () => {
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

  const bookAll = async (store: StoreClient, requests: readonly PricedUsage[]): Promise<unknown[]> => {
    const sut = new UsageRepository(store, new Zone(config), config);
    const results: unknown[] = [];
    for (const request of requests) results.push(await sut.book(request));
    return results;
  };

  it('answers the same and leaves the same database in Redis and in the embedded store', async () => {
    await fc.assert(
      fc.asyncProperty(setups, fc.array(usages, { minLength: 1, maxLength: 8 }), async (setup, requests) => {
        const embedded = openSqliteStore(':memory:');
        try {
          await redis.flushall();
          for (const prepare of setup) {
            // Two of them may want the same key as another type: the first one stands, in both.
            await prepare(embedded).catch(() => undefined);
            await prepare(redis).catch(() => undefined);
          }
          const inRedis = await bookAll(redis, requests);
          await expect(bookAll(embedded, requests)).resolves.toEqual(inRedis);
          expect(await comparableDump(embedded)).toEqual(await comparableDump(redis));
        } finally {
          await embedded.quit();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('books a request once when the same booking is sent many times at once', async () => {
    await redis.flushall();
    const usage = testPricedUsage();
    const sut = new UsageRepository(redis, new Zone(config), config);
    const results = await Promise.all(Array.from({ length: 20 }, () => sut.book(usage)));
    expect(results.filter(({ kind }) => kind === 'booked')).toHaveLength(1);
    await expect(redis.hget(keys.usage.total(usage.report.keyId), 'totalRequests')).resolves.toBe('1');
  });

  it('books nothing while Redis is full, and everything when the same booking is sent again', async () => {
    await redis.flushall();
    const usage = testPricedUsage();
    const sut = new UsageRepository(redis, new Zone(config), config);
    await redis.config('SET', 'maxmemory', '1');
    await expect(sut.book(usage)).rejects.toThrow('OOM');
    await redis.config('SET', 'maxmemory', '0');
    await expect(redis.dbsize()).resolves.toBe(0);
    await expect(sut.book(usage)).resolves.toEqual({ kind: 'booked', refusedWrites: 0 });
  });
});
