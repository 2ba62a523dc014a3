import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys, type StoreClient, StoreUnavailableError } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { eventually } from '../../../test/support/eventually.js';
import { LimitRig, testRequest } from '../../../test/support/limit-rig.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { DEFAULT_RELAY_SETTINGS, type QueueSettings } from '../../core/settings/relay-settings.js';
import type { Admission } from './admission.js';
import type { AdmissionRequest } from './admission-request.js';
import type { QueueFigures } from './queue-figures.repository.js';

Logger.overrideLogger(false);

const NOW = Date.parse('2026-11-23T04:05:00.678Z');
const { keyId } = testRequest({}).principal;
const { limits: k } = keys;
const ONE = { concurrencyLimit: 1 };

describeOnEachStore('AdmissionQueue', (storeOfCase) => {
  let store: StoreClient;
  let clock: TestClock;
  let sut: LimitRig;
  /** Ends what still waits when the case is over. */
  let end: AbortController;
  let asked: Promise<unknown>[];

  const rig = (change: Partial<QueueSettings> = {}): LimitRig => {
    const made = new LimitRig(store, clock);
    made.settings.queue = { ...DEFAULT_RELAY_SETTINGS.queue, enabled: true, ...change };
    return made;
  };

  beforeEach(() => {
    store = storeOfCase();
    clock = new TestClock(NOW);
    sut = rig();
    end = new AbortController();
    asked = [];
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    end.abort();
    await Promise.allSettled(asked);
  });

  const waiting = (count: number) =>
    eventually(async () => ((await sut.limits.occupancyOf(keyId)).waiting === count ? true : null));
  const counters = (expected: Partial<QueueFigures['counters']>) =>
    eventually(async () => {
      const { counters: found } = await sut.figures.read(keyId);
      const isThere = Object.entries(expected).every(([name, count]) => Reflect.get(found, name) === count);
      return isThere ? found : null;
    });
  /** Asks, and goes on when the request waits. */
  const queueUp = async (request: AdmissionRequest = testRequest(ONE), process = sut) => {
    const before = await store.zcard(k.queue(keyId));
    const admission = process.admit({ ...request, signal: AbortSignal.any([request.signal, end.signal]) });
    admission.catch(() => undefined);
    asked.push(admission);
    await waiting(before + 1);
    return { admission };
  };
  /** The next calls of the script fail; what they do in the store is never known. */
  const scriptFails = (times: number, error: Error = new StoreUnavailableError('Connection is closed')) => {
    const failing = jest.spyOn(store, 'runScript');
    for (let time = 0; time < times; time += 1) failing.mockRejectedValueOnce(error);
    return failing;
  };

  it('refuses at once where no queue is wanted', async () => {
    sut = rig({ enabled: false });
    await sut.admit(testRequest(ONE));
    await expect(sut.admit(testRequest(ONE))).rejects.toMatchObject({
      code: 'too_many_requests',
      retryAfterSeconds: 1,
    });
    expect(await store.exists(k.queue(keyId))).toBe(0);
  });

  it('lets a request wait until its turn comes, and tells how long that took', async () => {
    const first = await sut.admit(testRequest(ONE));
    const second = await queueUp();
    clock.ms += 700;
    await first.release();
    await (await second.admission).release();
    expect(await counters({ success: 1 })).toMatchObject({ entered: 1, timeout: 0, cancelled: 0 });
    expect((await sut.figures.read(keyId)).waits).toEqual([700]);
    expect(await store.lrange(k.queueWaitsOfAll, 0, -1)).toEqual(['700']);
    expect(await store.exists(k.queue(keyId), k.concurrency(keyId))).toBe(0);
  });

  it('keeps the order of arrival across processes, and lets nobody new go before', async () => {
    const [other, without] = [rig(), rig({ enabled: false })];
    let running: Admission = await sut.admit(testRequest(ONE));
    const order: string[] = [];
    const turns: Promise<Admission>[] = [];
    for (const [name, process] of [
      ['first', other],
      ['second', sut],
      ['third', other],
    ] as const) {
      const { admission } = await queueUp(testRequest(ONE), process);
      turns.push(admission.then((turn) => (order.push(name), turn)));
    }
    for (const turn of turns) {
      await running.release();
      await expect(without.admit(testRequest(ONE))).rejects.toMatchObject({ code: 'too_many_requests' });
      running = await turn;
    }
    expect(order).toEqual(['first', 'second', 'third']);
  });

  it('lets a request wait for what others hold of a budget, too', async () => {
    const limits = { dailyCostLimit: 0.001 };
    const first = await sut.admit(testRequest(limits));
    const second = await queueUp(testRequest(limits));
    await first.release();
    expect((await second.admission).handOver().leases).toHaveLength(1);
  });

  it('ends a wait that has become hopeless', async () => {
    const limits = { ...ONE, totalCostLimit: 1 };
    await sut.admit(testRequest(limits));
    const { admission } = await queueUp(testRequest(limits));
    await store.set(keys.usage.costTotal(keyId), '1');
    await expect(admission).rejects.toMatchObject({ code: 'budget_spent' });
    expect(await store.zcard(k.queue(keyId))).toBe(0);
  });

  it('sends one whose client has gone out of the queue at once', async () => {
    const first = await sut.admit(testRequest(ONE));
    const controller = new AbortController();
    const gone = await queueUp(testRequest(ONE, { signal: controller.signal }));
    const next = await queueUp();
    const reason = new Error('The client has gone.');
    controller.abort(reason);
    await expect(gone.admission).rejects.toBe(reason);
    expect(await store.zcard(k.queue(keyId))).toBe(1);
    await first.release();
    await (await next.admission).release();
    await counters({ entered: 2, cancelled: 1, success: 1 });
  });

  it('is not held up by one that has stopped asking', async () => {
    const first = await sut.admit(testRequest(ONE));
    const dead = await sut.limits.admit(testRequest(ONE), { waiter: '', maxWaiting: 3 });
    expect(dead).toMatchObject({ kind: 'busy' });
    const next = await queueUp();
    await first.release();
    const turn = next.admission.then(() => 'turn');
    const nothingYet = eventually(async () => ((await sut.limits.occupancyOf(keyId)).waiting === 2 ? 'waits' : null));
    expect(await Promise.race([turn, nothingYet])).toBe('waits');
    // The living one asks again before it has run out itself.
    clock.ms += 2000;
    await eventually(async () =>
      Number(await store.zscore(k.queue(keyId), await lastWaiter())) > NOW + 3000 ? true : null,
    );
    clock.ms += 1000;
    expect(await turn).toBe('turn');
  });

  const lastWaiter = async (): Promise<string> => (await store.zrange(k.queue(keyId), 0, -1)).sort().at(-1) ?? '';

  it('gives a wait up in the end', async () => {
    await sut.admit(testRequest(ONE));
    const { admission } = await queueUp();
    clock.ms += 9_999;
    await waiting(1);
    clock.ms += 1;
    await expect(admission).rejects.toMatchObject({
      code: 'too_many_requests',
      retryAfterSeconds: 5,
      message: expect.stringContaining('has waited 10 s'),
    });
    expect(await store.zcard(k.queue(keyId))).toBe(0);
    await counters({ timeout: 1 });
    expect((await sut.figures.read(keyId)).waits).toEqual([10_000]);
  });

  it.each<[string, Partial<QueueSettings>, number]>([
    ['the set size', { maxSize: 2, maxSizeMultiplier: 0 }, 2],
    ['a share of the limit, rounded up', { maxSize: 1, maxSizeMultiplier: 1.5 }, 2],
  ])('lets as many wait as %s', async (_, settings, size) => {
    sut = rig(settings);
    await sut.admit(testRequest(ONE));
    for (let count = 0; count < size; count += 1) await queueUp();
    await expect(sut.admit(testRequest(ONE))).rejects.toMatchObject({
      code: 'too_many_requests',
      retryAfterSeconds: 5,
      message: 'The queue of this API key is full (2 requests). Please try again in a few seconds.',
    });
    await counters({ entered: 2 });
  });

  it.each<[string, number[], Partial<QueueSettings>, boolean]>([
    ['came close to the longest allowed', Array<number>(10).fill(8000), {}, true],
    ['came close in one case of ten', [...Array<number>(9).fill(10), 10_000], {}, false],
    ['came close in two cases of ten', [...Array<number>(8).fill(10), 10_000, 10_000], {}, true],
    ['are few', Array<number>(9).fill(10_000), {}, false],
    ['are not looked at', Array<number>(10).fill(10_000), { healthCheckEnabled: false }, false],
    ['were long, but long ago', [...Array<number>(100).fill(10_000), ...Array<number>(50).fill(1)], {}, false],
  ])('judges overload by waits that %s', async (_, waits, settings, isRefused) => {
    sut = rig(settings);
    await sut.admit(testRequest(ONE));
    await queueUp();
    for (const wait of waits) await store.lpush(k.queueWaits(keyId), String(wait));
    if (!isRefused) {
      await queueUp();
      return;
    }
    await expect(sut.admit(testRequest(ONE))).rejects.toMatchObject({
      code: 'too_many_requests',
      retryAfterSeconds: 30,
    });
    await counters({ rejected_overload: 1, entered: 1 });
  });

  it('takes no empty queue for overloaded, so that the end of an overload is found out', async () => {
    await sut.admit(testRequest(ONE));
    for (let count = 0; count < 50; count += 1) await store.lpush(k.queueWaits(keyId), '10000');
    await queueUp();
  });

  it('waits through some failures of the store', async () => {
    const first = await sut.admit(testRequest(ONE));
    const second = await queueUp();
    const failing = scriptFails(5);
    await eventually(async () => (failing.mock.calls.length >= 6 ? true : null));
    await first.release();
    await expect(second.admission).resolves.toBeDefined();
    failing.mockRestore();
  });

  it('joins the queue late when the store fails just then', async () => {
    const first = await sut.admit(testRequest(ONE));
    const through = store.runScript.bind(store);
    const failing = jest.spyOn(store, 'runScript').mockImplementationOnce(through);
    failing.mockRejectedValueOnce(new StoreUnavailableError('Connection is closed'));
    const second = await queueUp();
    failing.mockRestore();
    await first.release();
    await expect(second.admission).resolves.toBeDefined();
  });

  it('gives up when the store fails too often, or in another way', async () => {
    for (const [times, error] of [
      [6, new StoreUnavailableError('Connection is closed')],
      [1, new Error('ERR something else')],
    ] as const) {
      await store.del(k.concurrency(keyId));
      await sut.admit(testRequest(ONE));
      const { admission } = await queueUp();
      const failing = scriptFails(times, error);
      await expect(admission).rejects.toBe(error);
      failing.mockRestore();
      await waiting(0);
    }
  });

  it('gives up before it waits when the store may not fail at all', async () => {
    sut = rig({ maxStoreFailures: 0 });
    await sut.admit(testRequest(ONE));
    const broken = new StoreUnavailableError('Connection is closed');
    const through = store.runScript.bind(store);
    jest.spyOn(store, 'runScript').mockImplementationOnce(through).mockRejectedValueOnce(broken);
    await expect(sut.admit(testRequest(ONE))).rejects.toBe(broken);
    await counters({ entered: 0, cancelled: 0, timeout: 0 });
  });

  it('loses no request over its figures, nor over a queue that it cannot leave', async () => {
    const broken = new StoreUnavailableError('Connection is closed');
    jest.spyOn(sut.figures, 'count').mockRejectedValue(broken);
    jest.spyOn(sut.figures, 'recentWaits').mockRejectedValue(broken);
    jest.spyOn(sut.limits, 'leaveQueue').mockRejectedValue(broken);
    const first = await sut.admit(testRequest(ONE));
    const second = await queueUp();
    const controller = new AbortController();
    const third = await queueUp(testRequest(ONE, { signal: controller.signal }));
    controller.abort(new Error('gone'));
    await expect(third.admission).rejects.toThrow('gone');
    await first.release();
    await expect(second.admission).resolves.toBeDefined();
  });
});
