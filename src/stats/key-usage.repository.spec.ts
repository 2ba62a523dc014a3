import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { toApiKeyId } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { TestClock } from '../../test/support/test-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { testKeySummary } from '../../test/support/test-key-summary.ts';
import { Zone } from '../core/time/zone.js';
import { KeyModelSearch } from './key-model-search.js';
import { KeyUsageRepository } from './key-usage.repository.js';

const AT = Date.parse('2026-02-28T17:30:00Z');
const K = toApiKeyId('30144e38-6515-4949-a4b8-0e3db27a30f2');
const key = testKeySummary({ id: K });

describeOnEachStore('KeyUsageRepository', (storeOfCase) => {
  let store: StoreClient;
  let clock: TestClock;
  let sut: KeyUsageRepository;

  beforeEach(() => {
    store = storeOfCase();
    clock = new TestClock(AT);
    sut = new KeyUsageRepository(store, new Zone(testConfig()), new KeyModelSearch(store, clock));
  });

  const used = (inputTokens: number) => ({ requests: '1', inputTokens: String(inputTokens) });

  it('reads nothing of a key that was never used', async () => {
    await expect(sut.read(key, AT, 'everywhere')).resolves.toEqual({
      counters: { total: {}, today: {}, month: {} },
      costs: { total: null, realTotal: null, today: null, realToday: null, month: null, claudeWeek: null },
      window: { startedAt: null, requests: null, tokens: null, cost: null },
      running: { slots: [], holds: [] },
      models: [],
    });
  });

  it('reads counters, costs and the window of the periods that it is now in the configured zone', async () => {
    await store.hset(keys.usage.total(K), { totalRequests: '9' });
    await store.hset(keys.usage.daily(K, '2026-03-01'), { requests: '2' });
    await store.hset(keys.usage.monthly(K, '2026-03'), { requests: '3' });
    await store.set(keys.usage.costTotal(K), '9.5');
    await store.set(keys.usage.costRealTotal(K), '9.25');
    await store.set(keys.usage.costDaily(K, '2026-03-01'), '1');
    await store.set(keys.usage.costRealDaily(K, '2026-03-01'), '0.9');
    await store.set(keys.usage.costMonthly(K, '2026-03'), '3');
    await store.set(keys.usage.opusWeekly(K, '2026-02-23T00'), '4');
    await store.set(keys.limits.windowStart(K), '1');
    await store.set(keys.limits.windowRequests(K), '2');
    await store.set(keys.limits.windowTokens(K), '3');
    await store.set(keys.limits.windowCost(K), '4.5');
    await expect(sut.read(key, AT, 'everywhere')).resolves.toMatchObject({
      counters: { total: { totalRequests: '9' }, today: { requests: '2' }, month: { requests: '3' } },
      costs: { total: '9.5', realTotal: '9.25', today: '1', realToday: '0.9', month: '3', claudeWeek: '4' },
      window: { startedAt: '1', requests: '2', tokens: '3', cost: '4.5' },
    });
  });

  it('reads the week of an old version 1 where there is none under its name of today', async () => {
    await store.set(keys.usage.opusWeekly(K, '2026-W09'), '7.5');
    await expect(sut.read(key, AT, 'indexes')).resolves.toMatchObject({ costs: { claudeWeek: '7.5' } });
    await store.set(keys.usage.opusWeekly(K, '2026-02-23T00'), '8');
    await expect(sut.read(key, AT, 'indexes')).resolves.toMatchObject({ costs: { claudeWeek: '8' } });
  });

  it('reads the slots and the holds that have not expired', async () => {
    for (const set of [keys.limits.concurrency(K), keys.limits.holds(K)]) {
      await store.zadd(set, AT - 1, 'expired');
      await store.zadd(set, AT, 'expires-now');
      await store.zadd(set, AT + 1, 'a');
      await store.zadd(set, AT + 90_000, 'b');
    }
    await expect(sut.read(key, AT, 'everywhere')).resolves.toMatchObject({
      running: { slots: ['a', 'b'], holds: ['a', 'b'] },
    });
  });

  it('reads a model with its months, the current one apart', async () => {
    await store.sadd(keys.usage.keyModels(K), 'm');
    await store.hset(keys.usage.keyModelTotal(K, 'm'), used(100));
    await store.hset(keys.usage.keyModelDaily(K, 'm', '2026-03-01'), used(1));
    await store.hset(keys.usage.keyModelMonthly(K, 'm', '2026-03'), used(3));
    await store.hset(keys.usage.keyModelMonthly(K, 'm', '2026-02'), used(2));
    await store.hset(keys.usage.keyModelMonthly(K, 'm', '2025-12'), used(12));
    await store.hset(keys.usage.keyModelMonthly(K, 'm', '2025-03'), used(25));
    const { models } = await sut.read(key, AT, 'everywhere');
    expect(models).toEqual([
      {
        model: 'm',
        total: used(100),
        today: used(1),
        month: used(3),
        earlierMonths: [used(2), {}, used(12), {}, {}, {}, {}, {}, {}, {}, {}, used(25)],
      },
    ]);
  });

  describe('of thousands of models', () => {
    const models = Array.from({ length: 400 }, (_, n) => `m${n}`);

    beforeEach(async () => {
      await store.set(keys.usage.keyModelsSearched(K), '1');
      await store.sadd(keys.usage.keyModels(K), ...models);
      for (const model of models) await store.hset(keys.usage.keyModelTotal(K, model), { requests: model.slice(1) });
      await store.set(keys.usage.keyModelDaily(K, 'm7', '2026-03-01'), 'damaged');
    });

    it('reads all, and lets others have their turn', async () => {
      let turns = 0;
      const count = setInterval(() => (turns += 1), 0);
      const { models: read } = await sut.read(key, AT, 'indexes');
      clearInterval(count);
      expect(Object.fromEntries(read.map(({ model, total }) => [model, total['requests']]))).toEqual(
        Object.fromEntries(models.map((model) => [model, model.slice(1)])),
      );
      expect(read.every(({ earlierMonths }) => earlierMonths.length === 12)).toBe(true);
      expect(turns).toBeGreaterThan(5);
    });

    it('ends when nobody waits for it any more', async () => {
      await expect(sut.read(key, AT, 'indexes', AbortSignal.abort())).rejects.toMatchObject({ status: 504 });
    });
  });

  describe('finding the models of a key', () => {
    const modelsFound = async () => (await sut.read(key, AT, 'everywhere')).models.map(({ model }) => model).sort();

    it("uses v2's own index and v1's of all keys", async () => {
      await store.sadd(keys.usage.keyModels(K), 'own');
      await store.sadd(keys.usage.index.modelMonthly('2026-03'), 'current', 'own');
      await store.sadd(keys.usage.index.modelMonthly('2025-03'), 'a-year-ago');
      await expect(modelsFound()).resolves.toEqual(['a-year-ago', 'current', 'own']);
    });

    it('asks for no models of other keys where its own are all known', async () => {
      await store.sadd(keys.usage.keyModels(K), 'own');
      await store.sadd(keys.usage.index.modelMonthly('2026-03'), 'of-another');
      await store.set(keys.usage.keyModelsSearched(K), '1');
      await expect(modelsFound()).resolves.toEqual(['own']);
    });

    it('finds what a v1 has counted since all were known', async () => {
      await store.set(keys.usage.keyModelsSearched(K), '1');
      await store.sadd(keys.usage.index.modelMonthly('2026-03'), 'new-to-the-key', 'of-another');
      await store.hset(keys.usage.keyModelTotal(K, 'new-to-the-key'), used(1));
      await expect(modelsFound()).resolves.toEqual(['new-to-the-key']);
    });

    it('shows tokens without costs beside those with, as they were kept apart', async () => {
      const counter = keys.usage.keyModelTotal(K, 'old');
      await store.sadd(keys.usage.keyModels(K), 'old');
      await store.hset(counter, { inputTokens: '9', ratedCostMicro: '5' });
      await store.hset(keys.usage.uncosted(K), { [counter]: '4 0 0 0 0 0' });
      const { models } = await sut.read(key, AT, 'indexes');
      expect(models[0]?.total).toMatchObject({ inputTokens: '9', uncostedInputTokens: '4' });
    });

    it('searches the counters of a database without indexes, once', async () => {
      await store.hset(keys.usage.keyModelTotal(K, 'lifetime:with-colon'), used(1));
      await store.hset(keys.usage.keyModelMonthly(K, 'monthly', '2024-01'), used(1));
      await store.hset(keys.usage.keyModelDaily(K, 'daily-only', '2026-03-01'), used(1));
      await store.hset(keys.usage.keyModelTotal('another-key', 'of-another'), used(1));
      await expect(modelsFound()).resolves.toEqual(['lifetime:with-colon', 'monthly']);
      const scan = jest.spyOn(store, 'scan');
      await expect(modelsFound()).resolves.toEqual(['lifetime:with-colon', 'monthly']);
      expect(scan).not.toHaveBeenCalled();
      scan.mockRestore();
    });

    it('ends a search that takes too long, keeps what it found, and goes on from there the next time', async () => {
      await store.hset(keys.usage.keyModelTotal(K, 'found-later'), used(1));
      const scan = jest.spyOn(store, 'scan');
      scan.mockImplementationOnce(async () => ['7', [keys.usage.keyModelTotal(K, 'found-first')]]);
      scan.mockImplementationOnce(async () => {
        clock.ms += 5000;
        return ['8', []];
      });
      await expect(modelsFound()).resolves.toEqual(['found-first']);
      expect(scan).toHaveBeenCalledTimes(2);
      scan.mockImplementationOnce(async () => ['0', [keys.usage.keyModelTotal(K, 'found-later')]]);
      await expect(modelsFound()).resolves.toEqual(['found-first', 'found-later']);
      expect(scan).toHaveBeenLastCalledWith('8', 'MATCH', keys.usage.keyModelPattern(K), 'COUNT', 1000);
      await expect(modelsFound()).resolves.toEqual(['found-first', 'found-later']);
      expect(scan).toHaveBeenCalledTimes(3);
      scan.mockRestore();
    });

    it('starts no search where only the indexes may be read', async () => {
      await store.hset(keys.usage.keyModelTotal(K, 'unindexed'), used(1));
      await store.sadd(keys.usage.keyModels(K), 'own');
      const scan = jest.spyOn(store, 'scan');
      const { models } = await sut.read(key, AT, 'indexes');
      expect(models.map(({ model }) => model)).toEqual(['own']);
      expect(scan).not.toHaveBeenCalled();
      scan.mockRestore();
    });

    it('believes the mark of a search that has ended', async () => {
      await store.hset(keys.usage.keyModelTotal(K, 'unsearched'), used(1));
      await store.set(keys.usage.keyModelsSearched(K), '1');
      await expect(modelsFound()).resolves.toEqual([]);
    });

    it('searches from the start where the place it stopped at is no longer known', async () => {
      await store.hset(keys.usage.keyModelTotal(K, 'found'), used(1));
      await store.set(keys.usage.keyModelsSearched(K), 'damaged');
      await expect(modelsFound()).resolves.toEqual(['found']);
    });
  });
});
