import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys, openSqliteStore, type SqliteStore } from '@crs/store';
import { testConfig } from '../../../test/support/test-config.js';
import { Zone } from '../../core/time/zone.js';
import { PriceBook } from '../pricing/price-book.js';
import type { PriceOverride } from '../pricing/price-override.js';
import { LivePrices } from './live-prices.js';
import { PriceFile } from './price-file.js';
import { PriceOverrideRepository } from './price-override.repository.js';

/** The last instant of the 22nd in the zone of the specs, UTC+8. */
const LATE = new Date('2026-11-22T15:59:59.999Z');
const NEXT_DAY = new Date('2026-11-22T16:00:00.000Z');
const EVENT = { at: LATE, by: 'ada' };

const price = (from: string | null, input: number): PriceOverride => ({
  from,
  ...{ input, output: 15, cacheWrite: null, cacheWrite1h: null, cacheRead: null },
  ...{ longContext: null, fastMultiplier: null, priorityMultiplier: null },
});

describe('LivePrices', () => {
  let store: SqliteStore;
  let folder: string;
  let path: string;
  let repository: PriceOverrideRepository;
  let sut: LivePrices;
  let warn: jest.SpiedFunction<Logger['warn']>;

  beforeEach(async () => {
    jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    folder = await mkdtemp(join(tmpdir(), 'prices-'));
    path = join(folder, 'prices.json');
    await writeFile(path, '{"a":{"input":1,"output":2},"b":{"input":3,"output":2,"from":"2026-11-23"}}');
    store = openSqliteStore(':memory:');
    repository = new PriceOverrideRepository(store);
    const config = testConfig({ pricesFile: path });
    sut = new LivePrices(repository, new PriceFile(config), new Zone(config));
  });

  afterEach(async () => {
    sut.onApplicationShutdown();
    jest.restoreAllMocks();
    await store.quit();
    await rm(folder, { recursive: true });
  });

  const inputOf = (model: string, at: Date): readonly unknown[] => {
    const found = sut.find(model, at);
    return found === null ? [] : [found.source, found.prices.input];
  };

  it('knows both sources before the first request, and prefers what was set through the API', async () => {
    await repository.update('a', () => [price(null, 5), price('2026-11-23', 7)], EVENT);
    await sut.onModuleInit();
    expect(inputOf('a', LATE)).toEqual(['override', 5]);
    expect(inputOf('a', NEXT_DAY)).toEqual(['override', 7]);
    expect(inputOf('b', LATE)).toEqual([]);
    expect(inputOf('b', NEXT_DAY)).toEqual(['file', 3]);
    expect(inputOf('c', NEXT_DAY)).toEqual([]);
    expect([...sut.filePrices.keys()]).toEqual(['a', 'b']);
  });

  it('leaves a model to the file until its first price of the API begins', async () => {
    await repository.update('a', () => [price('2026-11-23', 7)], EVENT);
    await sut.onModuleInit();
    expect(inputOf('a', LATE)).toEqual(['file', 1]);
    expect(inputOf('a', NEXT_DAY)).toEqual(['override', 7]);
  });

  it('feels changes of both by the timer, within a minute', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
    try {
      await sut.onModuleInit();
      const { version } = sut;
      const refresh = jest.spyOn(sut, 'refresh');
      await jest.advanceTimersByTimeAsync(60_000);
      expect(refresh.mock.calls.length).toBeGreaterThan(0);
      await Promise.all(refresh.mock.results.map(({ value }) => value));
      expect(sut.version).toBe(version);
      await repository.update('a', () => [price(null, 9)], EVENT);
      await writeFile(path, '{"b":{"input":4,"output":2}}');
      await utimes(path, 1, 1);
      await jest.advanceTimersByTimeAsync(60_000);
      await Promise.all(refresh.mock.results.map(({ value }) => value));
      expect(inputOf('a', LATE)).toEqual(['override', 9]);
      expect(inputOf('b', LATE)).toEqual(['file', 4]);
      expect(sut.version).toBeGreaterThan(version);
      sut.onApplicationShutdown();
      const calls = refresh.mock.calls.length;
      await jest.advanceTimersByTimeAsync(120_000);
      expect(refresh).toHaveBeenCalledTimes(calls);
    } finally {
      jest.useRealTimers();
    }
  });

  it('goes on with the last prices while the store is away', async () => {
    await repository.update('a', () => [price(null, 5)], EVENT);
    await sut.onModuleInit();
    jest.spyOn(store, 'hgetall').mockRejectedValueOnce(new Error('down'));
    await sut.refresh();
    expect(inputOf('a', LATE)).toEqual(['override', 5]);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('does not let a slow reading bring older prices back', async () => {
    await sut.onModuleInit();
    let answer: (fields: Record<string, string>) => void = () => undefined;
    jest.spyOn(store, 'hgetall').mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    const slow = sut.refresh();
    await repository.update('a', () => [price(null, 5)], EVENT);
    await sut.refresh();
    answer({});
    await slow;
    expect(inputOf('a', LATE)).toEqual(['override', 5]);
  });

  it('does not start with a broken file', async () => {
    await writeFile(path, 'broken');
    await expect(sut.onModuleInit()).rejects.toThrow(/^The file of PRICES_FILE cannot be used/);
  });

  it('decides what the price book says, at once after a change', async () => {
    await sut.onModuleInit();
    const book = new PriceBook(sut);
    expect(book.findPrices('claude-opus-4-1', LATE)?.standard.input).toBe(15);
    await store.hset(keys.settings.prices, { 'claude-opus-4-1': '{"history":[{"input":1,"output":2}]}' });
    await sut.refresh();
    expect(book.findPrices('claude-opus-4-1', LATE)?.standard.input).toBe(1);
    await repository.update('claude-opus-4-1', () => [], EVENT);
    await sut.refresh();
    expect(book.findPrices('claude-opus-4-1', LATE)?.standard.input).toBe(15);
  });
});
