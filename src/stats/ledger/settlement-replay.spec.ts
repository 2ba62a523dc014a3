import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { NO_TOKENS, type Settlement, type UsageReport } from '@crs/extension-api';
import { keys, openSqliteStore, type SqliteStore, StoreUnavailableError } from '@crs/store';
import { Bookkeeper, settlementOf } from '../../../test/support/booking.js';
import { FakeLeft } from '../../../test/support/fake-left.js';
import { MemoryJournal, NoLeftJournals } from '../../../test/support/memory-journal.js';
import { testPricedUsage, testUsageReport, testWastedAttempt } from '../../../test/support/test-usage-report.js';
import { type JournalBatch, LeftJournals, type LeftJournal } from '../../core/journal/request-journal.js';
import { SystemClock } from '../../core/time/clock.js';
import { PriceBook } from '../pricing/price-book.js';
import { ServiceRateRepository } from '../service-rate.repository.js';
import { BatchDelivery } from './batch-delivery.js';
import { SettlementPricer } from './settlement-pricer.js';
import { SettlementReplay } from './settlement-replay.js';
import type { SettlementRepository } from './settlement.repository.js';
import { StoreIdRepository } from './store-id.repository.js';

const INSTANCE = 'dead-instance';
const AWAY = new StoreUnavailableError('Connection is closed');
const reportOf = (requestId: string, change: Partial<UsageReport> = {}): UsageReport =>
  testUsageReport({ requestId, ...change });
const settled = (requestId: string): Settlement => settlementOf(testPricedUsage(reportOf(requestId)));
const batch = (number: number, ...ids: readonly string[]): JournalBatch => ({
  number,
  settlements: ids.map(settled),
});

