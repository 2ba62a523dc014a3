import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { TestClock } from '../../test/support/test-clock.js';
import { ServiceRateRepository } from './service-rate.repository.js';

describeOnEachStore('ServiceRateRepository', (storeOfCase) => {
  let clock: TestClock;
  let store: StoreClient;
  let sut: ServiceRateRepository;
  let warn: jest.SpiedFunction<Logger['warn']>;

  const storeRates = (text: string) => store.set(keys.settings.serviceRates, text);

  beforeEach(() => {
    clock = new TestClock(1000);
    store = storeOfCase();
    sut = new ServiceRateRepository(store, clock);
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  });

  afterEach(() => {
    jest.restoreAllMocks();
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

  it('changes what is stored, in force here at once and elsewhere after a minute', async () => {
    const elsewhere = new ServiceRateRepository(store, clock);
    await storeRates('{"rates":{"claude":2,"codex":3}}');
    await sut.getRates();
    await elsewhere.getRates();
    await expect(sut.update({ claude: 5 }, 'ada')).resolves.toMatchObject({ rates: { claude: 5, codex: 3 } });
    await expect(sut.getRates()).resolves.toMatchObject({ claude: 5 });
    await expect(elsewhere.find()).resolves.toMatchObject({ rates: { claude: 5 }, updatedBy: 'ada' });
    await expect(elsewhere.getRates()).resolves.toMatchObject({ claude: 2 });
    clock.ms += 60_000;
    await expect(elsewhere.getRates()).resolves.toMatchObject({ claude: 5 });
  });

  it('writes nothing when somebody else has changed the rates meanwhile', async () => {
    const get = jest.spyOn(store, 'get').mockResolvedValueOnce('{"rates":{"claude":2}}');
    await storeRates('{"rates":{"claude":3}}');
    await expect(sut.update({ codex: 9 }, 'ada')).resolves.toBeNull();
    get.mockRestore();
    await expect(store.get(keys.settings.serviceRates)).resolves.toBe('{"rates":{"claude":3}}');
    await expect(sut.update({ codex: 9 }, 'ada')).resolves.toMatchObject({ rates: { claude: 3, codex: 9 } });
  });

  it('does not let a reading that began before a change bring the old rates back', async () => {
    await storeRates('{"rates":{"claude":2}}');
    let answer: (text: string) => void = () => undefined;
    jest.spyOn(store, 'get').mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    const slow = sut.getRates();
    await sut.update({ claude: 5 }, 'ada');
    answer('{"rates":{"claude":2}}');
    await expect(slow).resolves.toEqual({ claude: 2 });
    await expect(sut.getRates()).resolves.toMatchObject({ claude: 5 });
  });

  it('asks the store again after a change whose outcome is not known', async () => {
    await storeRates('{"rates":{"claude":2}}');
    await sut.getRates();
    const runScript = store.runScript.bind(store);
    jest.spyOn(store, 'runScript').mockImplementationOnce(async (...call) => {
      await runScript(...call);
      throw new Error('no reply');
    });
    await expect(sut.update({ claude: 5 }, 'ada')).rejects.toThrow('no reply');
    await expect(sut.getRates()).resolves.toMatchObject({ claude: 5 });
  });
});
