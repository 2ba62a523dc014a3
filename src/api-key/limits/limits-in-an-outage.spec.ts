import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys, openSqliteStore, type SqliteStore, StoreUnavailableError } from '@crs/store';
import { LimitRig, testRequest } from '../../../test/support/limit-rig.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { LimitCheck } from './limit-check.js';
import type { OutageAdmission } from './outage-admission.js';

Logger.overrideLogger(false);

const { keyId } = testRequest({}).principal;
const away = new StoreUnavailableError('away');
const daily = () => testRequest({ dailyCostLimit: 1 }, { firstEstimate: { microUsd: 20_000, tokens: 1 } });

describe('limits while the store is away', () => {
  let store: SqliteStore;
  let clock: TestClock;
  let sut: LimitRig;

  beforeEach(() => {
    store = openSqliteStore(':memory:');
    clock = new TestClock(Date.parse('2026-11-23T04:05:00Z'));
    sut = new LimitRig(store, clock);
  });

  afterEach(() => store.quit());

  const goAway = () => {
    const broken = [
      jest.spyOn(store, 'runScript').mockRejectedValue(away),
      jest.spyOn(store, 'zrem').mockRejectedValue(away),
      jest.spyOn(store, 'pipeline').mockReturnValue({ exec: () => Promise.reject(away) }),
    ];
    return {
      comeBack: () => {
        for (const each of broken) each.mockRestore();
      },
    };
  };

  it('lets a key have a twentieth of what was left', async () => {
    await sut.admit(daily());
    goAway();
    // $0.98 were left behind the first one, so $0.049 are to be had.
    for (let i = 0; i < 2; i += 1) await sut.admit(daily());
    await expect(sut.admit(daily())).rejects.toBe(away);
  });

  it('lets a key without limits have what it asks for', async () => {
    goAway();
    expect((await sut.admit(testRequest({}))).handOver().leases).toEqual([]);
  });

  it('lets nothing through of a key that was not seen, or that was refused last', async () => {
    await sut.admit(daily());
    await store.set(keys.usage.costDaily(keyId, '2026-11-23'), '1');
    await expect(sut.admit(daily())).rejects.toMatchObject({ code: 'budget_spent' });
    goAway();
    await expect(sut.admit(daily())).rejects.toBe(away);
  });

  it('does so for a minute, which no request renews that asks the store for nothing', async () => {
    await sut.admit(testRequest({ concurrencyLimit: 9 }));
    goAway();
    await sut.admit(testRequest({ concurrencyLimit: 9 }));
    clock.ms += 59_999;
    await sut.admit(testRequest({}));
    await sut.admit(testRequest({ concurrencyLimit: 9 }));
    clock.ms += 1;
    await expect(sut.admit(testRequest({ concurrencyLimit: 9 }))).rejects.toBe(away);
  });

  it('keeps to the requests at the same time, with those from before', async () => {
    const limits = { concurrencyLimit: 2 };
    const first = await sut.admit(testRequest(limits));
    goAway();
    const both = await Promise.allSettled([1, 2, 3].map(() => sut.admit(testRequest(limits))));
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await expect(sut.admit(testRequest(limits))).rejects.toMatchObject({
      code: 'too_many_requests',
      message: 'This API key has reached its limit of 2 requests at the same time.',
    });
    await first.release();
    await sut.admit(testRequest(limits));
  });

  it('brings what still runs into the store when that is back', async () => {
    const request = testRequest({ concurrencyLimit: 2, dailyCostLimit: 1 });
    await sut.admit(testRequest({ concurrencyLimit: 2, dailyCostLimit: 1 }));
    const { comeBack } = goAway();
    const admission = await sut.admit(request);
    const ended = await sut.admit(testRequest({ concurrencyLimit: 3, dailyCostLimit: 1 }));
    await ended.release();
    comeBack();
    await sut.leases.renewAll();
    expect(await store.zrange(keys.limits.concurrency(keyId), 0, -1)).toContain(request.requestId);
    expect(await store.zrange(keys.limits.holds(keyId), 0, -1)).toContain(`${request.requestId}:1000:100:1`);
    expect(await store.zcard(keys.limits.holds(keyId))).toBe(2);
    await admission.release();
    expect(await store.zcard(keys.limits.holds(keyId))).toBe(1);
  });

  it('lets nobody in while too much waits for the store, not even without limits', async () => {
    const crowded = { isCrowded: () => true, whenSettled: () => Promise.resolve() };
    const check = new LimitCheck(sut.limits, crowded, sut.allowance, {} as OutageAdmission, clock);
    await expect(check.decide(testRequest({}))).rejects.toThrow(StoreUnavailableError);
  });

  it('hides no other fault', async () => {
    await sut.admit(daily());
    jest.spyOn(store, 'runScript').mockRejectedValue(new Error('a bug'));
    await expect(sut.admit(daily())).rejects.toThrow('a bug');
  });

  it('does not wait for what a store cannot settle that is away, and asks it all the same', async () => {
    let asked = 0;
    const barrier = { isCrowded: () => false, whenSettled: () => Promise.resolve(void (asked += 1)) };
    const alone = { admit: () => ({ kind: 'alone', leases: [], at: 1 }) } as unknown as OutageAdmission;
    const check = new LimitCheck(sut.limits, barrier, sut.allowance, alone, clock);
    const { comeBack } = goAway();
    for (let i = 0; i < 3; i += 1) expect(await check.decide(daily())).toMatchObject({ kind: 'alone' });
    expect(asked).toBe(1);
    comeBack();
    expect(await check.decide(daily())).toMatchObject({ kind: 'admitted' });
    await check.decide(daily());
    expect(asked).toBe(2);
  });
});
