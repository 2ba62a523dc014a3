import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys, openSqliteStore, type SqliteStore } from '@crs/store';
import { TestClock } from '../../test/support/test-clock.js';
import { ServiceRateRepository } from './service-rate.repository.js';

describe('ServiceRateRepository', () => {
  let clock: TestClock;
  let store: SqliteStore;
  let sut: ServiceRateRepository;
  let warn: jest.SpiedFunction<Logger['warn']>;

  const storeRates = (text: string) => store.set(keys.settings.serviceRates, text);

  beforeEach(() => {
    clock = new TestClock(1000);
    store = openSqliteStore(':memory:');
    sut = new ServiceRateRepository(store, clock);
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await store.quit();
  });

  it("reads v1's rates", async () => {
    await storeRates('{"rates":{"claude":1.5,"codex":1},"baseService":"claude","updatedBy":"admin"}');
    await expect(sut.getRates()).resolves.toEqual({ claude: 1.5, codex: 1 });
  });

  it('has no rates where none were ever set', async () => {
    await expect(sut.getRates()).resolves.toEqual({});
    expect(warn).not.toHaveBeenCalled();
  });

  it.each(['no json', 'null', '[]', '{"rates":null}', '{"rates":5}'])(
    'books real prices and says so for: %s',
    async (text) => {
      await storeRates(text);
      await expect(sut.getRates()).resolves.toEqual({});
      expect(warn).toHaveBeenCalledTimes(1);
    },
  );

  it('feels a change after a minute', async () => {
    await storeRates('{"rates":{"claude":2}}');
    await sut.getRates();
    await storeRates('{"rates":{"claude":3}}');
    clock.ms += 59_999;
    await expect(sut.getRates()).resolves.toEqual({ claude: 2 });
    clock.ms += 1;
    await expect(sut.getRates()).resolves.toEqual({ claude: 3 });
  });

  it('goes on with the last rates while the store is down, and fails when it never had any', async () => {
    await storeRates('{"rates":{"claude":2}}');
    const fresh = new ServiceRateRepository(store, clock);
    await sut.getRates();
    clock.ms += 60_000;
    jest.spyOn(store, 'get').mockRejectedValue(new Error('down'));
    await expect(sut.getRates()).resolves.toEqual({ claude: 2 });
    await expect(fresh.getRates()).rejects.toThrow('down');
  });
});
