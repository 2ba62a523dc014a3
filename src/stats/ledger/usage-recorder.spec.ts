import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { UsageRecord } from '@crs/extension-api';
import { keys, openSqliteStore, type SqliteStore } from '@crs/store';
import { LedgerRig } from '../../../test/support/ledger-rig.js';
import { testUsageReport, testWastedAttempt } from '../../../test/support/test-usage-report.js';
import { SystemClock } from '../../core/time/clock.js';
import { PriceBook } from '../pricing/price-book.js';
import { ServiceRateRepository } from '../service-rate.repository.js';
import { SettlementPricer } from './settlement-pricer.js';
import { UsageRecorder } from './usage-recorder.js';

const forEver = (): Promise<never> => new Promise(() => undefined);

describe('UsageRecorder', () => {
  let store: SqliteStore;
  let rig: LedgerRig;
  let sut: UsageRecorder;
  let charged: UsageRecord[];
  let warn: jest.SpiedFunction<Logger['warn']>;

  beforeEach(() => {
    jest.useFakeTimers({ now: Date.parse('2026-11-23T04:05:01Z') });
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    store = openSqliteStore(':memory:');
    const clock = new SystemClock();
    rig = new LedgerRig(clock);
    const pricer = new SettlementPricer(new PriceBook(), new ServiceRateRepository(store, clock), clock);
    charged = [];
    sut = new UsageRecorder(pricer, rig.journal, rig.queue, { charge: (record) => charged.push(record) });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    jest.useRealTimers();
    await store.quit();
  });

  const report = testUsageReport();
  const settled = (id = 'req-1') => rig.journal.settlements.get(id);

  it('resolves when the journal has it, whatever the store does, and has it settled behind the answer', async () => {
    rig.store.fault = forEver;
    await sut.record(report, [], 'req-1');
    expect(rig.journal.notes).toContain('settled req-1');
    await jest.advanceTimersByTimeAsync(0);
    expect(rig.store.calls).toEqual(['1: req-1']);
  });

  it('notes the real cost and the rated one', async () => {
    await store.set(keys.settings.serviceRates, JSON.stringify({ rates: { claude: 2, codex: 9 } }));
    await sut.record({ ...report, keyServiceRates: { claude: 1.5 } }, [], 'req-1');
    expect(settled()?.record?.real.total).toBeCloseTo(0.02135055, 12);
    expect(settled()?.record?.rated.total).toBeCloseTo(0.02135055 * 3, 12);
    expect(warn).not.toHaveBeenCalled();
  });

  it('tells at once what a request has cost, for the time that the store is away', async () => {
    rig.store.fault = forEver;
    await sut.record(report, [], 'req-1');
    expect(charged).toEqual([settled()?.record]);
    await sut.record(null, [testWastedAttempt()], 'req-2');
    expect(charged).toHaveLength(1);
  });

  it('keeps no more of the name of a model than any vendor gives', async () => {
    const model = `x${'y'.repeat(1_000_000)}`;
    await sut.record({ ...report, model }, [testWastedAttempt({ model })], 'req-1');
    expect(settled()?.record?.report.model).toHaveLength(200);
    expect(settled()?.waste[0]?.attempt.model).toHaveLength(200);
  });

  it('notes that a request is over which leaves nothing to book, and sends nothing', async () => {
    await sut.record(null, [], 'req-1');
    expect(settled()).toEqual({ requestId: 'req-1', record: null, waste: [] });
    expect(rig.queue.backlog()).toBe(0);
  });

  it('settles waste also where nothing is booked against the key, at its real cost', async () => {
    const attempt = testWastedAttempt();
    await store.set(keys.settings.serviceRates, JSON.stringify({ rates: { claude: 2 } }));
    await sut.record(null, [attempt], 'req-1');
    expect(settled()).toMatchObject({ record: null, waste: [{ attempt, real: { total: 0.012 } }] });
    expect(rig.queue.backlog()).toBe(1);
  });

  it('prices a model by the name under which it is counted', async () => {
    const model = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
    await sut.record({ ...report, model }, [], 'req-1');
    expect(settled()?.record?.real.total).toBeCloseTo(0.00711685, 12);
    expect(settled()?.record?.report.model).toBe(model);
  });

  it('books an unknown model at the fallback price and says so', async () => {
    await sut.record({ ...report, model: 'vendor-model' }, [], 'req-1');
    expect(settled()?.record).toMatchObject({ usedFallbackPricing: true });
    expect(settled()?.record?.real.total).toBeGreaterThan(0);
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ model: 'vendor-model' }));
  });

  it('makes whole, bounded counts of whatever an upstream said', async () => {
    const odd = { inputTokens: 1.9, outputTokens: Number.NaN, cacheReadTokens: -5, ephemeral1hTokens: Infinity };
    const counted = { inputTokens: 1, outputTokens: 0, cacheReadTokens: 0, ephemeral1hTokens: 1e12 };
    const attempt = testWastedAttempt({ usage: { ...report.usage, ...odd } });
    await sut.record({ ...report, usage: { ...report.usage, ...odd } }, [attempt], 'req-1');
    expect(settled()?.record?.report.usage).toMatchObject(counted);
    expect(settled()?.waste[0]?.attempt.usage).toMatchObject(counted);
  });

  describe('without the journal', () => {
    beforeEach(() => {
      rig.journal.takesNotes = false;
    });

    it('waits for the store', async () => {
      let isRecorded = false;
      let answer: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (answer = resolve));
      rig.store.fault = () => held.then(() => Promise.reject(new Error('late')));
      const recorded = sut.record(report, [], 'req-1').then(() => (isRecorded = true));
      await jest.advanceTimersByTimeAsync(1000);
      expect(isRecorded).toBe(false);
      rig.store.fault = () => null;
      answer();
      await jest.advanceTimersByTimeAsync(300);
      await recorded;
      expect(rig.store.requestIds).toEqual(['req-1']);
    });

    it('does not hold the answer for longer than two seconds', async () => {
      rig.store.fault = forEver;
      let isRecorded = false;
      const recorded = sut.record(report, [], 'req-1').then(() => (isRecorded = true));
      await jest.advanceTimersByTimeAsync(1999);
      expect(isRecorded).toBe(false);
      await jest.advanceTimersByTimeAsync(1);
      await recorded;
      expect(rig.queue.backlog()).toBe(1);
    });

    it('has nothing to wait for where nothing is booked', async () => {
      rig.store.fault = forEver;
      await expect(sut.record(null, [], 'req-1')).resolves.toBeUndefined();
    });
  });

  describe('with the store away', () => {
    const rateOf = (id: string): number =>
      Math.round((settled(id)?.record?.rated.total ?? 0) / (settled(id)?.record?.real.total ?? 1));

    it('takes the last rates that it knew', async () => {
      await store.set(keys.settings.serviceRates, JSON.stringify({ rates: { claude: 3 } }));
      await sut.record(report, [], 'req-1');
      await jest.advanceTimersByTimeAsync(120_000);
      jest.spyOn(store, 'get').mockImplementation(forEver);
      const recorded = sut.record({ ...report, requestId: 'req-2' }, [], 'req-2');
      await jest.advanceTimersByTimeAsync(250);
      await recorded;
      expect([rateOf('req-1'), rateOf('req-2')]).toEqual([3, 3]);
    });

    it('takes the real prices while it knows none, says so, and does not ask again for each request', async () => {
      const get = jest.spyOn(store, 'get').mockImplementation(forEver);
      const recorded = sut.record(report, [], 'req-1');
      await jest.advanceTimersByTimeAsync(250);
      await recorded;
      await sut.record({ ...report, requestId: 'req-2' }, [], 'req-2');
      expect(get).toHaveBeenCalledTimes(1);
      expect([rateOf('req-1'), rateOf('req-2')]).toEqual([1, 1]);
      expect(warn).toHaveBeenCalledWith(expect.objectContaining({ msg: expect.stringContaining('rates') }));
      get.mockRestore();
      await store.set(keys.settings.serviceRates, JSON.stringify({ rates: { claude: 3 } }));
      await jest.advanceTimersByTimeAsync(5000);
      await sut.record({ ...report, requestId: 'req-3' }, [], 'req-3');
      expect(rateOf('req-3')).toBe(3);
    });
  });
});
