import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keys, openSqliteStore, type SqliteStore, type StoreTransaction } from '@crs/store';
import { Bookkeeper } from '../../../test/support/booking.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';
import { BatchTally } from './batch-tally.js';
import { settleBatch } from './settle-batch.script.js';

const NOW = Date.parse('2026-11-23T04:05:00.700Z');

describe('book-usage in the embedded store', () => {
  let store: SqliteStore;
  let sut: Bookkeeper;

  beforeEach(() => {
    store = openSqliteStore(':memory:', { now: () => NOW });
    sut = new Bookkeeper(store);
  });

  afterEach(async () => {
    await store.quit();
  });

  const report = testUsageReport();
  const K = report.keyId;
  const A = report.accountId;
  const DAY = '2026-11-23';
  const USD = '0.02135055';

  describe('the first booking on a database without real costs', () => {
    const model = report.model;

    it('takes the rated costs for the real ones, once', async () => {
      await store.set(keys.usage.costTotal(K), '2');
      await store.set(keys.usage.costDaily(K, DAY), '1');
      await sut.book(testPricedUsage(report, 2));
      await sut.book(testPricedUsage({ ...report, requestId: 'req-2' }, 2));
      expect(Number(await store.get(keys.usage.costRealTotal(K)))).toBeCloseTo(2 + 2 * Number(USD), 9);
      expect(Number(await store.get(keys.usage.costRealDaily(K, DAY)))).toBeCloseTo(1 + 2 * Number(USD), 9);
      expect(Number(await store.get(keys.usage.costTotal(K)))).toBeCloseTo(2 + 4 * Number(USD), 9);
    });

    it('keeps the tokens of a model that were counted without costs, once', async () => {
      const hash = keys.usage.keyModelMonthly(K, model, '2026-11');
      await store.hset(hash, { requests: '3', inputTokens: '500', outputTokens: '300', allTokens: '800' });
      await sut.book(testPricedUsage(report));
      await sut.book(testPricedUsage({ ...report, requestId: 'req-2' }));
      await expect(store.hget(hash, 'requests')).resolves.toBe('5');
      await expect(store.hgetall(keys.usage.uncosted(K))).resolves.toEqual({ [hash]: '500 300 0 0 0 0' });
    });
  });

  describe('counters without costs that are damaged', () => {
    const hash = keys.usage.keyModelTotal(K, report.model);

    it('are kept apart as far as they can be read', async () => {
      await store.hset(hash, { inputTokens: '7', outputTokens: 'none', cacheReadTokens: '1.5' });
      await sut.book(testPricedUsage(report));
      await expect(store.hget(keys.usage.uncosted(K), hash)).resolves.toBe('7 0 0 0 0 0');
    });

    it('do not keep the rest from being booked', async () => {
      await store.hset(hash, { requests: '1', inputTokens: '7' });
      await store.set(keys.usage.uncosted(K), 'of another type');
      await sut.book(testPricedUsage(report));
      await expect(store.hget(hash, 'requests')).resolves.toBe('2');
    });
  });

  describe('times of last use', () => {
    const apiKey = keys.apiKey.record(K);
    const account = keys.account.record('claude_console_account', A);

    it('stamps the key, its index and the account', async () => {
      await store.hset(apiKey, { id: K, lastUsedAt: '' });
      await store.hset(account, { id: A });
      await sut.book(testPricedUsage(report));
      await expect(store.hget(apiKey, 'lastUsedAt')).resolves.toBe('2026-11-23T04:05:00.678Z');
      await expect(store.pttl(apiKey)).resolves.toBe(365 * 86_400_000);
      await expect(store.zscore(keys.apiKey.byLastUsedAt, K)).resolves.toBe('1795406700678');
      await expect(store.hgetall(account)).resolves.toEqual({ id: A, lastUsedAt: '2026-11-23T04:05:00.678Z' });
      await expect(store.pttl(account)).resolves.toBe(-1);
    });

    it('does not bring a deleted key or account back', async () => {
      await sut.book(testPricedUsage(report));
      await expect(store.exists(apiKey, account, keys.apiKey.byLastUsedAt)).resolves.toBe(0);
    });

    it('does not go back in time when requests end out of order', async () => {
      await store.hset(apiKey, { id: K, lastUsedAt: '2026-11-23T04:05:01.000Z' });
      await store.zadd(keys.apiKey.byLastUsedAt, 1_795_406_701_000, K);
      await sut.book(testPricedUsage(report));
      await expect(store.hget(apiKey, 'lastUsedAt')).resolves.toBe('2026-11-23T04:05:01.000Z');
      await expect(store.zscore(keys.apiKey.byLastUsedAt, K)).resolves.toBe('1795406701000');
    });
  });

  describe('the fixed window', () => {
    const inWindow = { ...report, rateLimitWindowMinutes: 10 };
    const { windowStart, windowTokens, windowCost } = keys.limits;

    it('counts tokens of every class and the rated cost while a window is running', async () => {
      await store.set(windowStart(K), String(NOW - 60_000), 'PX', 540_000);
      await store.set(windowTokens(K), '22789', 'PX', 540_000);
      await sut.book(testPricedUsage(inWindow, 2));
      await expect(store.get(windowTokens(K))).resolves.toBe('45578');
      await expect(store.pttl(windowTokens(K))).resolves.toBe(540_000);
      await expect(store.get(windowCost(K))).resolves.toBe('0.04270110000000001');
      // The counter had gone before its window: it ends with the window, not never.
      await expect(store.pttl(windowCost(K))).resolves.toBe(540_022);
    });

    it.each([
      ['just before it', -2000, true],
      ['in the one before', -2001, false],
    ])('takes a request that ended %s', async (_, before, counts) => {
      await store.set(windowStart(K), String(report.at.getTime() - before), 'PX', 600_000);
      await sut.book(testPricedUsage(inWindow));
      await expect(store.exists(windowTokens(K))).resolves.toBe(counts ? 1 : 0);
      // No counter outlives a whole window.
      if (counts) await expect(store.pttl(windowTokens(K))).resolves.toBe(600_000);
    });

    it.each([1.000_01, 1e300])('keeps counters no longer than a window may be: %d minutes', async (minutes) => {
      await store.set(windowStart(K), String(report.at.getTime()), 'PX', 600_000);
      const reply = await sut.book(testPricedUsage({ ...inWindow, rateLimitWindowMinutes: minutes }));
      expect(reply).toMatchObject({ refusedWrites: 0 });
      await expect(store.pttl(windowTokens(K))).resolves.toBe(minutes < 2 ? 60_001 : 525_600 * 60_000);
    });

    it.each([
      ['none is running', null],
      ['the last one is over', String(report.at.getTime() - 600_000)],
      ['its start cannot be read', 'yesterday'],
    ])('counts nothing when %s', async (_, start) => {
      if (start !== null) await store.set(windowStart(K), start);
      await sut.book(testPricedUsage(inWindow));
      await expect(store.exists(windowTokens(K), windowCost(K))).resolves.toBe(0);
    });

    it('counts nothing for a key without a window', async () => {
      await store.set(windowStart(K), String(NOW), 'PX', 600_000);
      await sut.book(testPricedUsage(report));
      await expect(store.exists(windowTokens(K))).resolves.toBe(0);
    });
  });

  it('leaves damaged keys out, says how many, and books everything else', async () => {
    const damaged = [keys.usage.daily(K, DAY), keys.usage.index.daily(DAY), keys.usage.records(K)];
    for (const name of damaged) await store.set(name, 'damaged');
    await store.hset(keys.usage.costTotal(K), { damaged: 'yes' });
    await store.set(keys.apiKey.record(K), 'damaged');
    await store.set(keys.apiKey.byLastUsedAt, 'damaged');
    await store.hset(keys.account.record('claude_console_account', A), { id: A });
    await store.hset(keys.limits.windowStart(K), { damaged: 'yes' });
    const result = await sut.book(testPricedUsage({ ...report, rateLimitWindowMinutes: 10 }));
    // Nine fields of the day, one sum, one index, one list, one record, one window.
    expect(result).toMatchObject({ kind: 'settled', refusedWrites: 14 });
    await expect(store.get(keys.usage.daily(K, DAY))).resolves.toBe('damaged');
    await expect(store.pttl(keys.usage.daily(K, DAY))).resolves.toBe(-1);
    await expect(store.hget(keys.usage.total(K), 'totalAllTokens')).resolves.toBe('22789');
    await expect(store.get(keys.usage.costDaily(K, DAY))).resolves.toBe(USD);
  });

  it('leaves out a damaged counter of the window and a damaged index of last use', async () => {
    await store.hset(keys.apiKey.record(K), { id: K });
    await store.set(keys.apiKey.byLastUsedAt, 'damaged');
    await store.set(keys.limits.windowStart(K), String(NOW), 'PX', 600_000);
    await store.set(keys.limits.windowTokens(K), 'many', 'PX', 600_000);
    const result = await sut.book(testPricedUsage({ ...report, rateLimitWindowMinutes: 10 }));
    expect(result).toMatchObject({ kind: 'settled', refusedWrites: 2 });
    await expect(store.get(keys.limits.windowCost(K))).resolves.toBe(USD);
    await expect(store.hget(keys.apiKey.record(K), 'lastUsedAt')).resolves.toBe('2026-11-23T04:05:00.678Z');
  });

  it('ends the whole booking at a fault of the store, so that it is rolled back', () => {
    const fault = new Error('database or disk is full');
    const tx = {
      get: () => null,
      set: () => 'OK',
      hincrby: () => {
        throw fault;
      },
    } as unknown as StoreTransaction;
    const tally = new BatchTally();
    tally.count('a', 0, ['requests', 1]);
    const args = ['1', '0', JSON.stringify(tally.toWrites())];
    expect(() => settleBatch.transaction(tx, ['marker'], args)).toThrow(fault);
  });
});
