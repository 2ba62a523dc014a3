import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Settlement } from '@crs/extension-api';
import { keys, openSqliteStore, type SqliteStore } from '@crs/store';
import { Bookkeeper, settlementOf } from '../../../test/support/booking.js';
import { FakeLeft } from '../../../test/support/fake-left.js';
import { MemoryJournal, NoLeftJournals } from '../../../test/support/memory-journal.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';
import type { JournalBatch, LeftJournal } from '../../core/journal/request-journal.js';
import { SystemClock } from '../../core/time/clock.js';
import { PriceBook } from '../pricing/price-book.js';
import { ServiceRateRepository } from '../service-rate.repository.js';
import { BatchDelivery } from './batch-delivery.js';
import { SettlementPricer } from './settlement-pricer.js';
import { SettlementReplay } from './settlement-replay.js';
import type { SettlementRepository } from './settlement.repository.js';
import { StoreIdRepository } from './store-id.repository.js';

const INSTANCE = 'dead-instance';
const settled = (requestId: string, at = '2026-11-23T04:05:00.678Z'): Settlement =>
  settlementOf(testPricedUsage(testUsageReport({ requestId, at: new Date(at) })));
const batch = (number: number, ...ids: readonly string[]): JournalBatch => ({
  number,
  settlements: ids.map((id) => settled(id)),
});

describe('SettlementReplay and the number of the last batch', () => {
  let store: SqliteStore;
  let repository: SettlementRepository;

  beforeEach(() => {
    jest.useFakeTimers({ now: Date.parse('2026-11-23T04:06:00Z') });
    for (const level of ['log', 'error', 'warn'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
    }
    store = openSqliteStore(':memory:');
    ({ repository } = new Bookkeeper(store));
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    jest.useRealTimers();
    await store.quit();
  });

  const newSut = (journals: readonly LeftJournal[]): SettlementReplay => {
    const clock = new SystemClock();
    const pricer = new SettlementPricer(new PriceBook(), new ServiceRateRepository(store, clock), clock);
    return new SettlementReplay(
      new NoLeftJournals(journals),
      new BatchDelivery(repository, clock),
      pricer,
      new StoreIdRepository(store),
      new MemoryJournal(),
    );
  };
  const { keyId } = testUsageReport();
  const booked = async (): Promise<string[]> => {
    const records = await store.lrange(keys.usage.records(keyId), 0, -1);
    return records.map((text) => (JSON.parse(text) as { requestId: string }).requestId).reverse();
  };
  const marker = () => store.get(keys.usage.settled(INSTANCE));

  describe('where the store has lost the number alone', () => {
    const lost = async (ids: readonly string[]): Promise<void> => {
      for (const [i, id] of ids.entries()) {
        await repository.settle({ instance: INSTANCE, number: i + 1, settlements: [settled(id)] });
      }
      await store.del(keys.usage.settled(INSTANCE));
    };

    it('books nothing twice, and what it has not', async () => {
      await lost(['a', 'b']);
      const batches = [batch(1, 'a'), batch(2, 'b'), batch(3, 'c')];
      await newSut([new FakeLeft({ batches, lastConfirmed: 2, unbatched: [settled('d')] })]).replayAll();
      await expect(booked()).resolves.toEqual(['a', 'b', 'c', 'd']);
      await expect(marker()).resolves.toBe('4');
    });

    it('books all that is kept where the store lost that, too', async () => {
      const batches = [batch(1, 'a'), batch(2, 'b')];
      await newSut([new FakeLeft({ batches, lastConfirmed: 2 })]).replayAll();
      await expect(booked()).resolves.toEqual(['a', 'b']);
    });

    it('books nothing twice where so much came behind it that nobody can tell', async () => {
      await lost(['a']);
      await store.del(keys.usage.records(keyId));
      await store.lpush(keys.usage.records(keyId), ...Array.from({ length: 200 }, (_, i) => `{"requestId":"r-${i}"}`));
      await newSut([new FakeLeft({ batches: [batch(1, 'a')], lastConfirmed: 1 })]).replayAll();
      await expect(store.hget(keys.usage.total(keyId), 'totalRequests')).resolves.toBe('1');
    });
  });

  it('books what is kept where the store knows nothing of it, be the list of its key full of older requests', async () => {
    for (const number of [1, 2]) {
      const older = Array.from({ length: 100 }, (_, i) => settled(`older-${number}-${i}`, '2026-11-23T03:00:00Z'));
      await repository.settle({ instance: 'another', number, settlements: older });
    }
    const batches = [batch(1, 'a'), batch(2, 'b'), batch(3, 'c')];
    await newSut([new FakeLeft({ batches, lastConfirmed: 3 })]).replayAll();
    expect((await booked()).slice(-3)).toEqual(['a', 'b', 'c']);
    await expect(store.hget(keys.usage.total(keyId), 'totalRequests')).resolves.toBe('203');
  });

  it('does not take a last batch without any record for one that the store has', async () => {
    const waste: Settlement = { ...settled('w'), record: null };
    const batches = [batch(1, 'a'), batch(2, 'b'), { number: 3, settlements: [waste] }];
    await newSut([new FakeLeft({ batches, lastConfirmed: 3 })]).replayAll();
    await expect(booked()).resolves.toEqual(['a', 'b']);
  });

  it('books nothing again that the store has and a journal without its last moment does not know of', async () => {
    await repository.settle({ instance: INSTANCE, number: 1, settlements: [settled('a')] });
    await repository.settle({ instance: INSTANCE, number: 2, settlements: [settled('b'), settled('c')] });
    const open = [{ report: testUsageReport({ requestId: 'c' }), waste: [], input: null }];
    const left = new FakeLeft({
      batches: [batch(1, 'a')],
      lastConfirmed: 1,
      unbatched: [settled('b'), settled('d')],
      open,
    });
    await newSut([left]).replayAll();
    await expect(booked()).resolves.toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps the number for a while when all is booked, and for good while a part of the journal is kept', async () => {
    await newSut([new FakeLeft({ unbatched: [settled('a')] })]).replayAll();
    await expect(store.pttl(keys.usage.settled(INSTANCE))).resolves.toBe(30 * 86_400_000);
    const odd = new FakeLeft({ unbatched: [settled('b')] });
    odd.isWhole = false;
    await newSut([odd]).replayAll();
    await expect(store.pttl(keys.usage.settled(INSTANCE))).resolves.toBe(-1);
  });
});
