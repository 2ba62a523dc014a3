import { beforeEach, afterEach, describe, expect, it } from '@jest/globals';
import { type ApiKeySummary, ROUTE_ACCESS } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { type HttpApp, startHttpApp } from '../../../test/support/http-app.js';
import { type Answer, call } from '../../../test/support/http-fixture.js';
import { KnownKeys, KnownKeysModule } from '../../../test/support/known-keys.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { testKeySummary } from '../../../test/support/test-key-summary.ts';
import { NO_LIMITS, testPrincipal } from '../../../test/support/test-principal.ts';
import { StatsModule } from '../stats.module.js';
import { SelfInfoController } from './self-info.controller.js';

const NOW = Date.parse('2026-11-23T04:06:00Z');
const K = testPrincipal().keyId;

describe('SelfInfoController', () => {
  it('is for clients only', () => {
    expect(Reflect.getMetadata(ROUTE_ACCESS, SelfInfoController)).toBe('client');
  });
});

describeOnEachStore('what a client may know of its key', (storeOfCase) => {
  let store: StoreClient;
  let known: KnownKeys;
  let http: HttpApp;
  let isAuthenticated: boolean;

  beforeEach(async () => {
    store = storeOfCase();
    known = new KnownKeys();
    isAuthenticated = true;
    http = await startHttpApp({
      imports: [KnownKeysModule.with(known), StatsModule],
      store,
      clock: new TestClock(NOW),
      // Stands for the module of the keys, which has specs of its own.
      prepare: (app) => {
        app
          .getHttpAdapter()
          .getInstance()
          .addHook('onRequest', (request, _reply, done) => {
            request.principal = isAuthenticated ? testPrincipal() : null;
            done();
          });
      },
    });
    add({ name: 'ada', createdAt: new Date(NOW - 2 * 86_400_000) });
  });

  afterEach(() => http.app.close());

  const add = (change: Partial<ApiKeySummary>): void => {
    known.bySecret.set('secret', testKeySummary({ id: K, ...change }));
  };
  const ask = (path: string): Promise<Answer> => call(`${http.url}/api/v1/${path}`, 'GET');

  it('is nothing but zeros and names for a key that was never used', async () => {
    const nothing = {
      ...{ tokens: 0, inputTokens: 0, outputTokens: 0, cacheCreateTokens: 0, cacheReadTokens: 0, allTokens: 0 },
      requests: 0,
    };
    const averages = { rpm: 0, tpm: 0, dailyRequests: 0, dailyTokens: 0 };
    const usage = { total: nothing, daily: nothing, monthly: nothing, averages, recentRecords: [] };
    expect((await ask('usage')).body).toEqual({
      usage,
      limits: { tokens: 0, requests: 0 },
      timestamp: '2026-11-23T04:06:00.000Z',
    });
  });

  it("is what v1 has counted, in v1's form, and how far the limits are used", async () => {
    const counted = { totalAllTokens: '45578', totalInputTokens: '2406', totalOutputTokens: '914', totalRequests: '2' };
    await store.hset(keys.usage.total(K), {
      ...counted,
      totalCacheCreateTokens: '2236',
      totalCacheReadTokens: '40022',
    });
    await store.hset(keys.usage.daily(K, '2026-11-23'), { requests: '1', inputTokens: '5', allTokens: '5' });
    await store.hset(keys.usage.monthly(K, '2026-11'), { requests: '2', inputTokens: '7', allTokens: '7' });
    await store.set(keys.usage.costTotal(K), '0.1281033');
    await store.set(keys.usage.costDaily(K, '2026-11-23'), '0.5');
    await store.lpush(keys.usage.records(K), JSON.stringify({ model: 'm', accountId: 'hidden', cost: 1 }));
    add({ name: 'ada', createdAt: new Date(NOW - 2 * 86_400_000), limits: { ...NO_LIMITS, dailyCostLimit: 20 } });
    const none = { outputTokens: 0, cacheCreateTokens: 0, cacheReadTokens: 0 };
    const { body } = await ask('key-info');
    expect(body['keyInfo']).toEqual({
      ...{ id: K, name: 'ada', tokenLimit: 0 },
      usage: {
        total: {
          ...{ tokens: 45_578, inputTokens: 2406, outputTokens: 914, cacheCreateTokens: 2236 },
          ...{ cacheReadTokens: 40_022, allTokens: 45_578, requests: 2 },
        },
        daily: { ...none, tokens: 5, inputTokens: 5, allTokens: 5, requests: 1 },
        monthly: { ...none, tokens: 7, inputTokens: 7, allTokens: 7, requests: 2 },
        averages: { rpm: 0, tpm: 15.83, dailyRequests: 1, dailyTokens: 22_789 },
        recentRecords: [{ model: 'm', cost: 1 }],
      },
    });
    expect(body).toMatchObject({
      limits: { daily: { limit: 20, used: 0.5, held: 0, remaining: 19.5, resetAt: '2026-11-23T16:00:00.000Z' } },
      timestamp: '2026-11-23T04:06:00.000Z',
    });
  });

  it('is its limits as a balance, and its name as that of a user', async () => {
    add({ name: 'ada', createdAt: null, limits: { ...NO_LIMITS, tokenLimit: 100_000, rateLimitRequests: 5 } });
    expect((await ask('organizations/any/usage')).body).toEqual({
      object: 'usage',
      data: [{ type: 'credit_balance', credit_balance: 100_000 }],
    });
    expect((await ask('me')).body).toEqual({ id: `user_${K}`, type: 'user', display_name: 'ada', created_at: null });
    expect((await ask('usage')).body['limits']).toEqual({ tokens: 100_000, requests: 5 });
  });

  it.each(['key-info', 'usage', 'me', 'organizations/any/usage'])(
    'is nothing for nobody, and for a key that has just been removed: %s',
    async (path) => {
      known.bySecret.clear();
      expect((await ask(path)).status).toBe(401);
      isAuthenticated = false;
      expect((await ask(path)).status).toBe(401);
    },
  );
});
