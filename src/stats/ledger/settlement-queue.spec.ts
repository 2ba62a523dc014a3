import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Settlement } from '@crs/extension-api';
import { StoreUnavailableError } from '@crs/store';
import fc from 'fast-check';
import { settlementOf } from '../../../test/support/booking.js';
import { LedgerRig } from '../../../test/support/ledger-rig.js';
import { testPricedUsage, testUsageReport, testWastedAttempt } from '../../../test/support/test-usage-report.js';
import { SystemClock } from '../../core/time/clock.js';

const AWAY = new StoreUnavailableError('Connection is closed');
const { keyId, accountId } = testUsageReport();
const make = (requestId: string): Settlement => settlementOf(testPricedUsage(testUsageReport({ requestId })));
const forEver = (): Promise<never> => new Promise(() => undefined);

describe('SettlementQueue', () => {
  let sut: LedgerRig;
  let error: jest.SpiedFunction<Logger['error']>;
  let warn: jest.SpiedFunction<Logger['warn']>;

  beforeEach(() => {
    jest.useFakeTimers({ now: Date.parse('2026-11-23T04:05:01Z') });
    error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    sut = new LedgerRig(new SystemClock());
  });

  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  const tick = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms).then(() => undefined);
  const signal = new AbortController().signal;

  it('notes a batch, sends it and confirms it, in this order', async () => {
    sut.add(make, 2);
    await tick();
    expect(sut.journal.notes).toEqual(['settled req-1', 'settled req-2', 'batched 1 req-1,req-2', 'confirmed 1']);
    expect(sut.store.calls).toEqual(['1: req-1,req-2']);
    expect(sut.queue.backlog()).toBe(0);
  });

  it('begins at once, and then again after twenty milliseconds with all that came meanwhile', async () => {
    sut.add(make);
    await tick();
    sut.add(make);
    await tick(10);
    sut.add(make);
    await tick(9);
    expect(sut.store.calls).toEqual(['1: req-1']);
    await tick(1);
    expect(sut.store.calls).toEqual(['1: req-1', '2: req-2,req-3']);
    await tick(20);
    sut.add(make);
    await tick();
    expect(sut.store.calls).toHaveLength(3);
  });

  it('sends a hundred requests at most at a time, without a pause while there are more', async () => {
    sut.add(make, 250);
    await tick();
    expect(sut.store.calls.map((call) => call.split(',').length)).toEqual([100, 100]);
    await tick(20);
    expect(sut.store.calls.map((call) => call.split(',').length)).toEqual([100, 100, 50]);
  });

  it('lets others have their turn between two batches, also where the store answers at once', async () => {
    sut.add(make, 1000);
    for (let turn = 0; turn < 1000; turn += 1) await Promise.resolve();
    expect(sut.store.calls).toHaveLength(1);
    await tick(40);
    expect(sut.store.requestIds).toHaveLength(1000);
  });

  it('sends the next batch only when the one before is in the store', async () => {
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    sut.store.fault = ({ number }) => (number === 1 ? held.then(() => Promise.reject(AWAY)) : null);
    sut.add(make);
    await tick();
    sut.add(make);
    await tick(9000);
    expect(sut.store.calls).toEqual(['1: req-1']);
    sut.store.fault = () => null;
    answer();
    await tick(300);
    expect(sut.store.calls).toEqual(['1: req-1', '1: req-1', '2: req-2']);
  });

  it('tries the same batch under the same number for as long as the store is away', async () => {
    sut.store.fault = () => AWAY;
    sut.add(make);
    await tick();
    sut.add(make);
    await tick(3_600_000);
    expect(new Set(sut.store.calls)).toEqual(new Set(['1: req-1']));
    // Every ten seconds in the end.
    expect(sut.store.calls.length).toBeGreaterThan(360);
    expect(sut.queue.backlog()).toBe(2);
    expect(error.mock.calls.length).toBeGreaterThan(50);
    expect(error.mock.calls.length).toBeLessThan(62);
    sut.store.fault = () => null;
    await tick(10_100);
    expect(sut.store.requestIds).toEqual(['req-1', 'req-2']);
    expect(sut.queue.backlog()).toBe(0);
  });

  it('takes a store that says nothing for ten seconds for one that is away', async () => {
    sut.store.fault = forEver;
    sut.add(make);
    await tick(9_999);
    expect(sut.store.calls).toHaveLength(1);
    sut.store.fault = () => null;
    await tick(251);
    expect(sut.store.calls).toEqual(['1: req-1', '1: req-1']);
    expect(sut.store.requestIds).toEqual(['req-1']);
  });

  it('raises an alarm when very many wait, once a minute', async () => {
    sut.store.fault = forEver;
    sut.add(make, 50_010);
    expect(error).toHaveBeenCalledTimes(1);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ waiting: 50_000 }));
    expect(sut.queue.backlog()).toBe(50_010);
  });

  describe('whoever waits', () => {
    it('for a key is let go on at once where nothing of it is on its way', async () => {
      sut.store.fault = forEver;
      sut.add(make);
      await expect(sut.queue.whenSettled('another' as typeof keyId, signal)).resolves.toBeUndefined();
    });

    it.each([
      ['key', keyId],
      ['account', accountId],
      ['account with waste', testWastedAttempt().accountId],
    ])('for a %s does not wait for company', async (_, id) => {
      sut.add(make);
      await tick();
      sut.add((requestId) => ({
        ...make(requestId),
        waste: [{ attempt: testWastedAttempt(), real: testPricedUsage().real }],
      }));
      const done = sut.queue.whenSettled(id, signal);
      await tick();
      await done;
      expect(sut.store.requestIds).toEqual(['req-1', 'req-2']);
      // And nobody has to wait any more.
      sut.store.fault = forEver;
      await sut.queue.whenSettled(id, signal);
    });

    it('for a key ends a pause that has begun', async () => {
      sut.add(make);
      await tick();
      sut.add(make);
      await tick(1);
      void sut.queue.whenSettled(keyId, signal);
      await tick();
      expect(sut.store.requestIds).toEqual(['req-1', 'req-2']);
    });

    it('goes on when its signal says so', async () => {
      sut.store.fault = forEver;
      sut.add(make);
      const leaving = new AbortController();
      const done = sut.queue.whenSettled(keyId, leaving.signal);
      await tick();
      leaving.abort();
      await expect(done).resolves.toBeUndefined();
      await expect(sut.queue.whenSettled(keyId, leaving.signal)).resolves.toBeUndefined();
    });

    it('for everything does not wait for what comes later', async () => {
      sut.add(make, 3);
      const flushed = sut.queue.flushed();
      await tick();
      sut.store.fault = forEver;
      sut.add(make);
      await expect(flushed).resolves.toBeUndefined();
      await expect(sut.queue.flushed(AbortSignal.abort())).resolves.toBeUndefined();
    });
  });

  describe('when the store was restarted from an older file', () => {
    beforeEach(async () => {
      for (let i = 0; i < 4; i += 1) {
        sut.add(make);
        await tick(20);
      }
    });

    it('sends what is missing with the next batch, each under its own number', async () => {
      sut.store.lose(2);
      sut.add(make);
      await tick();
      expect(sut.store.calls.slice(4)).toEqual(['5: req-5', '2: req-2', '3: req-3', '4: req-4', '5: req-5']);
      expect([...sut.store.batches.keys()]).toEqual([1, 2, 3, 4, 5]);
      expect(warn).toHaveBeenCalledWith(expect.objectContaining({ stored: 1, missing: 3, kept: 3 }));
      expect(error).not.toHaveBeenCalled();
    });

    it('tells how many batches are lost that are not kept any more, and goes on behind them', async () => {
      sut.store.lose(2);
      sut.journal.forget(3);
      sut.add(make);
      await tick();
      expect([...sut.store.batches.keys()]).toEqual([1, 4, 5]);
      expect(error).toHaveBeenCalledWith(expect.objectContaining({ lostBatches: 2 }));
    });

    it('goes on when nothing is kept', async () => {
      sut.store.lose(1);
      sut.journal.forget(4);
      sut.add(make);
      await tick();
      expect([...sut.store.batches.keys()]).toEqual([5]);
      expect(error).toHaveBeenCalledWith(expect.objectContaining({ lostBatches: 4 }));
    });

    it('sends what is missing when it is asked to look, although nothing is to be sent', async () => {
      sut.store.lose(4);
      await sut.queue.check();
      expect([...sut.store.batches.keys()]).toEqual([1, 2, 3, 4]);
      await sut.queue.check();
      expect(sut.store.calls).toHaveLength(5);
    });

    it('does not look while a batch is on its way, and sends what came while it looked', async () => {
      sut.store.fault = forEver;
      sut.add(make);
      await tick();
      await sut.queue.check();
      expect(sut.store.asked).toEqual([]);
      sut.store.fault = () => null;
      await tick(11_000);
      const looking = sut.queue.check();
      sut.add(make);
      await looking;
      await tick(20);
      expect(sut.store.requestIds).toContain('req-6');
    });
  });

  it('loses nothing and books nothing twice, whatever the store forgets and however often it fails', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 130 }) }) },
      { weight: 2, arbitrary: fc.record({ wait: fc.nat(400) }) },
      { weight: 1, arbitrary: fc.record({ lose: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ fail: fc.integer({ min: 1, max: 5 }) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const rig = new LedgerRig(new SystemClock());
        let added = 0;
        for (const each of steps) {
          if ('add' in each) added += rig.add(make, each.add).length;
          else if ('wait' in each) await tick(each.wait);
          else if ('lose' in each) rig.store.lose(Math.max(1, rig.store.batches.size - each.lose));
          else {
            let left = each.fail;
            rig.store.fault = () => ((left -= 1) >= 0 ? AWAY : null);
          }
        }
        rig.add(make);
        await tick(60_000);
        expect(rig.store.requestIds).toEqual(Array.from({ length: added + 1 }, (_, i) => `req-${i + 1}`));
        expect([...rig.store.batches.keys()]).toEqual(
          rig.store.batches.size === 0 ? [] : Array.from(rig.store.batches.keys()).toSorted((a, b) => a - b),
        );
        expect(rig.queue.backlog()).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
