import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keys, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import {
  keyId,
  type LookupApp,
  otherId,
  startLookupApp,
  usedInAll,
  usedToday,
} from '../../../test/support/lookup-app.js';

describeOnEachStore('the public look-ups of several keys and of what concerns all', (storeOfCase) => {
  let store: StoreClient;
  let app: LookupApp;

  beforeEach(async () => {
    store = storeOfCase();
    app = await startLookupApp(store);
  });

  afterEach(() => app.close());

  describe('the batches', () => {
    it('tell what several keys used, together and each, and which cannot be used', async () => {
      await app.use();
      app.add('second', { id: otherId(2), name: 'second', createdAt: null });
      app.add('off', { id: otherId(3), name: 'off', isActive: false });
      await app.record({ requestId: 'c', keyId: otherId(2) });
      const { status, body } = await app.ask('batch-stats', {
        apiIds: [keyId, otherId(2), otherId(3), otherId(4), keyId],
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        success: true,
        data: {
          aggregated: {
            ...{ totalKeys: 4, activeKeys: 2 },
            usage: { requests: 3, allTokens: 48_801, cost: expect.closeTo(0.04752035, 9), formattedCost: '$0.0475' },
            dailyUsage: { requests: 2, inputTokens: 2406, tokens: 45_578, formattedCost: '$0.0427' },
            monthlyUsage: { requests: 3, cacheReadTokens: 41_046, formattedCost: '$0.0475' },
          },
          individual: [
            {
              apiId: keyId,
              name: 'ada',
              isActive: true,
              usage: usedInAll,
              dailyUsage: usedToday,
              monthlyUsage: usedInAll,
            },
            { apiId: otherId(2), name: 'second', createdAt: null, usage: usedToday, dailyUsage: usedToday },
          ],
          leftOut: [
            { apiId: otherId(3), error: 'API key is disabled', keyName: 'off' },
            { apiId: otherId(4), error: 'API key not found' },
          ],
        },
      });
      const models = await app.ask('batch-model-stats', { apiIds: [keyId, otherId(2), otherId(4)] });
      expect(models.body).toMatchObject({ period: 'daily', data: [{ requests: 2, allTokens: 45_578 }] });
      const { body: ever } = await app.ask('batch-model-stats', { apiIds: [keyId], period: 'alltime' });
      expect(ever).toMatchObject({ data: [{ allTokens: 22_789 }, { allTokens: 3223 }] });
    });

    it('answer nothing but zeros when no key can be used', async () => {
      const { body } = await app.ask('batch-stats', { apiIds: [otherId(1)] });
      expect(body).toMatchObject({
        data: { aggregated: { totalKeys: 1, activeKeys: 0, usage: { requests: 0, cost: 0 } }, individual: [] },
      });
    });

    it.each([
      [{}, 'apiIds'],
      [{ apiIds: [] }, 'apiIds must name at least one key.'],
      [{ apiIds: keyId }, 'apiIds must be a list of ids.'],
      [{ apiIds: [keyId, 5] }, 'each of apiIds must be a UUID.'],
      [{ apiIds: Array.from({ length: 31 }, (_, at) => otherId(at)) }, 'apiIds must name at most 30 keys.'],
    ])('refuse %j', async (body, message) => {
      for (const route of ['batch-stats', 'batch-model-stats']) {
        const answer = await app.ask(route, body);
        expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining(message) } });
      }
    });
  });

  it('tell the service rates, but not who has set them', async () => {
    expect((await app.rates()).body).toMatchObject({
      success: true,
      data: { baseService: 'claude', rates: { claude: 1, codex: 1 }, updatedAt: null },
    });
    const stored = {
      rates: { claude: 1.5 },
      baseService: 'codex',
      updatedAt: '2026-01-02T03:04:05Z',
      updatedBy: 'root',
    };
    await store.set(keys.settings.serviceRates, JSON.stringify(stored));
    const { rates: _, updatedBy: __, ...shown } = stored;
    expect((await app.rates()).body).toEqual({
      success: true,
      data: { ...shown, rates: expect.objectContaining({ claude: 1.5, codex: 1 }) },
    });
  });
});
