import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys, openSqliteStore, type SqliteStore } from '@crs/store';
import { testConfig } from '../../test/support/test-config.js';
import { testUsageReport } from '../../test/support/test-usage-report.js';
import { SystemClock } from '../core/time/clock.js';
import { Zone } from '../core/time/zone.js';
import type { BookingResult } from './book-usage.script.js';
import { PriceBook } from './pricing/price-book.js';
import { ServiceRateRepository } from './service-rate.repository.js';
import type { PricedUsage } from './usage-record.js';
import { UsageRecorder } from './usage-recorder.js';
import { UsageRepository } from './usage.repository.js';

type Book = (usage: PricedUsage) => Promise<BookingResult>;

const BOOKED: BookingResult = { kind: 'booked', refusedWrites: 0 };
const STORE_DOWN = new Error('Connection is closed.');

describe('UsageRecorder', () => {
  let store: SqliteStore;
  let error: jest.SpiedFunction<Logger['error']>;
  let warn: jest.SpiedFunction<Logger['warn']>;

  beforeEach(() => {
    jest.useFakeTimers({ now: Date.parse('2026-11-23T04:05:01Z') });
    store = openSqliteStore(':memory:');
    error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    jest.useRealTimers();
    await store.quit();
  });

  const newSut = (book: Book): UsageRecorder => {
    const rates = new ServiceRateRepository(store, new SystemClock());
    return new UsageRecorder({ book } as unknown as UsageRepository, rates, new PriceBook());
  };

  const report = testUsageReport();

  it('books the real cost and the rated one into the store before it resolves', async () => {
    await store.set(keys.settings.serviceRates, JSON.stringify({ rates: { claude: 2, codex: 9 } }));
    const config = testConfig();
    const repository = new UsageRepository(store, new Zone(config), config);
    const sut = newSut((usage) => repository.book(usage));
    await sut.record({ ...report, keyServiceRates: { claude: 1.5 } });
    await expect(store.get(keys.usage.costRealTotal(report.keyId))).resolves.toBe('0.02135055');
    expect(Number(await store.get(keys.usage.costTotal(report.keyId)))).toBeCloseTo(0.02135055 * 3, 12);
    expect(warn).not.toHaveBeenCalled();
  });

  it('prices a model by the name under which it is counted', async () => {
    const book = jest.fn<Book>().mockResolvedValue(BOOKED);
    await newSut(book).record({ ...report, model: 'us.anthropic.claude-haiku-4-5-20251001-v1:0' });
    const [usage] = book.mock.calls[0] ?? [];
    expect(usage?.real.total).toBeCloseTo(0.00711685, 12);
    expect(usage?.report.model).toBe('us.anthropic.claude-haiku-4-5-20251001-v1:0');
  });

  it('books an unknown model at the fallback price and says so', async () => {
    const book = jest.fn<Book>().mockResolvedValue(BOOKED);
    await newSut(book).record({ ...report, model: 'vendor-model' });
    expect(book.mock.calls[0]?.[0]).toMatchObject({ usedFallbackPricing: true });
    expect(book.mock.calls[0]?.[0].real.total).toBeGreaterThan(0);
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ model: 'vendor-model' }));
  });

  it('makes whole, bounded counts of whatever an upstream said', async () => {
    const book = jest.fn<Book>().mockResolvedValue(BOOKED);
    const odd = { inputTokens: 1.9, outputTokens: Number.NaN, cacheReadTokens: -5, ephemeral1hTokens: Infinity };
    await newSut(book).record({ ...report, usage: { ...report.usage, ...odd } });
    expect(book.mock.calls[0]?.[0].report.usage).toMatchObject({
      inputTokens: 1,
      outputTokens: 0,
      cacheReadTokens: 0,
      ephemeral1hTokens: 1e12,
    });
  });

  it('does not hold the answer for longer than two seconds, and goes on behind it', async () => {
    let answer: (result: BookingResult) => void = () => undefined;
    const book = jest.fn<Book>(() => new Promise((resolve) => (answer = resolve)));
    const sut = newSut(book);
    let isResolved = false;
    const recorded = sut.record(report).then(() => (isResolved = true));
    await jest.advanceTimersByTimeAsync(1999);
    expect(isResolved).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await recorded;
    answer(BOOKED);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(book).toHaveBeenCalledTimes(1);
    expect(error).not.toHaveBeenCalled();
  });

  it('tries again in the background with the same figures when the store fails, even if rates change meanwhile', async () => {
    const book = jest
      .fn<Book>()
      .mockRejectedValueOnce(STORE_DOWN)
      .mockRejectedValueOnce('odd')
      .mockResolvedValue(BOOKED);
    const recorded = newSut(book).record(report);
    await jest.advanceTimersByTimeAsync(0);
    await store.set(keys.settings.serviceRates, JSON.stringify({ rates: { claude: 7 } }));
    await jest.advanceTimersByTimeAsync(70_000);
    await recorded;
    expect(book).toHaveBeenCalledTimes(3);
    expect(book.mock.calls[2]).toEqual(book.mock.calls[0]);
    expect(warn).toHaveBeenCalledTimes(2);
    expect(error).not.toHaveBeenCalled();
  });

  it('takes a store that says nothing for one that failed', async () => {
    const book = jest
      .fn<Book>()
      .mockReturnValueOnce(new Promise(() => undefined))
      .mockResolvedValue(BOOKED);
    void newSut(book).record(report);
    await jest.advanceTimersByTimeAsync(10_499);
    expect(book).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(book).toHaveBeenCalledTimes(2);
  });

  it('gives up in the end, within the time in which a repeat is recognised, and logs what was used', async () => {
    const book = jest.fn<Book>().mockRejectedValue(STORE_DOWN);
    await Promise.all([newSut(book).record(report), jest.advanceTimersByTimeAsync(599_000)]);
    expect(book).toHaveBeenCalledTimes(9);
    expect(error).toHaveBeenCalledTimes(1);
    const [logged] = error.mock.calls[0] ?? [];
    expect(logged).toMatchObject({
      requestId: 'req-1',
      keyId: report.keyId,
      accountId: report.accountId,
      model: report.model,
      usage: report.usage,
      error: 'Connection is closed.',
    });
    expect(logged).toHaveProperty('costUsd', expect.closeTo(0.02135055, 10));
  });

  it('keeps no more than 10000 requests waiting and logs what comes on top', async () => {
    const sut = newSut(() => new Promise(() => undefined));
    for (let i = 0; i < 10_000; i += 1) void sut.record({ ...report, requestId: `req-${i}` });
    await sut.record({ ...report, requestId: 'one-too-many' });
    expect(error).toHaveBeenCalledTimes(1);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ requestId: 'one-too-many' }));
  });

  it('logs counters that the store refused', async () => {
    await newSut(async () => ({ kind: 'booked', refusedWrites: 2 })).record(report);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ refusedWrites: 2, requestId: 'req-1' }));
  });

  it('takes a repeated request for done', async () => {
    await newSut(async () => ({ kind: 'duplicate' })).record(report);
    expect(error).not.toHaveBeenCalled();
  });

  describe('at the shutdown', () => {
    it('gives everything that waits its last attempts at once', async () => {
      const book = jest
        .fn<Book>()
        .mockRejectedValueOnce(STORE_DOWN)
        .mockRejectedValueOnce(STORE_DOWN)
        .mockResolvedValue(BOOKED);
      const sut = newSut(book);
      void sut.record(report);
      await jest.advanceTimersByTimeAsync(100);
      await sut.onApplicationShutdown();
      expect(book).toHaveBeenCalledTimes(3);
      expect(error).not.toHaveBeenCalled();
    });

    it('waits five seconds at most and logs what is not booked by then', async () => {
      const sut = newSut(() => new Promise(() => undefined));
      void sut.record(report);
      await jest.advanceTimersByTimeAsync(0);
      let isDown = false;
      const down = sut.onApplicationShutdown().then(() => (isDown = true));
      await jest.advanceTimersByTimeAsync(4999);
      expect(isDown).toBe(false);
      await jest.advanceTimersByTimeAsync(1);
      await down;
      expect(error).toHaveBeenCalledWith(expect.objectContaining({ requestId: 'req-1', usage: report.usage }));
    });

    it('is over at once when nothing waits', async () => {
      const sut = newSut(async () => BOOKED);
      await sut.record(report);
      await expect(sut.onApplicationShutdown()).resolves.toBeUndefined();
    });
  });
});
