import { beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { KeyLimitSettings } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { LimitRig, outcomesOf, testRequest } from '../../../test/support/limit-rig.js';
import { testApiKey } from '../../../test/support/test-api-key.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { LEASE_MS, RENEW_EVERY_MS } from '../../core/lease/lease-keeper.js';
import { ApiKeyRepository } from '../api-key.repository.js';
import { Admission } from './admission.js';

Logger.overrideLogger(false);

const NOW = Date.parse('2026-11-23T04:05:00.678Z');
const { keyId } = testRequest({}).principal;
const slots = keys.limits.concurrency(keyId);
const holds = keys.limits.holds(keyId);

describeOnEachStore('LimitService', (storeOfCase) => {
  let store: StoreClient;
  let clock: TestClock;
  let sut: LimitRig;

  beforeEach(() => {
    store = storeOfCase();
    clock = new TestClock(NOW);
    sut = new LimitRig(store, clock);
  });

  const race = (limits: Partial<KeyLimitSettings>, others: readonly LimitRig[] = []) => {
    const rigs = [sut, ...others];
    const admissions = Array.from({ length: 60 }, (_, at) =>
      (rigs[at % rigs.length] ?? sut).admit(testRequest(limits)),
    );
    return outcomesOf(admissions);
  };
  const nothingHeld = async () => {
    expect(await store.zcard(slots)).toBe(0);
    expect(await store.zcard(holds)).toBe(0);
  };

  it('asks the store for nothing where a key has no limits', async () => {
    const runScript = jest.spyOn(store, 'runScript');
    const admission = await sut.admit(testRequest({ rateLimitWindow: 10 }));
    expect(admission.handOver()).toEqual({ leases: [], model: 'claude-opus-5-5' });
    expect(runScript).not.toHaveBeenCalled();
    runScript.mockRestore();
  });

  it('decides in one step, without a look at the settings', async () => {
    const runScript = jest.spyOn(store, 'runScript');
    await sut.admit(testRequest({ concurrencyLimit: 1, dailyCostLimit: 1 }));
    expect(runScript).toHaveBeenCalledTimes(1);
    expect(sut.settings.asked).toBe(0);
    runScript.mockRestore();
  });

  it('lets as many of those that race run at the same time as the limit says, over two processes', async () => {
    const { admitted, refused } = await race({ concurrencyLimit: 7 }, [new LimitRig(store, clock)]);
    expect(admitted).toHaveLength(7);
    for (const error of refused) {
      expect(error).toMatchObject({
        code: 'too_many_requests',
        retryAfterSeconds: 1,
        message: 'This API key has reached its limit of 7 requests at the same time.',
      });
    }
    await admitted[0]?.release();
    await admitted[0]?.release();
    expect((await race({ concurrencyLimit: 7 })).admitted).toHaveLength(1);
    expect(await store.zcard(slots)).toBe(7);
  });

  it('lets as many into the window as it has requests', async () => {
    const limits = { rateLimitWindow: 10, rateLimitRequests: 9 };
    const { admitted, refused } = await race(limits, [new LimitRig(store, clock)]);
    expect(admitted).toHaveLength(9);
    expect(refused[0]).toMatchObject({
      code: 'window_exceeded',
      retryAfterSeconds: 600,
      resetAt: new Date(NOW + 600_000),
      message:
        'This API key has used up its limit of 9 requests per 10 minutes (9 requests). It resets at 2026-11-23 12:16 (UTC+8).',
    });
    await Promise.all(admitted.map((admission) => admission.release()));
    clock.ms += 599_001;
    await expect(sut.admit(testRequest(limits))).rejects.toMatchObject({ retryAfterSeconds: 1 });
    clock.ms += 999;
    expect((await race(limits)).admitted).toHaveLength(9);
  });

  it('lets as many run as a budget has room for what they usually cost', async () => {
    await store.hset(keys.limits.estimates(keyId), { 'c:claude-opus-5-5': '1000' });
    await store.set(keys.usage.costDaily(keyId, '2026-11-23'), '0.03');
    const limits = { dailyCostLimit: 0.04 };
    const { admitted, refused } = await race(limits, [new LimitRig(store, clock)]);
    expect(admitted).toHaveLength(10);
    expect(refused[0]).toMatchObject({
      code: 'too_many_requests',
      retryAfterSeconds: 1,
      message:
        "What is left of this API key's daily limit of $0.04 is held by requests that are running. Please try again in a moment.",
    });
    await Promise.all(admitted.map((admission) => admission.release()));
    await nothingHeld();
    expect((await race(limits)).admitted).toHaveLength(10);
  });

  it('never refuses what is estimated higher than the room that is left', async () => {
    const request = testRequest({ totalCostLimit: 0.01 }, { firstEstimate: { microUsd: 2_000_000, tokens: 200_000 } });
    await store.set(keys.usage.costTotal(keyId), '0.009999');
    const admission = await sut.admit(request);
    expect(admission.handOver().leases).toEqual([{ set: holds, member: `${request.requestId}:1:200000:1` }]);
  });

  it.each<[string, Partial<KeyLimitSettings>, string, Date | null]>([
    ['daily', { dailyCostLimit: 10 }, 'spent its daily limit of $10.00 ($10.02)', new Date('2026-11-23T16:00:00Z')],
    [
      'weekly',
      { weeklyOpusCostLimit: 10 },
      'spent its weekly limit of $10.00 for Claude models ($10.02)',
      new Date('2026-11-29T16:00:00Z'),
    ],
    ['total', { totalCostLimit: 10 }, 'spent its total limit of $10.00 ($10.02)', null],
  ])('tells when a %s budget is spent, and when it is there again', async (_, limits, words, resetAt) => {
    await store.set(keys.usage.costDaily(keyId, '2026-11-23'), '10.02');
    await store.set(keys.usage.opusWeekly(keyId, '2026-11-23T00'), '10.0199999');
    await store.set(keys.usage.costTotal(keyId), '10.02');
    await expect(sut.admit(testRequest(limits))).rejects.toMatchObject({
      code: 'budget_spent',
      resetAt,
      message: expect.stringContaining(words),
    });
    await nothingHeld();
  });

  it('goes on with the week that an old version 1 began, until something is booked in it', async () => {
    await store.set(keys.usage.opusWeekly(keyId, '2026-W48'), '10.02');
    const refusal = { code: 'budget_spent', resetAt: new Date('2026-11-29T16:00:00Z') };
    await expect(sut.admit(testRequest({ weeklyOpusCostLimit: 10 }))).rejects.toMatchObject(refusal);
    await expect(sut.admit(testRequest({ weeklyOpusCostLimit: 10.03 }))).resolves.toBeDefined();
    await store.set(keys.usage.opusWeekly(keyId, '2026-11-23T00'), '9');
    await expect(sut.admit(testRequest({ weeklyOpusCostLimit: 10 }))).resolves.toBeDefined();
  });

  it('counts other models neither against nor into the week of Claude models', async () => {
    const limits = { weeklyOpusCostLimit: 1 };
    await store.set(keys.usage.opusWeekly(keyId, '2026-11-23T00'), '2');
    const admission = await sut.admit(testRequest(limits, { isClaudeModel: false, model: 'gpt-5' }));
    expect(admission.handOver().leases).toEqual([]);
    await expect(sut.admit(testRequest(limits))).rejects.toMatchObject({ code: 'budget_spent' });
  });

  it('holds a slot for as long as the process renews it, and for a lease after it has died', async () => {
    const limits = { concurrencyLimit: 1 };
    const dying = new LimitRig(store, clock);
    await dying.admit(testRequest(limits));
    for (let renewals = 0; renewals < 10; renewals += 1) {
      clock.ms += RENEW_EVERY_MS;
      await dying.leases.renewAll();
      await expect(sut.admit(testRequest(limits))).rejects.toMatchObject({ code: 'too_many_requests' });
    }
    clock.ms += LEASE_MS - 1;
    await expect(sut.admit(testRequest(limits))).rejects.toMatchObject({ code: 'too_many_requests' });
    clock.ms += 1;
    await expect(sut.admit(testRequest(limits))).resolves.toBeInstanceOf(Admission);
  });

  it('gives the slot of a request up that runs too long, but not its hold', async () => {
    const admission = await sut.admit(testRequest({ concurrencyLimit: 1, totalCostLimit: 0.001 }));
    const end = NOW + 600_000;
    while (clock.ms < end) {
      clock.ms += RENEW_EVERY_MS;
      await sut.leases.renewAll();
    }
    await expect(sut.admit(testRequest({ concurrencyLimit: 1 }))).resolves.toBeInstanceOf(Admission);
    await expect(sut.admit(testRequest({ totalCostLimit: 0.001 }))).rejects.toMatchObject({
      code: 'too_many_requests',
    });
    await admission.release();
    await expect(sut.admit(testRequest({ totalCostLimit: 0.001 }))).resolves.toBeInstanceOf(Admission);
  });

  it('lets nobody through whose client has gone, and holds nothing for it', async () => {
    const reason = new Error('gone');
    const limits = { concurrencyLimit: 1, dailyCostLimit: 1 };
    await expect(sut.admit(testRequest(limits, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    const controller = new AbortController();
    const admitting = sut.admit(testRequest(limits, { signal: controller.signal }));
    controller.abort(reason);
    await expect(admitting).rejects.toBe(reason);
    await nothingHeld();
  });

  it('begins the life of a key with the first request that it lets through', async () => {
    const record = testApiKey({ id: keyId, expirationMode: 'activation', isActivated: false, activatedAt: null });
    await new ApiKeyRepository(store).insert(record);
    const principal = { awaitsActivation: true };
    const isActivated = () => store.hget(keys.apiKey.record(keyId), 'isActivated');
    await store.set(keys.usage.costTotal(keyId), '1');
    await expect(sut.admit(testRequest({ totalCostLimit: 1 }, { principal }))).rejects.toMatchObject({
      code: 'budget_spent',
    });
    expect(await isActivated()).toBe('false');
    await sut.admit(testRequest({}, { principal }));
    expect(await isActivated()).toBe('true');
  });

  it('holds nothing for a request whose key cannot be activated', async () => {
    const request = testRequest({ concurrencyLimit: 1, totalCostLimit: 1 }, { principal: { awaitsActivation: true } });
    await expect(sut.admit(request)).rejects.toMatchObject({ code: 'invalid_key' });
    await nothingHeld();
  });
});
