import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import {
  ApiKeyDirectory,
  type ApiKeyId,
  type ApiKeySummary,
  NO_TOKENS,
  OutageLimits,
  ROUTE_ACCESS,
} from '@crs/extension-api';
import { keys, openSqliteStore, type SqliteStore } from '@crs/store';
import { type HttpApp, startHttpApp } from '../../test/support/http-app.js';
import { NO_OUTAGE } from '../../test/support/known-keys.js';
import { testKeySummary } from '../../test/support/test-key-summary.ts';
import { NO_LIMITS } from '../../test/support/test-principal.ts';
import { TestClock } from '../../test/support/test-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { testUsageReport } from '../../test/support/test-usage-report.js';
import { Zone } from '../core/time/zone.js';
import { StatsController } from './stats.controller.js';
import { StatsModule } from './stats.module.js';
import { UsageRecorder } from './ledger/usage-recorder.js';

const NOW = Date.parse('2026-11-23T04:06:00Z');
const report = testUsageReport({ at: new Date('2026-11-23T04:05:00Z') });
const K = report.keyId;

/** Stands for the module of the keys: one key, deleted, with limits. */
class OneKeyDirectory extends ApiKeyDirectory {
  override async findSummary(id: ApiKeyId): Promise<ApiKeySummary | null> {
    if (id !== K) return null;
    return testKeySummary({
      id,
      isDeleted: true,
      limits: {
        ...NO_LIMITS,
        concurrencyLimit: 3,
        dailyCostLimit: 20,
        weeklyOpusCostLimit: 50,
        rateLimitWindow: 10,
        rateLimitRequests: 5,
        tokenLimit: 100_000,
      },
    });
  }

  override identify(): never {
    throw new Error('Nobody asks here');
  }

  override countBoundTo(): never {
    throw new Error('Nobody asks here');
  }

  override countBindings(): never {
    throw new Error('Nobody asks here');
  }
}

@Global()
@Module({
  providers: [{ provide: ApiKeyDirectory, useClass: OneKeyDirectory }, NO_OUTAGE, Zone],
  exports: [ApiKeyDirectory, OutageLimits, Zone],
})
class PortsModule {}

