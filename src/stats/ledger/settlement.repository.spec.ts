import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NO_TOKENS } from '@crs/extension-api';
import { keys, openSqliteStore, type SqliteStore } from '@crs/store';
import { Bookkeeper } from '../../../test/support/booking.js';
import { dumpStore } from '../../../test/support/store-dump.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';

const START = Date.parse('2026-11-23T04:05:00.700Z');

describe('SettlementRepository', () => {
  let now: number;
  let store: SqliteStore;
  let sut: Bookkeeper;

  beforeEach(() => {
    now = START;
    store = openSqliteStore(':memory:', { now: () => now });
    sut = new Bookkeeper(store);
  });

  afterEach(async () => {
    await store.quit();
  });

  const report = testUsageReport();
  const K = report.keyId;
  const A = report.accountId;
  const M = report.model;
  const DAY = '2026-11-23';
  const MONTH = '2026-11';
  const HOUR = '2026-11-23:12';

  /** The counters that v1 wrote for this request. */
  const B = {
    inputTokens: '1203',
    outputTokens: '457',
    cacheCreateTokens: '1118',
    cacheReadTokens: '20011',
    allTokens: '22789',
    requests: '1',
    ephemeral5mTokens: '811',
    ephemeral1hTokens: '307',
  };
  const OWNER = { ...B, tokens: '1660' };
  const TOTAL = {
    totalInputTokens: '1203',
    totalOutputTokens: '457',
    totalCacheCreateTokens: '1118',
    totalCacheReadTokens: '20011',
    totalAllTokens: '22789',
    totalRequests: '1',
    totalEphemeral5mTokens: '811',
    totalEphemeral1hTokens: '307',
    totalTokens: '1660',
  };
  const KEY_MODEL = { ...B, realCostMicro: '21351', ratedCostMicro: '21351' };
  const KEY_MODEL_TOTAL = Object.fromEntries(Object.entries(KEY_MODEL).filter(([field]) => field !== 'allTokens'));
  const IN_HOUR = Object.fromEntries(Object.entries(B).map(([field, value]) => [`model:${M}:${field}`, value]));
  const USD = '0.02135055';
  const [H, D, MO] = [7 * 86_400, 32 * 86_400, 365 * 86_400];
  const hash = (value: object, ttlSeconds: number | null) => ({ type: 'hash', ttlSeconds, value });
  const text = (value: string, ttlSeconds: number | null) => ({ type: 'string', ttlSeconds, value });
  const set = (member: string, ttlSeconds: number | null) => ({ type: 'set', ttlSeconds, value: [member] });

  it('leaves exactly what v1 leaves after one request, key by key', async () => {
    await expect(sut.book(testPricedUsage(report))).resolves.toMatchObject({ kind: 'settled', refusedWrites: 0 });
    const packed = '1 1203 457 1118 20011 811 307 21351 21351 0 0';
    const periods = [
      [`hour:${HOUR}`, 8],
      [`day:${DAY}`, 400],
      [`month:${MONTH}`, 1200],
    ] as const;
    const rollUps = Object.fromEntries(
      periods.flatMap(([period, days]) => [
        [`v2:usage:${period}:models`, hash({ [M]: packed }, days * 86_400)],
        [`v2:usage:${period}:keys`, hash({ [K]: packed }, days * 86_400)],
        [`v2:usage:${period}:accounts`, hash({ [A]: packed }, days * 86_400)],
        [`v2:usage:${period}:key:${K}`, hash({ [M]: packed }, days * 86_400)],
        [`v2:usage:${period}:account:${A}`, hash({ [M]: packed }, days * 86_400)],
      ]),
    );
    const { [`usage:records:${K}`]: records, ...others } = await dumpStore(store);
    expect(others).toEqual({
      [`usage:${K}`]: hash(TOTAL, null),
      [`usage:daily:${K}:${DAY}`]: hash(OWNER, D),
      [`usage:monthly:${K}:${MONTH}`]: hash(OWNER, MO),
      [`usage:hourly:${K}:${HOUR}`]: hash(OWNER, H),
      [`usage:model:daily:${M}:${DAY}`]: hash(B, D),
      [`usage:model:monthly:${M}:${MONTH}`]: hash(B, MO),
      [`usage:model:hourly:${M}:${HOUR}`]: hash(B, H),
      [`usage:${K}:model:daily:${M}:${DAY}`]: hash(KEY_MODEL, D),
      [`usage:${K}:model:monthly:${M}:${MONTH}`]: hash(KEY_MODEL, MO),
      [`usage:${K}:model:hourly:${M}:${HOUR}`]: hash(KEY_MODEL, H),
      [`usage:${K}:model:alltime:${M}`]: hash(KEY_MODEL_TOTAL, null),
      'usage:global:total': hash(B, null),
      [`usage:global:daily:${DAY}`]: hash(B, D),
      [`usage:global:monthly:${MONTH}`]: hash(B, MO),
      [`account_usage:${A}`]: hash(TOTAL, null),
      [`account_usage:daily:${A}:${DAY}`]: hash(OWNER, D),
      [`account_usage:monthly:${A}:${MONTH}`]: hash(OWNER, MO),
      [`account_usage:hourly:${A}:${HOUR}`]: hash({ ...OWNER, ...IN_HOUR }, H),
      [`account_usage:model:daily:${A}:${M}:${DAY}`]: hash(B, D),
      [`account_usage:model:monthly:${A}:${M}:${MONTH}`]: hash(B, MO),
      [`account_usage:model:hourly:${A}:${M}:${HOUR}`]: hash(B, H),
      'system:metrics:minute:29923445': hash(
        {
          requests: '1',
          totalTokens: '22789',
          inputTokens: '1203',
          outputTokens: '457',
          cacheCreateTokens: '1118',
          cacheReadTokens: '20011',
        },
        600,
      ),
      [`usage:daily:index:${DAY}`]: set(K, D),
      [`usage:hourly:index:${HOUR}`]: set(K, H),
      [`usage:model:daily:index:${DAY}`]: set(M, D),
      [`usage:model:hourly:index:${HOUR}`]: set(M, H),
      [`usage:model:monthly:index:${MONTH}`]: set(M, MO),
      'usage:model:monthly:months': set(MONTH, null),
      [`usage:keymodel:daily:index:${DAY}`]: set(`${K}:${M}`, D),
      [`usage:keymodel:hourly:index:${HOUR}`]: set(`${K}:${M}`, H),
      [`account_usage:daily:index:${DAY}`]: set(A, D),
      [`account_usage:hourly:index:${HOUR}`]: set(A, H),
      [`account_usage:model:daily:index:${DAY}`]: set(`${A}:${M}`, D),
      [`account_usage:model:hourly:index:${HOUR}`]: set(`${A}:${M}`, H),
      [`usage:cost:daily:${K}:${DAY}`]: text(USD, 30 * 86_400),
      [`usage:cost:monthly:${K}:${MONTH}`]: text(USD, 90 * 86_400),
      [`usage:cost:hourly:${K}:${HOUR}`]: text(USD, H),
      [`usage:cost:total:${K}`]: text(USD, null),
      [`usage:cost:real:total:${K}`]: text(USD, null),
      [`usage:cost:real:daily:${K}:${DAY}`]: text(USD, 30 * 86_400),
      [`usage:opus:weekly:${K}:2026-11-23T00`]: text(USD, 14 * 86_400),
      [`usage:opus:total:${K}`]: text(USD, null),
      [`usage:opus:real:weekly:${K}:2026-11-23T00`]: text(USD, 14 * 86_400),
      [`usage:opus:real:total:${K}`]: text(USD, null),
      // What v2 adds.
      [`v2:account:quota:${A}:2026-11-23T00:00`]: text(USD, 3 * 86_400),
      [`v2:usage:models:${K}`]: set(M, null),
      'v2:settled:test-instance': text('1', null),
      'v2:usage:since': text('2026-11-23', null),
      ...rollUps,
    });
    expect(records).toMatchObject({ type: 'list', ttlSeconds: 90 * 86_400 });
  });

  const readRecord = async (): Promise<Record<string, unknown>> => {
    const [record = ''] = await store.lrange(keys.usage.records(K), 0, 0);
    return JSON.parse(record) as Record<string, unknown>;
  };

  it("keeps a record of the request in v1's form", async () => {
    await sut.book(testPricedUsage(report));
    const record = await readRecord();
    const breakdown = {
      input: 0.0036090000000000002,
      output: 0.006855,
      cacheCreate: 0.0048832500000000004,
      cacheRead: 0.0060033,
      ephemeral5m: 0.00304125,
      ephemeral1h: 0.001842,
      total: 0.021350550000000003,
    };
    expect(JSON.stringify(record)).toBe(
      JSON.stringify({
        timestamp: '2026-11-23T04:05:00.678Z',
        model: M,
        accountId: A,
        accountType: 'claude-console',
        requestId: 'req-1',
        endpoint: '/api/v1/messages',
        method: 'POST',
        statusCode: 200,
        stream: false,
        durationMs: 18,
        inputTokens: 1203,
        outputTokens: 457,
        cacheCreateTokens: 1118,
        cacheReadTokens: 20_011,
        ephemeral5mTokens: 811,
        ephemeral1hTokens: 307,
        totalTokens: 22_789,
        cost: 0.021351,
        realCost: 0.021351,
        costBreakdown: breakdown,
        realCostBreakdown: breakdown,
        pricingSource: 'dynamic',
        usedFallbackPricing: false,
        isLongContext: false,
      }),
    );
  });

  const codexReport = testUsageReport({
    ...{ accountType: 'openai-responses', accountRecordPrefix: 'openai_responses_account', service: 'codex' },
    ...{ model: 'gpt-5-codex', endpoint: '/openai/responses' },
    usage: { ...NO_TOKENS, inputTokens: 1977, outputTokens: 222, cacheReadTokens: 1024 },
  });

  it('books a Codex request without the weekly cost of Claude models, and its record in the form of that path', async () => {
    await store.hset(keys.account.record('openai_responses_account', A), { totalUsedTokens: '1000', lastUsedAt: '' });
    await sut.book(testPricedUsage(codexReport));
    await expect(store.get(keys.usage.costTotal(K))).resolves.toBe('0.00481925');
    await expect(store.exists(keys.usage.opusTotal(K))).resolves.toBe(0);
    await expect(store.hgetall(keys.account.record('openai_responses_account', A))).resolves.toEqual({
      totalUsedTokens: '4223',
      lastUsedAt: '2026-11-23T04:05:00.678Z',
    });
    const record = await readRecord();
    expect(record).toMatchObject({
      cost: 0.004819,
      costBreakdown: { input: 0.00247125, cacheWrite: 0, cacheRead: 0.000128, total: 0.00481925 },
    });
    for (const absent of ['ephemeral5mTokens', 'pricingSource', 'usedFallbackPricing', 'estimated']) {
      expect(record).not.toHaveProperty(absent);
    }
  });

  it('flags figures that are a floor and prices that are a guess', async () => {
    await sut.book(testPricedUsage({ ...codexReport, model: 'vendor-model', estimated: true }));
    await expect(readRecord()).resolves.toMatchObject({ usedFallbackPricing: true, estimated: true });
    await sut.book(testPricedUsage({ ...report, requestId: 'req-2', model: 'vendor-model' }));
    await expect(readRecord()).resolves.toMatchObject({ usedFallbackPricing: true, pricingSource: 'fallback' });
  });

  it('keeps the rated and the real cost apart', async () => {
    await sut.book(testPricedUsage(report, 2));
    await expect(store.get(keys.usage.costTotal(K))).resolves.toBe('0.04270110000000001');
    await expect(store.get(keys.usage.costRealTotal(K))).resolves.toBe(USD);
    await expect(store.hmget(keys.usage.keyModelTotal(K, M), 'ratedCostMicro', 'realCostMicro')).resolves.toEqual([
      '42701',
      '21351',
    ]);
    await expect(store.get(keys.account.quotaCost(A, '2026-11-23T00:00'))).resolves.toBe('0.04270110000000001');
  });

  it('writes no cost where nothing was spent', async () => {
    await sut.book(testPricedUsage({ ...report, usage: NO_TOKENS }));
    const names = Object.keys(await dumpStore(store));
    expect(names.filter((name) => name.includes('cost') || name.includes('opus') || name.includes('quota'))).toEqual(
      [],
    );
    await expect(store.hget(keys.usage.total(K), 'totalRequests')).resolves.toBe('1');
  });

  it('books a repeated request once', async () => {
    await sut.book(testPricedUsage(report));
    const before = await dumpStore(store);
    now += 9 * 60_000;
    await expect(sut.repeat(testPricedUsage({ ...report, durationMs: 99 }))).resolves.toEqual({ kind: 'duplicate' });
    const after = await dumpStore(store);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(after[`usage:${K}`]).toEqual(before[`usage:${K}`]);
    expect(after[`usage:records:${K}`]?.value).toEqual(before[`usage:records:${K}`]?.value);
  });

  it('keeps the number of an instance for good, and of one that has ended for a month', async () => {
    await sut.book(testPricedUsage(report));
    const marker = keys.usage.settled('test-instance');
    await expect(store.pttl(marker)).resolves.toBe(-1);
    await sut.repository.retire('test-instance');
    await expect(store.pttl(marker)).resolves.toBe(30 * 86_400_000);
  });

  it('keeps the newest 200 records', async () => {
    for (let i = 1; i <= 203; i += 1) await sut.book(testPricedUsage({ ...report, requestId: `req-${i}` }));
    await expect(store.llen(keys.usage.records(K))).resolves.toBe(200);
    await expect(readRecord()).resolves.toMatchObject({ requestId: 'req-203' });
  });

  it('counts the long requests of a 1M model apart', async () => {
    const long = { ...report, model: `${M}[1m]`, usage: { ...report.usage, inputTokens: 200_000 } };
    await sut.book(testPricedUsage(long));
    await expect(store.hgetall(keys.usage.total(K))).resolves.toMatchObject({
      totalLongContextInputTokens: '200000',
      totalLongContextOutputTokens: '457',
      totalLongContextRequests: '1',
    });
    await expect(store.hget(keys.usage.daily(K, DAY), 'longContextRequests')).resolves.toBe('1');
    await expect(store.hget(keys.usage.monthly(K, MONTH), 'longContextRequests')).resolves.toBeNull();
    await expect(readRecord()).resolves.toMatchObject({ isLongContext: true });
  });
});
