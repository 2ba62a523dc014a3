import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Settlement } from '@crs/extension-api';
import { StoreUnavailableError } from '@crs/store';
import { settlementOf } from '../../../test/support/booking.js';
import { LedgerRig } from '../../../test/support/ledger-rig.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';
import { SystemClock } from '../../core/time/clock.js';

const AWAY = new StoreUnavailableError('Connection is closed');
const make = (requestId: string): Settlement => settlementOf(testPricedUsage(testUsageReport({ requestId })));

describe('SettlementQueue at the shutdown', () => {
  let sut: LedgerRig;
  let warn: jest.SpiedFunction<Logger['warn']>;

  beforeEach(() => {
    jest.useFakeTimers({ now: Date.parse('2026-11-23T04:05:01Z') });
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    sut = new LedgerRig(new SystemClock());
  });

  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  const tick = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms).then(() => undefined);

  it('sends what waits without a pause', async () => {
    sut.add(make);
    await tick();
    sut.add(make);
    await sut.queue.onApplicationShutdown();
    expect(sut.store.requestIds).toEqual(['req-1', 'req-2']);
    expect(warn).not.toHaveBeenCalled();
    expect(sut.store.retired).toEqual([sut.journal.instance]);
  });

  it('says nothing to the store where nothing was booked', async () => {
    await sut.queue.onApplicationShutdown();
    expect(sut.store.retired).toEqual([]);
  });

  it('tries for five seconds, and then says that the journal has the rest', async () => {
    sut.store.fault = () => AWAY;
    sut.add(make, 3);
    await tick(30_000);
    const before = sut.store.calls.length;
    let isDown = false;
    const down = sut.queue.onApplicationShutdown().then(() => (isDown = true));
    await tick(4_999);
    expect(sut.store.calls.length).toBeGreaterThan(before);
    expect(isDown).toBe(false);
    await tick(1);
    await down;
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ requests: 3 }));
    expect(sut.store.retired).toEqual([]);
    const calls = sut.store.calls.length;
    await tick(60_000);
    expect(sut.store.calls).toHaveLength(calls);
    sut.add(make);
    await tick(60_000);
    expect(sut.store.calls).toHaveLength(calls);
  });

  it('brings a store that comes back in time everything', async () => {
    sut.store.fault = () => AWAY;
    sut.add(make, 150);
    await tick(30_000);
    sut.store.fault = () => null;
    const down = sut.queue.onApplicationShutdown();
    await tick(300);
    await down;
    expect(sut.store.requestIds).toHaveLength(150);
  });
});
