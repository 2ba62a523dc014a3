import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { toAccountId, toApiKeyId } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import { Bookkeeper, settlementOf } from '../../../test/support/booking.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { dumpStore } from '../../../test/support/store-dump.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { testPricedUsage, testUsageReport, testWastedAttempt } from '../../../test/support/test-usage-report.js';
import { PriceBook } from '../pricing/price-book.js';
import { ServiceRateRepository } from '../service-rate.repository.js';
import { CountedNames } from './counted-names.js';
import { SettlementPricer } from './settlement-pricer.js';

const key = (id: string) => toApiKeyId(id);
const unknown = (keyId: string, model: string) => testPricedUsage(testUsageReport({ keyId: key(keyId), model }));
const numbered = (count: number, name = 'vendor'): readonly string[] =>
  Array.from({ length: count }, (_, n) => `${name}${n}`);

describe('CountedNames', () => {
  let sut: CountedNames;

  beforeEach(() => {
    sut = new CountedNames();
  });

  it('counts a hundred models of each key that nobody knows, and the rest as other', () => {
    const names = numbered(150).map((model) => sut.ofUsage(unknown('k', model)));
    expect(names).toEqual([...numbered(100), ...Array.from({ length: 50 }, () => 'other')]);
    expect(sut.ofUsage(unknown('k', 'vendor99'))).toBe('vendor99');
    expect(sut.ofUsage(unknown('l', 'vendor149'))).toBe('vendor149');
  });

  it('lets them take no place from the models that are known, of which there is an end, too', () => {
    for (const model of numbered(150)) sut.ofUsage(unknown('k', model));
    const known = numbered(350, 'claude-opus-4-1-x');
    expect(known.map((model) => sut.ofUsage(unknown('k', model))).filter((name) => name === 'other')).toHaveLength(50);
    expect(sut.ofUsage(unknown('k', known[0] ?? ''))).toBe(known[0]);
  });

  it('counts a hundred models that an account has wasted', () => {
    const ofAccount = (id: string, model: string) =>
      sut.ofWaste(testWastedAttempt({ accountId: toAccountId(id), model }));
    expect(new Set(numbered(150).map((model) => ofAccount('a', model))).size).toBe(101);
    expect(ofAccount('b', 'vendor149')).toBe('vendor149');
  });

  it('remembers what two hundred models of a key cost', () => {
    expect(numbered(250).filter((model) => sut.learns('k', model))).toEqual(numbered(200));
  });

  it('forgets the key that was not seen for longest', () => {
    for (const model of numbered(101)) sut.ofUsage(unknown('k', model));
    for (const other of numbered(999)) sut.ofUsage(unknown(other, 'm'));
    expect(sut.ofUsage(unknown('k', 'vendor100'))).toBe('other');
    for (const other of numbered(1000)) sut.ofUsage(unknown(other, 'm'));
    expect(sut.ofUsage(unknown('k', 'vendor100'))).toBe('vendor100');
  });
});

describeOnEachStore('a key that names thousands of models', (storeOfCase) => {
  const DAY = '2026-11-23';
  const REQUESTS = 400;
  const report = testUsageReport();
  const { keyId, accountId } = report;
  let store: StoreClient;

  beforeEach(async () => {
    store = storeOfCase();
    const books = new Bookkeeper(store);
    const records = numbered(REQUESTS, 'vendor-opus:').map((model) =>
      testPricedUsage(testUsageReport({ requestId: model, model, admission: { leases: [], model } })),
    );
    for (let at = 0; at < REQUESTS; at += 100) await books.settle(records.slice(at, at + 100).map(settlementOf));
  });

  it('fills no index, roll-up or memory with them, and no figure is lost', async () => {
    const { index, rollUp, keyModels } = keys.usage;
    for (const set of [keyModels(keyId), index.modelDaily(DAY), index.modelMonthly('2026-11')]) {
      await expect(store.scard(set)).resolves.toBe(101);
    }
    for (const hash of [
      rollUp.totals('day', DAY, 'model'),
      rollUp.keyModels('month', '2026-11', keyId),
      rollUp.accountModels('day', DAY, accountId),
    ]) {
      expect(Object.keys(await store.hgetall(hash))).toHaveLength(101);
      await expect(store.hget(hash, 'other')).resolves.toMatch(/^300 360900 /);
    }
    expect(Object.keys(await store.hgetall(keys.limits.estimates(keyId)))).toHaveLength(2 * 200);
    const other = await store.hgetall(keys.usage.keyModelDaily(keyId, 'other', DAY));
    expect(other).toMatchObject({ requests: '300', inputTokens: '360900' });
  });

  it('has its requests under their names, and its Claude models in the week that its limit counts', async () => {
    const [newest] = await store.lrange(keys.usage.records(keyId), 0, 0);
    expect(JSON.parse(newest ?? '')).toMatchObject({ model: 'vendor-opus:399' });
    const [week, total] = [await store.get(keys.usage.opusTotal(keyId)), await store.get(keys.usage.costTotal(keyId))];
    expect(Number(week)).toBeCloseTo(REQUESTS * unknown(keyId, 'vendor-opus:1').rated.total, 6);
    expect(week).toBe(total);
  });
});

describeOnEachStore('requests for models with names of a megabyte', (store) => {
  it('leave no more in the store than others', async () => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const clock = new TestClock(Date.parse('2026-11-23T04:05:01Z'));
    const pricer = new SettlementPricer(new PriceBook(), new ServiceRateRepository(store(), clock), clock);
    const books = new Bookkeeper(store());
    for (const start of numbered(10)) {
      const model = `${start}${'z'.repeat(1_000_000)}`;
      const report = testUsageReport({ requestId: start, model, admission: { leases: [], model } });
      await books.settle([await pricer.price({ requestId: start, report, waste: [testWastedAttempt({ model })] })]);
    }
    const dump = await dumpStore(store());
    expect(Object.keys(await store().hgetall(keys.usage.rollUp.totals('day', '2026-11-23', 'model')))).toHaveLength(10);
    expect(JSON.stringify(dump).length).toBeLessThan(300_000);
    jest.restoreAllMocks();
  });
});
