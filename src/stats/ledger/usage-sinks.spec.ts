import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Injectable, Logger } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { type UsageRecord, type UsageSink, UsageSinkProvider } from '@crs/extension-api';
import { settlementOf } from '../../../test/support/booking.js';
import { LedgerRig } from '../../../test/support/ledger-rig.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';
import { SystemClock } from '../../core/time/clock.js';
import { UsageSinks } from './usage-sinks.js';

@UsageSinkProvider({ name: 'billing' })
@Injectable()
class BillingSink implements UsageSink {
  readonly taken: string[][] = [];
  readonly signals: AbortSignal[] = [];
  take: UsageSink['take'] = async (records, signal) => {
    this.taken.push(records.map(({ report }) => report.requestId));
    this.signals.push(signal);
  };
}

@UsageSinkProvider({ name: 'broken' })
@Injectable()
class NoSink {}

const record = (requestId: string): UsageRecord => testPricedUsage(testUsageReport({ requestId }));
const forEver = (): Promise<never> => new Promise(() => undefined);

describe('UsageSinks', () => {
  let sink: BillingSink;
  let sut: UsageSinks;
  let error: jest.SpiedFunction<Logger['error']>;

  beforeEach(async () => {
    jest.useFakeTimers({ now: Date.parse('2026-11-23T04:05:01Z'), doNotFake: ['nextTick'] });
    error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      providers: [BillingSink, NoSink],
    }).compile();
    sink = module.get(BillingSink);
    sut = new UsageSinks(module.get(DiscoveryService), new SystemClock());
  });

  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  const tick = (ms = 0) => jest.advanceTimersByTimeAsync(ms);
  const failures = () => error.mock.calls.filter(([facts]) => (facts as { sink: string }).sink === 'billing');

  it('get the records of a batch after the store has it, and of waste nothing', async () => {
    const rig = new LedgerRig(new SystemClock(), sut);
    rig.store.fault = forEver;
    rig.add((requestId) => settlementOf(record(requestId)), 2);
    rig.add((requestId) => ({ requestId, record: null, waste: [] }));
    await tick(5000);
    expect(sink.taken).toEqual([]);
    rig.store.fault = () => null;
    await tick(6000);
    expect(sink.taken).toEqual([['req-1', 'req-2']]);
  });

  it('are not asked where a batch has no records', async () => {
    sut.offer([]);
    await tick();
    expect(sink.taken).toEqual([]);
  });

  it('leave one out that is none, and say so', async () => {
    sut.offer([record('a')]);
    sut.offer([record('b')]);
    expect(error).toHaveBeenCalledTimes(1);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ sink: 'broken' }));
  });

  it('go on after one that fails, with what comes next', async () => {
    const { take } = sink;
    sink.take = () => {
      throw new Error('no such bill');
    };
    sut.offer([record('a')]);
    await tick();
    sink.take = take;
    sut.offer([record('b')]);
    await tick();
    expect(sink.taken).toEqual([['b']]);
    expect(failures()).toEqual([[expect.objectContaining({ records: 1, error: 'Error: no such bill' })]]);
  });

  it('give one ten seconds, then tell it so and go on', async () => {
    const { take } = sink;
    let given: AbortSignal | null = null;
    sink.take = (_, signal) => {
      given = signal;
      return forEver();
    };
    sut.offer([record('a')]);
    sut.offer([record('b')]);
    await tick(9_999);
    expect(given).toMatchObject({ aborted: false });
    sink.take = take;
    await tick(1);
    expect(given).toMatchObject({ aborted: true });
    expect(sink.taken).toEqual([['b']]);
  });

  it('forget what a slow one has no time for, and say how much', async () => {
    sink.take = forEver;
    const many = Array.from({ length: 6000 }, (_, i) => record(`req-${i}`));
    sut.offer(many);
    sut.offer(many);
    expect(failures()).toEqual([[expect.objectContaining({ records: 1000 })]]);
    await tick(10_000);
  });

  it('pass a thousand records at most at a time', async () => {
    sut.offer(Array.from({ length: 2500 }, (_, i) => record(`req-${i}`)));
    await tick();
    expect(sink.taken.map(({ length }) => length)).toEqual([1000, 1000, 500]);
  });

  it('end with the process', async () => {
    sink.take = forEver;
    sut.offer([record('a')]);
    sut.onApplicationShutdown();
    sut.offer([record('b')]);
    await tick(10_000);
    expect(sink.taken).toEqual([]);
  });
});
