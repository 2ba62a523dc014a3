import { basename } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys } from '@crs/store';
import { Bookkeeper, settlementOf } from '../../../test/support/booking.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { MemoryJournal } from '../../../test/support/memory-journal.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';
import { useJournalRig } from '../../core/journal/testing/journal-rig.js';
import { SystemClock } from '../../core/time/clock.js';
import { PriceBook } from '../pricing/price-book.js';
import { ServiceRateRepository } from '../service-rate.repository.js';
import { BatchDelivery } from './batch-delivery.js';
import { SettlementPricer } from './settlement-pricer.js';
import { SettlementReplay } from './settlement-replay.js';
import { StoreIdRepository } from './store-id.repository.js';

const OTHER = 'id-of-the-other-store';
const { keyId } = testUsageReport();

describeOnEachStore('What a process has left', (store) => {
  const rigOfCase = useJournalRig();
  let warn: jest.SpiedFunction<Logger['warn']>;
  beforeEach(() => {
    for (const level of ['log', 'error'] as const) jest.spyOn(Logger.prototype, level).mockReturnValue();
    warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** A process that ended with one request to be booked; answers the name of its journal. */
  const leave = async (storeId: string | null): Promise<string> => {
    const journal = rigOfCase().start();
    if (storeId !== null) journal.belongsTo(storeId);
    journal.settled(settlementOf(testPricedUsage(testUsageReport())));
    await journal.onApplicationShutdown();
    return journal.instance;
  };
  const start = async (): Promise<MemoryJournal> => {
    const clock = new SystemClock();
    const pricer = new SettlementPricer(new PriceBook(), new ServiceRateRepository(store(), clock), clock);
    const delivery = new BatchDelivery(new Bookkeeper(store()).repository, clock);
    const own = new MemoryJournal();
    const ids = new StoreIdRepository(store());
    await new SettlementReplay(rigOfCase().leftJournals(), delivery, pricer, ids, own).replayAll();
    return own;
  };
  const booked = () => store().hget(keys.usage.total(keyId), 'totalRequests');
  const use = () => store().hset(keys.apiKey.hashMap, { hash: keyId });

  it('is kept where the store is another, and booked with its own', async () => {
    await use();
    await store().set(keys.storeId(), 'id-of-this-store');
    const instance = await leave(OTHER);
    await start();
    await expect(booked()).resolves.toBeNull();
    expect(rigOfCase().names()).toEqual([instance]);
    expect(warn).toHaveBeenCalledTimes(1);
    const [told] = warn.mock.calls[0] ?? [];
    expect(told).toMatchObject({
      writtenFor: OTHER,
      database: 'id-of-this-store',
      msg: expect.stringContaining('delete'),
    });
    expect(basename((told as unknown as { folder: string }).folder)).toBe(instance);

    await store().set(keys.storeId(), OTHER);
    await start();
    await expect(booked()).resolves.toBe('1');
    expect(rigOfCase().names()).toEqual([]);
  });

  it('is kept where a store with API keys has no id yet', async () => {
    await use();
    const instance = await leave(OTHER);
    const { storeId } = await start();
    await expect(booked()).resolves.toBeNull();
    expect(rigOfCase().names()).toEqual([instance]);
    await expect(store().get(keys.storeId())).resolves.toBe(storeId);
    expect(storeId).not.toBe(OTHER);
  });

  it('is booked where the store was wiped', async () => {
    await leave(OTHER);
    const own = await start();
    await expect(booked()).resolves.toBe('1');
    expect(own.storeId).toBe(OTHER);
  });

  it('is booked where an earlier version left it, which named no store', async () => {
    await use();
    await leave(null);
    const own = await start();
    await expect(booked()).resolves.toBe('1');
    expect(own.storeId).toMatch(/^[0-9a-f]{32}$/);
  });
});
