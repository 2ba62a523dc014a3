import { beforeEach, describe, expect, it } from '@jest/globals';
import { NO_TOKENS, type UsageReport } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import { Bookkeeper } from '../../../test/support/booking.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';
const AT = new Date('2026-11-23T04:05:00.678Z');

const ofCodex: Partial<UsageReport> = {
  accountType: 'openai-responses',
  accountRecordPrefix: 'openai_responses_account',
  service: 'codex',
  model: 'gpt-5-codex',
  endpoint: '/openai/responses',
  usage: { ...NO_TOKENS, inputTokens: 1977, outputTokens: 222, cacheReadTokens: 1024 },
};

describeOnEachStore('what a request counts in', (storeOfCase) => {
  let store: StoreClient;
  let sut: Bookkeeper;

  beforeEach(() => {
    store = storeOfCase();
    sut = new Bookkeeper(store);
  });

  const { keyId } = testUsageReport();
  const limits = {
    daily: keys.usage.costDaily(keyId, '2026-11-23'),
    total: keys.usage.costTotal(keyId),
    weekly: keys.usage.opusWeekly(keyId, '2026-11-23T00'),
    windowTokens: keys.limits.windowTokens(keyId),
    windowCost: keys.limits.windowCost(keyId),
  };

  const counted = async (change: Partial<UsageReport>, rate = 1): Promise<object> => {
    await store.set(keys.limits.windowStart(keyId), String(AT.getTime() - 60_000));
    await sut.book(testPricedUsage(testUsageReport({ at: AT, rateLimitWindowMinutes: 10, ...change }), rate));
    const texts = await store.mget(...Object.values(limits));
    return Object.fromEntries(Object.keys(limits).map((name, i) => [name, texts[i]]));
  };

  it('counts a Codex request in the day, in all and in the window, and not in the week of Claude models', async () => {
    await expect(counted(ofCodex)).resolves.toEqual({
      daily: '0.00481925',
      total: '0.00481925',
      weekly: null,
      windowTokens: '3223',
      windowCost: '0.00481925',
    });
  });

  it('counts what a Codex request costs the key, not what it really costs', async () => {
    await expect(counted(ofCodex, 2)).resolves.toMatchObject({ daily: '0.0096385', windowCost: '0.0096385' });
  });

  it('adds both services up', async () => {
    await counted(ofCodex);
    await expect(counted({ requestId: 'req-2' })).resolves.toMatchObject({
      total: '0.0261698',
      weekly: '0.02135055',
      windowTokens: '26012',
    });
  });

  describe('the week of Claude models', () => {
    it.each<[boolean, string, Partial<UsageReport>]>([
      [true, 'a Claude model', {}],
      [true, 'a Claude model under its family name', { model: 'vendor-opus' }],
      [false, 'another model on a Claude account', { model: 'vendor-model' }],
      [false, 'a Claude name on a Codex account', { ...ofCodex, model: 'claude-sonnet-4-5' }],
    ])('%s: %s', async (isCounted, _, change) => {
      await expect(counted(change)).resolves.toMatchObject({ weekly: isCounted ? expect.any(String) : null });
    });

    it('goes on with what an old version 1 counted under its name of the week', async () => {
      const { opusWeekly, opusRealWeekly } = keys.usage;
      await store.set(opusWeekly(keyId, '2026-W48'), '1.5');
      const usdIn = async (key: string) => Number(await store.get(key));
      await counted({}, 2);
      expect(await usdIn(limits.weekly)).toBeCloseTo(1.5427011, 9);
      expect(await usdIn(opusRealWeekly(keyId, '2026-11-23T00'))).toBeCloseTo(1.52135055, 9);
      await counted({ requestId: 'req-2' });
      expect(await usdIn(limits.weekly)).toBeCloseTo(1.56405165, 9);
      expect(await store.get(opusWeekly(keyId, '2026-W48'))).toBe('1.5');
    });
  });
});
