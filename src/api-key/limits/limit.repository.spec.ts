import { beforeEach, expect, it } from '@jest/globals';
import { keys, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { LimitRig, testRequest } from '../../../test/support/limit-rig.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { LEASE_MS } from '../../core/lease/lease-keeper.js';
import type { LimitRepository } from './limit.repository.js';

const NOW = Date.parse('2026-11-23T04:05:00.678Z');
const { keyId } = testRequest({}).principal;
const { limits: k, usage } = keys;
const ALIVE_MS = 3000;

describeOnEachStore('LimitRepository', (storeOfCase) => {
  let store: StoreClient;
  let clock: TestClock;
  let sut: LimitRepository;

  beforeEach(() => {
    store = storeOfCase();
    clock = new TestClock(NOW);
    sut = new LimitRig(store, clock).limits;
  });

  /** A request that has queued up behind a full key. */
  const queueUp = async (maxWaiting = 5) => {
    const request = testRequest({ concurrencyLimit: 1 });
    const reply = await sut.admit(request, { waiter: '', maxWaiting });
    return { request, place: { waiter: reply.kind === 'busy' ? reply.waiter : '', maxWaiting }, reply };
  };
  const fill = async () => {
    const { requestId } = testRequest({});
    await store.zadd(k.concurrency(keyId), Number.MAX_SAFE_INTEGER, requestId);
    return { end: () => store.zrem(k.concurrency(keyId), requestId) };
  };

  it('takes a slot and a hold that expire by themselves, with their sets', async () => {
    const request = testRequest({ concurrencyLimit: 3, dailyCostLimit: 1 });
    expect(await sut.admit(request)).toEqual({
      kind: 'admitted',
      slot: { set: k.concurrency(keyId), member: request.requestId },
      hold: { set: k.holds(keyId), member: `${request.requestId}:1000:100:1` },
      left: { microUsd: 999_000, weeklyMicroUsd: null, tokens: null, requests: null },
      at: NOW,
    });
    for (const set of [k.concurrency(keyId), k.holds(keyId)]) {
      const [member = ''] = await store.zrange(set, 0, -1);
      expect(Number(await store.zscore(set, member))).toBe(NOW + LEASE_MS);
      expect(await store.pttl(set)).toBeGreaterThan(LEASE_MS);
    }
  });

  it('takes once what a request asks for again because the reply got lost', async () => {
    const limits = { concurrencyLimit: 1, dailyCostLimit: 0.001, rateLimitWindow: 10, rateLimitRequests: 5 };
    const request = testRequest(limits);
    for (let call = 1; call <= 3; call += 1) {
      expect(await sut.admit(request)).toMatchObject({ kind: 'admitted', hold: { set: k.holds(keyId) } });
    }
    expect(await store.zcard(k.concurrency(keyId))).toBe(1);
    expect(await store.zcard(k.holds(keyId))).toBe(1);
    expect(await store.get(k.windowRequests(keyId))).toBe('1');
    expect(await sut.admit(testRequest(limits))).toMatchObject({ kind: 'busy' });
  });

  it('leaves nothing behind where a key holds another type', async () => {
    await store.set(k.estimates(keyId), 'no hash');
    const request = testRequest({ concurrencyLimit: 1, dailyCostLimit: 1 });
    await expect(sut.admit(request)).rejects.toThrow('WRONGTYPE');
    expect(await store.exists(k.concurrency(keyId), k.holds(keyId))).toBe(0);
  });

  it('begins a window as v1 does, and lets it end by itself', async () => {
    const request = () => testRequest({ rateLimitWindow: 10, tokenLimit: 5 });
    await sut.admit(request());
    clock.ms += 240_000;
    await sut.admit(request());
    expect(await store.get(k.windowStart(keyId))).toBe(String(NOW));
    expect(await store.mget(k.windowRequests(keyId), k.windowTokens(keyId), k.windowCost(keyId))).toEqual([
      '2',
      '0',
      '0',
    ]);
    const ttlMs = await store.pttl(k.windowRequests(keyId));
    expect(ttlMs).toBeGreaterThan(350_000);
    expect(ttlMs).toBeLessThanOrEqual(360_000);
  });

  it.each([
    ['a cost', () => store.set(usage.costTotal(keyId), 'much')],
    ['the tokens of a window', () => store.set(k.windowTokens(keyId), '-')],
    ['the requests of a window', () => store.set(k.windowRequests(keyId), '1e9')],
    ['the start of a window', () => store.set(k.windowStart(keyId), '17e11')],
    ['a start far in the future', () => store.set(k.windowStart(keyId), '9'.repeat(16))],
    [
      'an estimate',
      () => store.hset(k.estimates(keyId), { 'c:claude-opus-5-5': 'x', 't:claude-opus-5-5': '9'.repeat(16) }),
    ],
    ['a hold', () => store.zadd(k.holds(keyId), NOW + 60_000, 'no hold')],
  ])('takes %s that is no number for none', async (_, damage) => {
    await damage();
    const limits = { totalCostLimit: 1, rateLimitWindow: 10, rateLimitRequests: 5, tokenLimit: 500 };
    const request = testRequest(limits);
    expect(await sut.admit(request)).toMatchObject({
      kind: 'admitted',
      hold: { member: `${request.requestId}:1000:100:1` },
    });
  });

  it('does not lose itself in a figure beyond all measure', async () => {
    await store.set(usage.costTotal(keyId), '9'.repeat(400));
    expect(await sut.admit(testRequest({ totalCostLimit: 1 }))).toMatchObject({
      kind: 'spent',
      usedMicroUsd: Number.MAX_SAFE_INTEGER,
    });
  });

  it('begins to count anew where the count of requests is damaged', async () => {
    await store.set(k.windowStart(keyId), String(NOW - 1000));
    await store.set(k.windowRequests(keyId), 'many');
    await sut.admit(testRequest({ rateLimitWindow: 10, rateLimitRequests: 2 }));
    expect(await store.get(k.windowRequests(keyId))).toBe('1');
  });

  it('learns nothing under a name that is too long, and copes with half a character', async () => {
    const model = 'm'.repeat(201);
    await store.hset(k.estimates(keyId), { [`c:${model}`]: '7', 'c:': '8' });
    for (const [name, hold] of [
      [model, '8:100:1'],
      ['half \ud83d', '1000:100:1'],
    ] as const) {
      const request = testRequest({ totalCostLimit: 1 }, { model: name });
      const reply = await sut.admit(request);
      expect(reply).toMatchObject({ hold: { member: `${request.requestId}:${hold}` } });
    }
  });

  it('does not count a slot twice that a request got with a reply that was lost', async () => {
    const request = testRequest({ concurrencyLimit: 1 });
    await sut.admit(request);
    expect(await sut.admit(request)).toMatchObject({ kind: 'admitted' });
    expect(await store.zcard(k.concurrency(keyId))).toBe(1);
  });

  it('lets those who wait go in the order in which they came, before anybody new', async () => {
    const slot = await fill();
    const first = await queueUp();
    const second = await queueUp();
    expect(first.reply).toMatchObject({ reason: 'concurrency', waiting: 0 });
    expect(second.reply).toMatchObject({ reason: 'concurrency', waiting: 1 });
    await slot.end();
    expect(await sut.admit(testRequest({ concurrencyLimit: 1 }))).toMatchObject({
      kind: 'busy',
      reason: 'waiting',
      waiter: '',
    });
    expect(await sut.admit(second.request, second.place)).toMatchObject({ kind: 'busy', reason: 'waiting' });
    expect(await sut.admit(first.request, first.place)).toMatchObject({ kind: 'admitted' });
    expect(await store.zrange(k.queue(keyId), 0, -1)).toEqual([second.place.waiter]);
  });

  it('forgets who does not ask any more, and knows the place of one that comes back', async () => {
    const slot = await fill();
    const [gone, second, third] = [await queueUp(), await queueUp(), await queueUp()];
    clock.ms += ALIVE_MS - 1;
    await sut.admit(second.request, second.place);
    await sut.admit(third.request, third.place);
    clock.ms += 1;
    expect(await sut.occupancyOf(keyId)).toEqual({ running: 1, waiting: 2 });
    await slot.end();
    expect(await sut.admit(third.request, third.place)).toMatchObject({ reason: 'waiting' });
    clock.ms += ALIVE_MS - 1;
    await fill();
    expect(await sut.admit(gone.request, gone.place)).toMatchObject({
      reason: 'concurrency',
      waiter: gone.place.waiter,
    });
    await store.del(k.concurrency(keyId));
    expect(await sut.admit(second.request, second.place)).toMatchObject({ reason: 'waiting' });
    expect(await sut.admit(gone.request, gone.place)).toMatchObject({ kind: 'admitted' });
  });

  it('takes no more into the queue than fit, and none that only tomorrow helps', async () => {
    await fill();
    const first = await queueUp(1);
    expect((await queueUp(1)).reply).toEqual({ kind: 'queue_full', waiting: 1, at: NOW });
    await store.set(usage.costTotal(keyId), '5');
    const broke = { ...first.request, principal: testRequest({ concurrencyLimit: 1, totalCostLimit: 5 }).principal };
    expect(await sut.admit(broke, first.place)).toMatchObject({
      kind: 'spent',
      limit: 'total',
      usedMicroUsd: 5_000_000,
    });
    expect(await store.zcard(k.queue(keyId))).toBe(0);
  });

  it('makes room in the queue when one leaves it', async () => {
    await fill();
    const first = await queueUp(1);
    await sut.leaveQueue(keyId, first.place.waiter);
    expect((await queueUp(1)).reply).toMatchObject({ kind: 'busy', waiting: 0 });
    expect(await store.pttl(k.queue(keyId))).toBeGreaterThan(0);
    expect(await store.pttl(k.queueNumber(keyId))).toBeGreaterThan(0);
  });

  it('counts who runs and waits, and forgets them when told to', async () => {
    expect(await sut.occupancyOf(keyId)).toEqual({ running: 0, waiting: 0 });
    await fill();
    await store.zadd(k.concurrency(keyId), NOW, 'expired');
    await queueUp();
    await store.zadd(k.holds(keyId), NOW + 60_000, 'req-0:5:5:1');
    expect(await sut.occupancyOf(keyId)).toEqual({ running: 1, waiting: 1 });
    await sut.clear(keyId);
    expect(await sut.occupancyOf(keyId)).toEqual({ running: 0, waiting: 0 });
    expect(await store.exists(k.holds(keyId))).toBe(0);
  });

  it('keeps limits beyond all measure as large as they can be', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const counts = { concurrencyLimit: most, rateLimitWindow: most, rateLimitRequests: most, tokenLimit: most };
    const amounts = { rateLimitCost: 1e308, dailyCostLimit: 1e308, totalCostLimit: 1e308, weeklyOpusCostLimit: 1e308 };
    expect(await sut.admit(testRequest({ ...counts, ...amounts }))).toMatchObject({ kind: 'admitted' });
    expect(await store.pttl(k.windowStart(keyId))).toBeLessThanOrEqual(525_600 * 60_000);
    await store.set(usage.costTotal(keyId), '1000000000');
    expect(await sut.admit(testRequest(amounts))).toMatchObject({ kind: 'spent', limit: 'total', usedMicroUsd: 1e15 });
  });
});
