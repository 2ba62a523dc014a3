import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { settlementOf } from '../../../test/support/booking.js';
import { LedgerRig } from '../../../test/support/ledger-rig.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';
import { SystemClock } from '../../core/time/clock.js';
import { SettlementWatch } from './settlement-watch.js';

describe('SettlementWatch', () => {
  let rig: LedgerRig;
  let sut: SettlementWatch;
  let error: jest.SpiedFunction<Logger['error']>;

  beforeEach(() => {
    jest.useFakeTimers({ now: Date.parse('2026-11-23T04:05:01Z') });
    error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const clock = new SystemClock();
    rig = new LedgerRig(clock);
    sut = new SettlementWatch(rig.queue, clock);
    sut.onModuleInit();
  });

  afterEach(() => {
    sut.onApplicationShutdown();
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  const settle = async (): Promise<void> => {
    rig.add((requestId) => settlementOf(testPricedUsage(testUsageReport({ requestId }))));
    await jest.advanceTimersByTimeAsync(0);
  };

  it('sends again what a store has lost that was restarted while nobody sent anything', async () => {
    await settle();
    rig.store.lose(1);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(rig.store.requestIds).toEqual(['req-1']);
  });

  it('asks for as long as the batches are kept, every half minute', async () => {
    await jest.advanceTimersByTimeAsync(60_000);
    expect(rig.store.asked).toHaveLength(0);
    await settle();
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(rig.store.asked).toEqual(Array.from({ length: 10 }, () => rig.journal.instance));
  });

  it('says when the store cannot be asked, and asks again', async () => {
    await settle();
    const ask = jest.spyOn(rig.store, 'findSettled').mockRejectedValue(new Error('away'));
    await jest.advanceTimersByTimeAsync(60_000);
    expect(ask).toHaveBeenCalledTimes(2);
    expect(error).toHaveBeenCalledTimes(1);
  });
});
