import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import type { PriceOverride } from '../pricing/price-override.js';
import { PriceOverrideRepository } from './price-override.repository.js';

const PRICE: PriceOverride = {
  from: '2026-12-01',
  ...{ input: 3, output: 15, cacheWrite: null, cacheWrite1h: null, cacheRead: null },
  ...{ longContext: null, fastMultiplier: null, priorityMultiplier: null },
};
const EVENT = { at: new Date('2026-11-23T04:05:00.678Z'), by: 'ada' };
const STORED = { history: [PRICE], updatedAt: '2026-11-23T04:05:00.678Z', updatedBy: 'ada' };
const KEY = keys.settings.prices;

describeOnEachStore('PriceOverrideRepository', (storeOfCase) => {
  let store: StoreClient;
  let sut: PriceOverrideRepository;
  let warn: jest.SpiedFunction<Logger['warn']>;

  beforeEach(() => {
    store = storeOfCase();
    sut = new PriceOverrideRepository(store);
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('keeps what was set for each model, and forgets what was taken back', async () => {
    await expect(sut.find('a')).resolves.toBeNull();
    await expect(sut.update('a', (history) => [...history, PRICE], EVENT)).resolves.toEqual(STORED);
    await sut.update('vendor/b', () => [{ ...PRICE, input: 9 }], EVENT);
    await expect(sut.find('a')).resolves.toEqual(STORED);
    expect([...(await sut.readAll())].sort()).toEqual([
      ['a', [PRICE]],
      ['vendor/b', [{ ...PRICE, input: 9 }]],
    ]);
    await expect(sut.update('a', () => [], EVENT)).resolves.toMatchObject({ history: [] });
    await expect(store.hgetall(KEY)).resolves.not.toHaveProperty('a');
  });

  it('writes nothing when somebody else has changed the same model meanwhile', async () => {
    await sut.update('a', () => [PRICE], EVENT);
    const runScript = store.runScript.bind(store);
    const spy = jest.spyOn(store, 'runScript').mockImplementationOnce(async (...call) => {
      await sut.update('a', () => [{ ...PRICE, input: 7 }], EVENT);
      await sut.update('b', () => [PRICE], EVENT);
      return runScript(...call);
    });
    await expect(sut.update('a', () => [{ ...PRICE, input: 8 }], EVENT)).resolves.toBeNull();
    spy.mockRestore();
    await expect(sut.find('a')).resolves.toMatchObject({ history: [{ input: 7 }] });
    await expect(sut.update('new', () => [], EVENT)).resolves.toMatchObject({ history: [] });
  });

  it('leaves out what nobody can read, says so once, and replaces it with the next change', async () => {
    await store.hset(KEY, { a: 'no json' });
    await expect(sut.readAll()).resolves.toEqual(new Map());
    await sut.readAll();
    expect(warn).toHaveBeenCalledTimes(1);
    await expect(sut.find('a')).resolves.toBeNull();
    await expect(sut.update('a', (history) => [...history, PRICE], EVENT)).resolves.toEqual(STORED);
  });
});