describe('GET /api/v2/keys/:id/stats', () => {
  let store: SqliteStore;
  let http: HttpApp;

  beforeEach(async () => {
    store = openSqliteStore(':memory:', { now: () => NOW });
    http = await startHttpApp({
      imports: [PortsModule, StatsModule],
      config: testConfig(),
      store,
      clock: new TestClock(NOW),
    });
  });

  afterEach(async () => {
    await http.close();
    await store.quit();
  });

  const get = async (id: string): Promise<{ readonly status: number; readonly body: unknown }> => {
    const answer = await fetch(`${http.url}/api/v2/keys/${id}/stats`);
    return { status: answer.status, body: await answer.json() };
  };

  it('is for administrators only', () => {
    expect(Reflect.getMetadata(ROUTE_ACCESS, StatsController)).toBe('admin');
  });

  it('shows exactly what was recorded, also of a deleted key', async () => {
    await store.set(keys.limits.windowStart(K), String(NOW - 120_000), 'PX', 480_000);
    await store.set(keys.limits.windowRequests(K), '2', 'PX', 480_000);
    await store.zadd(keys.limits.concurrency(K), NOW + 90_000, 'req-running');
    await store.zadd(keys.limits.holds(K), NOW + 90_000, 'req-running:1500000:12000:0');
    const recorder = http.app.get(UsageRecorder);
    await recorder.record({ ...report, rateLimitWindowMinutes: 10 }, [], report.requestId);
    const ofCodex = {
      ...report,
      ...({
        requestId: 'req-2',
        at: new Date('2026-11-22T04:05:00Z'),
        service: 'codex',
        model: 'gpt-5-codex',
      } as const),
      usage: { ...NO_TOKENS, inputTokens: 1977, outputTokens: 222, cacheReadTokens: 1024 },
    };
    await recorder.record(ofCodex, [], 'req-2');
    const claude = {
      requests: 1,
      inputTokens: 1203,
      outputTokens: 457,
      cacheCreateTokens: 1118,
      cacheReadTokens: 20_011,
      ephemeral5mTokens: 811,
      ephemeral1hTokens: 307,
      allTokens: 22_789,
    };
    const codex = {
      requests: 1,
      inputTokens: 1977,
      outputTokens: 222,
      cacheCreateTokens: 0,
      cacheReadTokens: 1024,
      ephemeral5mTokens: 0,
      ephemeral1hTokens: 0,
      allTokens: 3223,
    };
    const both = {
      requests: 2,
      inputTokens: 3180,
      outputTokens: 679,
      cacheCreateTokens: 1118,
      cacheReadTokens: 21_035,
      ephemeral5mTokens: 811,
      ephemeral1hTokens: 307,
      allTokens: 26_012,
    };
    const usd = (costUsd: number) => ({ costUsd: expect.closeTo(costUsd, 9), realCostUsd: expect.closeTo(costUsd, 9) });
    await expect(get(K)).resolves.toEqual({
      status: 200,
      body: {
        total: { ...both, ...usd(0.0261698) },
        today: { ...claude, ...usd(0.02135055) },
        // The real cost of a month is only kept in whole micro-USD.
        month: { ...both, costUsd: expect.closeTo(0.0261698, 9), realCostUsd: expect.closeTo(0.02617, 9) },
        models: [
          { model: 'claude-sonnet-4-5-20250929', ...claude, ...usd(0.021351) },
          { model: 'gpt-5-codex', ...codex, ...usd(0.004819) },
        ],
        limits: {
          concurrency: { limit: 3, used: 1, remaining: 2 },
          daily: {
            limit: 20,
            used: expect.closeTo(0.02135055, 9),
            held: 1.5,
            remaining: expect.closeTo(18.47864945, 9),
            resetAt: '2026-11-23T16:00:00.000Z',
          },
          total: { limit: 0, used: expect.closeTo(0.0261698, 9), held: 1.5, remaining: null, resetAt: null },
          weekly: {
            limit: 50,
            used: expect.closeTo(0.02135055, 9),
            held: 0,
            remaining: expect.closeTo(49.97864945, 9),
            resetAt: '2026-11-29T16:00:00.000Z',
          },
          window: {
            requests: { limit: 5, used: 2, remaining: 3, resetAt: '2026-11-23T04:14:00.000Z' },
            tokens: {
              limit: 100_000,
              used: 22_789,
              held: 12_000,
              remaining: 65_211,
              resetAt: '2026-11-23T04:14:00.000Z',
            },
            cost: {
              limit: 0,
              used: expect.closeTo(0.02135055, 9),
              held: 1.5,
              remaining: null,
              resetAt: '2026-11-23T04:14:00.000Z',
            },
          },
        },
      },
    });
  });

  it('shows what a request holds until it is booked, and then what it cost', async () => {
    const hold = { set: keys.limits.holds(K), member: 'req-1:1500000:12000:1' };
    const slot = { set: keys.limits.concurrency(K), member: 'req-1' };
    for (const { set, member } of [hold, slot]) await store.zadd(set, NOW + 90_000, member);
    const limits = async () => ((await get(K)).body as { readonly limits: object }).limits;
    expect(await limits()).toMatchObject({ concurrency: { used: 1 }, weekly: { used: 0, held: 1.5, remaining: 48.5 } });
    const admission = { leases: [hold, slot], model: 'claude-sonnet-4-5' };
    await http.app.get(UsageRecorder).record({ ...report, admission }, [], report.requestId);
    expect(await limits()).toMatchObject({
      concurrency: { used: 0, remaining: 3 },
      weekly: { used: 0.02135055, held: 0, remaining: expect.closeTo(49.97864945, 9) },
    });
  });

  it('prices what a very old version counted without a cost', async () => {
    await store.hset(keys.usage.total(K), { totalTokens: '1000000', totalRequests: '4' });
    const { body } = await get(K);
    // 300000 in at 3 USD and 700000 out at 15 USD a million.
    expect(body).toMatchObject({
      total: { requests: 4, inputTokens: 300_000, outputTokens: 700_000, costUsd: expect.closeTo(11.4, 9) },
      models: [],
    });
  });

  it('does not take the sum of many requests for one long prompt', async () => {
    const counters = { inputTokens: '1000000', outputTokens: '0', requests: '40' };
    await store.hset(keys.usage.keyModelTotal(K, 'gpt-5.4'), counters);
    await store.sadd(keys.usage.keyModels(K), 'gpt-5.4');
    const { body } = await get(K);
    expect(body).toMatchObject({ models: [{ model: 'gpt-5.4', costUsd: expect.closeTo(2.5, 9) }] });
  });

  it.each(['00000000-0000-4000-8000-000000000000', 'no-id', '*', 'model', `${K}:model`])(
    'knows no key that was never made: %s',
    async (id) => {
      const { status, body } = await get(encodeURIComponent(id));
      expect(status).toBe(404);
      expect(body).toMatchObject({ detail: 'There is no API key with this id.' });
    },
  );

  it('knows a key by its id in capitals', async () => {
    expect((await get(K.toUpperCase())).status).toBe(200);
  });

  it('is documented with its figures', async () => {
    const document = (await (await fetch(`${http.url}/docs-json`)).json()) as {
      readonly paths: Record<string, { readonly get: { readonly responses: object } }>;
      readonly components: { readonly schemas: Record<string, { readonly properties: object }> };
    };
    expect(Object.keys(document.paths['/api/v2/keys/{id}/stats']?.get.responses ?? {})).toEqual(
      expect.arrayContaining(['200', '401', '404']),
    );
    expect(Object.keys(document.components.schemas['ModelFiguresDto']?.properties ?? {})).toEqual(
      expect.arrayContaining(['model', 'inputTokens', 'costUsd']),
    );
    const fieldsOf = (schema: string) => Object.keys(document.components.schemas[schema]?.properties ?? {});
    expect(fieldsOf('HeldLimitFiguresDto')).toEqual(['limit', 'used', 'remaining', 'resetAt', 'held']);
    expect(fieldsOf('ConcurrencyDto')).toEqual(['limit', 'used', 'remaining']);
  });
});
