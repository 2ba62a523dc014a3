import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Settlement } from '@crs/extension-api';
import { StoreUnavailableError } from '@crs/store';
import { settlementOf } from '../../../test/support/booking.js';
import { FakeSettlements } from '../../../test/support/ledger-rig.js';
import { MemoryJournal } from '../../../test/support/memory-journal.js';
import { testPricedUsage, testUsageReport, testWastedAttempt } from '../../../test/support/test-usage-report.js';
import { SystemClock } from '../../core/time/clock.js';
import type { BatchChain } from './batch-chain.js';
import { BatchDelivery } from './batch-delivery.js';

const AWAY = new StoreUnavailableError('Connection is closed');
const BUG = new Error('ERR user_script:12: attempt to index a nil value');
const settlement = (requestId: string): Settlement => settlementOf(testPricedUsage(testUsageReport({ requestId })));

describe('BatchDelivery', () => {
  let store: FakeSettlements;
  let journal: MemoryJournal;
  let chain: BatchChain;
  let sut: BatchDelivery;
  let error: jest.SpiedFunction<Logger['error']>;

  beforeEach(() => {
    jest.useFakeTimers({ now: Date.parse('2026-11-23T04:05:01Z') });
    error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    store = new FakeSettlements();
    journal = new MemoryJournal();
    chain = {
      instance: journal.instance,
      last: 0,
      confirmed: 0,
      note: (number, settlements) => {
        for (const each of settlements) journal.settlements.set(each.requestId, each);
        const ids = settlements.map(({ requestId }) => requestId);
        journal.batched(number, ids);
      },
      read: (first) => journal.readBatches(first),
    };
    sut = new BatchDelivery(store.asRepository, new SystemClock());
  });

  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  const deliver = async (ids: readonly string[], withinMs = 60_000, stopped = new AbortController()) => {
    const settlements = ids.map(settlement);
    chain.last += 1;
    chain.note(chain.last, settlements);
    const signals = { stopped: stopped.signal, hurried: stopped.signal };
    const delivered = sut.deliver(chain, { number: chain.last, settlements }, signals);
    await jest.advanceTimersByTimeAsync(withinMs);
    return delivered;
  };
  const refuse = (poisoned: string): void => {
    store.fault = ({ settlements }) => (settlements.some(({ requestId }) => requestId === poisoned) ? BUG : null);
  };

  it('tries a batch that the store refuses three times, and then each of its requests by itself', async () => {
    refuse('b');
    await expect(deliver(['a', 'b', 'c'])).resolves.toBe(true);
    expect(store.calls).toEqual([
      ...['1: a,b,c', '1: a,b,c', '1: a,b,c', '1: '],
      '2: a',
      ...['3: b', '3: b', '3: b', '3: '],
      '4: c',
    ]);
    expect(store.requestIds).toEqual(['a', 'c']);
    expect(chain.last).toBe(4);
  });

  it('logs what could not be booked with its figures', async () => {
    refuse('b');
    await deliver(['a', 'b']);
    expect(error).toHaveBeenCalledWith(
      expect.objectContaining({
        msg: 'Usage was not booked: the store refuses it',
        requestId: 'b',
        keyId: testUsageReport().keyId,
        usage: testUsageReport().usage,
        costUsd: expect.closeTo(0.02135055, 10),
      }),
    );
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ requestIds: ['a', 'b'], error: BUG.message }));
  });

  it('logs waste that could not be booked', async () => {
    const attempt = testWastedAttempt();
    const { real } = testPricedUsage();
    const settlements = [{ requestId: 'w', record: null, waste: [{ attempt, real }] }];
    refuse('w');
    const stopped = new AbortController().signal;
    const done = sut.deliver(chain, { number: 1, settlements }, { stopped, hurried: stopped });
    await jest.advanceTimersByTimeAsync(60_000);
    await done;
    const waste = [
      expect.objectContaining({ accountId: attempt.accountId, usage: attempt.usage, realUsd: real.total }),
    ];
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ requestId: 'w', waste }));
  });

  it('is exact in its journal at every step: a request is in the batch that the store is sent, or waits', async () => {
    refuse('b');
    const seen: string[] = [];
    const { fault } = store;
    store.fault = (batch) => {
      seen.push(journal.notes.at(-1) ?? '');
      return fault(batch);
    };
    await deliver(['a', 'b']);
    expect(seen).toEqual([
      ...['batched 1 a,b', 'batched 1 a,b', 'batched 1 a,b', 'batched 1 '],
      'batched 2 a',
      ...['batched 3 b', 'batched 3 b', 'batched 3 b', 'batched 3 '],
    ]);
    // Logged as lost: no later start tries it again.
    expect(journal.notes.at(-1)).toBe('batched 3 b');
  });

  it('drops nothing where the store refuses empty batches as well: the fault is not in what was used', async () => {
    store.fault = () => BUG;
    const settlements = ['a', 'b'].map(settlement);
    chain.note(1, settlements);
    const { signal } = new AbortController();
    const delivered = sut.deliver(chain, { number: 1, settlements }, { stopped: signal, hurried: signal });
    await jest.advanceTimersByTimeAsync(120_000);
    expect(store.calls.filter((call) => call === '1: ').length).toBeGreaterThan(2);
    expect(journal.notes.filter((note) => note.startsWith('batched')).at(-1)).toBe('batched 1 a,b');
    store.fault = () => null;
    await jest.advanceTimersByTimeAsync(10_000);
    await expect(delivered).resolves.toBe(true);
    expect(store.requestIds).toEqual(['a', 'b']);
  });

  it('ends without an answer when it is stopped, also between two requests', async () => {
    const stopped = new AbortController();
    refuse('b');
    const { fault } = store;
    store.fault = (batch) => {
      if (batch.number === 2) {
        stopped.abort();
        return AWAY;
      }
      return fault(batch);
    };
    await expect(deliver(['a', 'b'], 60_000, stopped)).resolves.toBe(false);
    expect(store.requestIds).toEqual([]);
    await expect(deliver(['c'], 0, stopped)).resolves.toBe(false);
  });

  it('takes a store that loses batches while they are sent again for one that is away', async () => {
    await deliver(['a']);
    await deliver(['b']);
    store.lose(1);
    let losses = 20;
    store.fault = ({ number }) => {
      if (number > 1 && (losses -= 1) > 0) store.lose(1);
      return null;
    };
    await deliver(['c']);
    expect(store.requestIds).toEqual(['a', 'b', 'c']);
  });

  it('tries again within a second while somebody waits, however long the store has been away', async () => {
    store.fault = () => AWAY;
    const { signal } = new AbortController();
    let isAwaited = false;
    const signals = { stopped: signal, hurried: signal, isAwaited: () => isAwaited };
    const delivered = sut.deliver(chain, { number: 1, settlements: [settlement('a')] }, signals);
    await jest.advanceTimersByTimeAsync(60_000);
    const before = store.calls.length;
    await jest.advanceTimersByTimeAsync(9_000);
    expect(store.calls.length - before).toBeLessThanOrEqual(1);
    isAwaited = true;
    const asked = store.calls.length;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(store.calls.length - asked).toBe(5);
    store.fault = () => null;
    await jest.advanceTimersByTimeAsync(1_000);
    await expect(delivered).resolves.toBe(true);
  });

  it('sends under the next free number what another process has used the number of', async () => {
    await deliver(['a']);
    store.settleElsewhere();
    store.settleElsewhere();
    let asks = 0;
    jest.spyOn(store, 'findSettled').mockImplementation(() => {
      asks += 1;
      return asks === 1 ? Promise.reject(AWAY) : Promise.resolve(3);
    });
    chain.last += 1;
    const settlements = [settlement('b')];
    chain.note(chain.last, settlements);
    const { signal } = new AbortController();
    const batch = { number: chain.last, settlements, isNew: true };
    const delivered = sut.deliver(chain, batch, { stopped: signal, hurried: signal });
    await jest.advanceTimersByTimeAsync(1000);
    await expect(delivered).resolves.toBe(true);
    expect(store.requestIds).toEqual(['a', 'b']);
    expect([chain.last, chain.confirmed]).toEqual([4, 4]);
    expect(journal.notes.slice(-2)).toEqual(['batched 2 ', 'batched 4 b']);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ batch: 2, stored: 3 }));
  });

  it('takes a batch for stored that it has tried to send before', async () => {
    store.fault = () => {
      store.settleElsewhere();
      store.fault = () => null;
      return AWAY;
    };
    chain.last = 1;
    const { signal } = new AbortController();
    const batch = { number: 1, settlements: [settlement('a')], isNew: true };
    const delivered = sut.deliver(chain, batch, { stopped: signal, hurried: signal });
    await jest.advanceTimersByTimeAsync(1000);
    await expect(delivered).resolves.toBe(true);
    expect(store.calls).toEqual(['1: a', '1: a']);
  });

  it('sends nothing again where the store has lost the number alone', async () => {
    await deliver(['a']);
    await deliver(['b']);
    store.loseNumber();
    await deliver(['c']);
    expect(store.calls.slice(2)).toEqual(['3: c', '2: ', '3: c']);
    store.loseNumber();
    await sut.repair(chain, chain.last);
    expect(store.calls.slice(5)).toEqual(['3: ']);
  });

  it('writes the number again where a batch tells nothing that could be looked for', async () => {
    await deliver([]);
    store.loseNumber();
    await deliver(['b']);
    expect(store.calls).toEqual(['1: ', '2: b', '1: ', '2: b']);
  });

  it('names keys whose writes were refused, once a minute', async () => {
    store.refused = ['usage:key-1'];
    for (const id of ['a', 'b', 'c']) await deliver([id], 0);
    expect(error).toHaveBeenCalledTimes(1);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ refusedWrites: 1, refusedKeys: ['usage:key-1'] }));
    await jest.advanceTimersByTimeAsync(60_000);
    await deliver(['d'], 0);
    expect(error).toHaveBeenLastCalledWith(expect.objectContaining({ suppressed: 2 }));
  });

  it('logs what is no error, too', async () => {
    let isFirst = true;
    store.fault = () => {
      if (!isFirst) return null;
      isFirst = false;
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what a library might do
      return Promise.reject('odd');
    };
    await deliver(['a']);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ error: 'odd' }));
    expect(store.requestIds).toEqual(['a']);
  });
});