describe('SettlementReplay', () => {
  let store: SqliteStore;
  let repository: SettlementRepository;
  let log: jest.SpiedFunction<Logger['log']>;
  let error: jest.SpiedFunction<Logger['error']>;

  beforeEach(() => {
    jest.useFakeTimers({ now: Date.parse('2026-11-23T04:06:00Z') });
    log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    store = openSqliteStore(':memory:');
    ({ repository } = new Bookkeeper(store));
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    jest.useRealTimers();
    await store.quit();
  });

  const newSut = (journals: LeftJournals | readonly LeftJournal[]): SettlementReplay => {
    const clock = new SystemClock();
    const pricer = new SettlementPricer(new PriceBook(), new ServiceRateRepository(store, clock), clock);
    const left = journals instanceof LeftJournals ? journals : new NoLeftJournals(journals);
    return new SettlementReplay(
      left,
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

  it('sends the batches that the store does not have under their own numbers, and then the rest in new ones', async () => {
    const left = new FakeLeft({
      batches: [batch(3, 'a'), batch(4, 'b', 'c'), batch(5, 'd')],
      unbatched: [settled('e'), settled('f')],
      open: [{ report: reportOf('g', { usage: NO_TOKENS }), input: null, waste: [] }],
    });
    await repository.settle({ instance: INSTANCE, number: 3, settlements: [settled('a')] }, 0);
    await newSut([left]).onApplicationBootstrap();
    await expect(booked()).resolves.toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    await expect(marker()).resolves.toBe('7');
    expect(left.notes).toEqual(['6: e,f', '7: g']);
    expect(left.end).toBe('finished');
    expect(log).toHaveBeenCalledWith(
      expect.objectContaining({ instance: INSTANCE, settledRequests: 5, openRequests: 1 }),
    );
  });

  it('books nothing twice when the start before it was killed at any of its steps', async () => {
    const unbatched = Array.from({ length: 150 }, (_, i) => settled(`s-${i}`));
    const batches = [batch(1, 'a'), batch(2, 'b')];
    const open = [{ report: reportOf('g'), input: null, waste: [] }];
    for (let survives = 0; survives <= 5; survives += 1) {
      await store.del(...[keys.usage.records(keyId), keys.usage.settled(INSTANCE), keys.usage.total(keyId)]);
      const killed = new FakeLeft({ batches, unbatched, open });
      let steps = 0;
      const settle = repository.settle.bind(repository);
      const dying = jest.spyOn(repository, 'settle').mockImplementation((...args) => {
        steps += 1;
        if (steps > survives) return new Promise(() => undefined);
        return settle(...args);
      });
      void newSut([killed]).replayAll();
      await jest.advanceTimersByTimeAsync(100);
      dying.mockRestore();
      // What the next start reads: the noted batches of the killed one are batches now.
      const noted: JournalBatch[] = killed.notes.map((note) => {
        const [number = '', ids = ''] = note.split(': ');
        return batch(Number(number), ...ids.split(','));
      });
      const taken = new Set(noted.flatMap(({ settlements }) => settlements.map(({ requestId }) => requestId)));
      const next = new FakeLeft({
        batches: [...batches, ...noted],
        unbatched: unbatched.filter(({ requestId }) => !taken.has(requestId)),
        open: open.filter(({ report }) => !taken.has(report.requestId)),
      });
      await newSut([next]).replayAll();
      await expect(store.hget(keys.usage.total(keyId), 'totalRequests')).resolves.toBe('153');
      expect(next.end).toBe('finished');
    }
  });

  it('sends again what the journal still has where the store was restored from an older state', async () => {
    const left = new FakeLeft({ batches: [batch(3, 'a'), batch(4, 'b')] });
    await newSut([left]).replayAll();
    await expect(booked()).resolves.toEqual(['a', 'b']);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ lostBatches: 2 }));
    expect(left.end).toBe('finished');
  });

  it('does not let one journal wait for another whose number cannot be read', async () => {
    await store.hset(keys.usage.settled(INSTANCE), { damaged: 'yes' });
    const [one, two] = [new FakeLeft({}), new FakeLeft({})];
    Object.assign(two, { instance: 'another-instance' });
    await newSut([one, two]).replayAll();
    expect([one.end, two.end]).toEqual(['left', 'finished']);
  });

  it('asks again where the store does not answer', async () => {
    const hanging = jest.spyOn(repository, 'findSettled').mockReturnValueOnce(new Promise(() => undefined));
    const left = new FakeLeft({ unbatched: [settled('a')] });
    void newSut([left]).replayAll();
    await jest.advanceTimersByTimeAsync(10_000 + 5000);
    expect(left.end).toBe('finished');
    expect(hanging.mock.calls.length).toBeGreaterThan(1);
  });

  describe('an open request', () => {
    const record = async () => {
      const [text = '{}'] = await store.lrange(keys.usage.records(keyId), 0, 0);
      return JSON.parse(text) as Record<string, unknown>;
    };

    it('is booked with the input that was known, flagged, at its own time', async () => {
      const usage = { ...NO_TOKENS, inputTokens: 5000, outputTokens: 1 };
      const input = { model: 'claude-opus-4-1', usage, speed: 'fast', serviceTier: 'standard' };
      const at = new Date('2026-11-23T03:00:00.000Z');
      await newSut([
        new FakeLeft({ open: [{ report: reportOf('g', { usage: NO_TOKENS, at }), input, waste: [] }] }),
      ]).replayAll();
      await expect(record()).resolves.toMatchObject({
        timestamp: at.toISOString(),
        model: 'claude-opus-4-1',
        inputTokens: 5000,
        outputTokens: 1,
        cost: 0.075075,
        estimated: true,
      });
    });

    it('is booked under the model that was asked for where the upstream had not named one', async () => {
      const input = { model: null, usage: NO_TOKENS, speed: null, serviceTier: null };
      await newSut([new FakeLeft({ open: [{ report: reportOf('g'), input, waste: [] }] })]).replayAll();
      await expect(record()).resolves.toMatchObject({
        model: testUsageReport().model,
        estimated: true,
        inputTokens: 0,
      });
    });

    it('is booked with what failed attempts before it have cost', async () => {
      const attempt = testWastedAttempt();
      await newSut([new FakeLeft({ open: [{ report: reportOf('g'), input: null, waste: [attempt] }] })]).replayAll();
      const waste = await store.hgetall(keys.usage.rollUp.waste('month', '2026-11'));
      expect(Object.keys(waste)).toEqual([expect.stringContaining(attempt.accountId)]);
    });

    it('gives back what it held', async () => {
      const lease = { set: keys.limits.concurrency(keyId), member: 'g' };
      await store.zadd(lease.set, Date.now() + 90_000, lease.member);
      const report = reportOf('g', { admission: { leases: [lease], model: 'm' } });
      await newSut([new FakeLeft({ open: [{ report, input: null, waste: [] }] })]).replayAll();
      await expect(store.exists(lease.set)).resolves.toBe(0);
      await expect(store.exists(keys.limits.estimates(keyId))).resolves.toBe(0);
    });
  });

  it('takes journal after journal', async () => {
    const [one, two] = [new FakeLeft({ unbatched: [settled('a')] }), new FakeLeft({})];
    await newSut([one, two]).replayAll();
    expect([one.end, two.end]).toEqual(['finished', 'finished']);
  });

  it('lets the start go on after half a minute while the store is away, and books when it is back', async () => {
    const away = jest.spyOn(repository, 'findSettled').mockRejectedValue(AWAY);
    const left = new FakeLeft({ unbatched: [settled('a')] });
    let isStarted = false;
    const started = newSut([left])
      .onApplicationBootstrap()
      .then(() => (isStarted = true));
    await jest.advanceTimersByTimeAsync(29_999);
    expect(isStarted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await started;
    expect(left.end).toBeNull();
    away.mockRestore();
    await jest.advanceTimersByTimeAsync(5000);
    expect(left.end).toBe('finished');
  });

  it.each<[string, Partial<FakeLeft>]>([
    ['a batch', { batches: [batch(1, 'a')] }],
    ['what was settled', { unbatched: [settled('a')] }],
  ])('leaves a journal to the next start when it is stopped before %s is in the store', async (_, parts) => {
    jest.spyOn(repository, 'settle').mockRejectedValue(AWAY);
    const left = new FakeLeft(parts);
    const sut = newSut([left]);
    const replayed = sut.replayAll();
    await jest.advanceTimersByTimeAsync(1000);
    sut.onApplicationShutdown();
    await replayed;
    expect(left.end).toBe('left');
  });

  it('leaves a journal also when it is stopped before the store could be asked', async () => {
    jest.spyOn(repository, 'findSettled').mockRejectedValue(AWAY);
    const left = new FakeLeft({});
    const sut = newSut([left]);
    const replayed = sut.replayAll();
    await jest.advanceTimersByTimeAsync(1000);
    sut.onApplicationShutdown();
    await replayed;
    expect(left.end).toBe('left');
  });

  it('leaves a journal whose disk fails, and takes the next one', async () => {
    const left = new FakeLeft({ unbatched: [settled('a')] });
    left.batched = () => {
      throw new Error('ENOSPC');
    };
    const next = new FakeLeft({});
    await newSut([left, next]).replayAll();
    expect([left.end, next.end]).toEqual(['left', 'finished']);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ instance: INSTANCE }));
  });

  it('starts also where the journals cannot be read at all', async () => {
    class Unreadable extends LeftJournals {
      async *take(): AsyncIterable<LeftJournal> {
        yield await Promise.reject<LeftJournal>(new Error('EACCES'));
      }
    }
    await expect(newSut(new Unreadable()).onApplicationBootstrap()).resolves.toBeUndefined();
    expect(error).toHaveBeenCalledTimes(1);
  });
});
