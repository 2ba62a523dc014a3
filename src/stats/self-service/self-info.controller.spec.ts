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
import { OpenAiSelfInfoController } from './openai-self-info.controller.js';
import { SelfInfoController } from './self-info.controller.js';

const NOW = Date.parse('2026-11-23T04:06:00Z');
const K = testPrincipal().keyId;

describe('the routes of self-information', () => {
  it.each([SelfInfoController, OpenAiSelfInfoController])('is for clients only', (controller) => {
    expect(Reflect.getMetadata(ROUTE_ACCESS, controller)).toBe('client');
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
  const askAt = (path: string): Promise<Answer> => call(http.url + path, 'GET');
  const ask = (path: string): Promise<Answer> => askAt(`/api/v1/${path}`);

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

  describe("in v1's form under /openai", () => {
    it('is the key with its limits and what it used', async () => {
      await store.hset(keys.usage.total(K), { totalAllTokens: '900', totalInputTokens: '900', totalRequests: '3' });
      await store.hset(keys.usage.daily(K, '2026-11-23'), { requests: '1', inputTokens: '5', allTokens: '5' });
      await store.hset(keys.usage.monthly(K, '2026-11'), { requests: '2', inputTokens: '7', allTokens: '7' });
      await store.set(keys.limits.windowStart(K), String(NOW - 60_000));
      await store.set(keys.limits.windowTokens(K), '400');
      const limits = { ...NO_LIMITS, tokenLimit: 1000, rateLimitWindow: 10, rateLimitRequests: 5 };
      add({ name: 'ada', permissions: ['claude', 'codex'], limits });
      const none = { outputTokens: 0, cacheCreateTokens: 0, cacheReadTokens: 0 };
      expect((await askAt('/openai/key-info')).body).toEqual({
        ...{ id: K, name: 'ada', permissions: ['claude', 'openai'] },
        ...{ token_limit: 1000, tokens_used: 900, tokens_remaining: 600 },
        rate_limit: { window: 10, requests: 5 },
        usage: {
          total: { ...none, tokens: 900, inputTokens: 900, allTokens: 900, requests: 3 },
          daily: { ...none, tokens: 5, inputTokens: 5, allTokens: 5, requests: 1 },
          monthly: { ...none, tokens: 7, inputTokens: 7, allTokens: 7, requests: 2 },
        },
      });
      expect((await askAt('/openai/usage')).body).toEqual({
        object: 'usage',
        ...{ total_tokens: 900, total_requests: 3, daily_tokens: 5, daily_requests: 1 },
        ...{ monthly_tokens: 7, monthly_requests: 2 },
      });
    });

    it('says nothing of what is left where nothing is limited', async () => {
      expect((await askAt('/openai/key-info')).body).toMatchObject({
        ...{ permissions: [], token_limit: 0, tokens_used: 0, tokens_remaining: null },
        rate_limit: { window: 0, requests: 0 },
      });
    });
  });

  it.each([
    ...['/api/v1/key-info', '/api/v1/usage', '/api/v1/me', '/api/v1/organizations/any/usage'],
    ...['/openai/key-info', '/openai/usage'],
  ])('is nothing for nobody, and for a key that has just been removed: %s', async (path) => {
    known.bySecret.clear();
    expect((await askAt(path)).status).toBe(401);
    isAuthenticated = false;
    expect((await askAt(path)).status).toBe(401);
  });
});
