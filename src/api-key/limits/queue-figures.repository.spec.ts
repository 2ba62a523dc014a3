import { beforeEach, expect, it } from '@jest/globals';
import { keys, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { QueueFiguresRepository } from './queue-figures.repository.js';

const { queueStats, queueWaits, queueWaitsOfAll } = keys.limits;
const K = 'key-1';
const DAY_MS = 86_400_000;

describeOnEachStore('QueueFiguresRepository', (storeOfCase) => {
  let store: StoreClient;
  let sut: QueueFiguresRepository;

  beforeEach(() => {
    store = storeOfCase();
    sut = new QueueFiguresRepository(store);
  });

  it('has nothing to tell of a key that nobody waited for', async () => {
    const none = { entered: 0, success: 0, timeout: 0, cancelled: 0, rejected_overload: 0 };
    expect(await sut.read(K)).toEqual({ counters: none, waits: [] });
    expect(await sut.recentWaits(K, 5)).toEqual([]);
  });

  it('counts as v1 does, for as long', async () => {
    await store.hset(queueStats(K), { entered: '4', socket_changed: '1' });
    await sut.count(K, 'entered');
    await sut.count(K, 'rejected_overload');
    await sut.count(K, 'timeout', 10_000.4);
    await sut.count('key-2', 'success', 7);
    expect((await sut.read(K)).counters).toEqual({
      entered: 5,
      success: 0,
      timeout: 1,
      cancelled: 0,
      rejected_overload: 1,
    });
    expect(await store.lrange(queueWaits(K), 0, -1)).toEqual(['10000']);
    expect(await store.lrange(queueWaitsOfAll, 0, -1)).toEqual(['7', '10000']);
    expect(Math.round((await store.pttl(queueStats(K))) / DAY_MS)).toBe(7);
    expect(Math.round((await store.pttl(queueWaits(K))) / DAY_MS)).toBe(1);
    expect(Math.round((await store.pttl(queueWaitsOfAll)) / DAY_MS)).toBe(1);
  });

  it('keeps the newest waits', async () => {
    await store.lpush(queueWaits(K), ...Array<string>(500).fill('1'));
    await store.lpush(queueWaitsOfAll, ...Array<string>(2000).fill('1'));
    await sut.count(K, 'success', 2);
    expect(await sut.recentWaits(K, 3)).toEqual([2, 1, 1]);
    expect((await sut.read(K)).waits).toHaveLength(500);
    expect(await store.llen(queueWaitsOfAll)).toBe(2000);
  });

  it('passes over what is damaged', async () => {
    await store.set(queueStats(K), 'no hash');
    await store.lpush(queueWaits(K), 'soon', '5');
    const { counters, waits } = await sut.read(K);
    expect(counters.entered).toBe(0);
    expect(waits).toEqual([5]);
    await store.del(queueStats(K), queueWaits(K));
    await store.hset(queueStats(K), { entered: 'many' });
    await store.set(queueWaits(K), 'no list');
    expect(await sut.read(K)).toMatchObject({ counters: { entered: 0 }, waits: [] });
    await expect(sut.count(K, 'entered')).rejects.toThrow();
  });
});
