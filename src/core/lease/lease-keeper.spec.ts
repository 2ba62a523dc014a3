import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { StoreClient, StoreCommand } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { LEASE_MS, LEASE_SET_TTL_MS, LeaseKeeper, RENEW_EVERY_MS } from './lease-keeper.js';

Logger.overrideLogger(false);

const NOW = Date.parse('2026-11-24T00:00:00.000Z');
const SET = 'concurrency:key-1';

describeOnEachStore('LeaseKeeper', (storeOfCase) => {
  let store: StoreClient;
  let clock: TestClock;
  let sut: LeaseKeeper;

  beforeEach(() => {
    store = storeOfCase();
    clock = new TestClock(NOW);
    sut = new LeaseKeeper(store, clock);
  });

  const take = async (member: string, set = SET) => {
    await store.zadd(set, clock.ms + LEASE_MS, member);
    return { set, member };
  };
  const expiryOf = async (member: string, set = SET) => {
    const score = await store.zscore(set, member);
    return score === null ? null : Number(score);
  };

  it('renews what it keeps, and gives the set time to outlive it', async () => {
    sut.keep(await take('r-1'));
    sut.keep(await take('r-2', 'v2:holds:key-1'));
    clock.ms += 30_000;
    await sut.renewAll();
    expect(await expiryOf('r-1')).toBe(clock.ms + LEASE_MS);
    expect(await expiryOf('r-2', 'v2:holds:key-1')).toBe(clock.ms + LEASE_MS);
    const ttlMs = await store.pttl(SET);
    expect(ttlMs).toBeGreaterThan(LEASE_SET_TTL_MS - 5000);
    expect(ttlMs).toBeLessThanOrEqual(LEASE_SET_TTL_MS);
  });

  it('counts what it keeps of a set, until it ends', async () => {
    const lease = sut.keep(await take('r-1'));
    sut.keep(await take('r-2'));
    sut.keep(await take('r-3', 'v2:holds:key-1'));
    await take('somebody else’s');
    expect(sut.countIn(SET)).toBe(2);
    lease.handOver();
    expect(sut.countIn(SET)).toBe(1);
  });

  it('brings back what expired while the store was away', async () => {
    sut.keep(await take('r-1'));
    await store.del(SET);
    await sut.renewAll();
    expect(await expiryOf('r-1')).toBe(clock.ms + LEASE_MS);
  });

  it('renews no further than allowed, and still takes the member out', async () => {
    const lease = sut.keep(await take('r-1'), { renewUntil: NOW + 100_000 });
    clock.ms += 30_000;
    await sut.renewAll();
    expect(await expiryOf('r-1')).toBe(NOW + 100_000);
    clock.ms = NOW + 100_000;
    await store.del(SET);
    await sut.renewAll();
    expect(await expiryOf('r-1')).toBeNull();
    await take('r-1');
    await lease.release();
    expect(await expiryOf('r-1')).toBeNull();
  });

  it('takes out once what is released, and no more renews it', async () => {
    const lease = sut.keep(await take('r-1'));
    sut.keep(await take('r-2'));
    await Promise.all([sut.renewAll(), lease.release()]);
    await sut.renewAll();
    expect(await store.zrange(SET, 0, -1)).toEqual(['r-2']);
    await take('r-1');
    await lease.release();
    expect(lease.handOver()).toBeNull();
    expect(await expiryOf('r-1')).not.toBeNull();
  });

  it('leaves what is handed over to whoever takes it', async () => {
    const ref = await take('r-1');
    const lease = sut.keep(ref);
    expect(lease.handOver()).toEqual(ref);
    expect(lease.handOver()).toBeNull();
    clock.ms += 30_000;
    await lease.release();
    await sut.renewAll();
    expect(await expiryOf('r-1')).toBe(NOW + LEASE_MS);
  });

  it('gives back at the shutdown what nobody has ended', async () => {
    sut.keep(await take('r-1'));
    sut.keep(await take('r-2')).handOver();
    sut.keep(await take('r-3'));
    await sut.onApplicationShutdown();
    expect(await store.zrange(SET, 0, -1)).toEqual(['r-2']);
  });
});

/** A store whose batches wait until the case lets them go on. */
class SlowStore {
  readonly sent: StoreCommand[][] = [];
  readonly zrem = jest.fn(async () => 1);
  private answers: ((error?: Error) => void)[] = [];

  pipeline(commands: StoreCommand[]) {
    this.sent.push(commands);
    const exec = () =>
      new Promise((resolve, reject) => {
        this.answers.push((error) => {
          if (error === undefined) resolve(commands.map(() => [null, 1]));
          else reject(error);
        });
      });
    return { exec };
  }

  async answer(error?: Error): Promise<void> {
    this.answers.shift()?.(error);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }

  get renewed(): unknown[] {
    return this.sent.flat().flatMap(([name, , , member]) => (name === 'zadd' ? [member] : []));
  }
}

describe('LeaseKeeper on a slow or failing store', () => {
  const many = Array.from({ length: 600 }, (_, at) => ({ set: SET, member: `r-${at}` }));
  let store: SlowStore;
  let sut: LeaseKeeper;

  beforeEach(() => {
    store = new SlowStore();
    sut = new LeaseKeeper(store as unknown as StoreClient, new TestClock(NOW));
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('does not renew what has ended while the store was busy with others', async () => {
    const leases = many.map((ref) => sut.keep(ref));
    const renewing = sut.renewAll();
    await leases[599]?.release();
    leases[598]?.handOver();
    await store.answer();
    await store.answer();
    await renewing;
    expect(store.sent).toHaveLength(2);
    expect(store.renewed).toEqual(many.slice(0, 598).map(({ member }) => member));
  });

  it('goes on with the others when a part was not renewed', async () => {
    many.forEach((ref) => sut.keep(ref));
    const renewing = sut.renewAll();
    await store.answer(new Error('The store is not available.'));
    await store.answer();
    await renewing;
    expect(store.renewed).toHaveLength(600);
  });

  it('does not fail when a lease cannot be taken out', async () => {
    store.zrem.mockRejectedValue('broken');
    await expect(sut.keep({ set: SET, member: 'r-1' }).release()).resolves.toBeUndefined();
  });

  it('renews by itself from the start to the shutdown', async () => {
    jest.useFakeTimers();
    sut.keep({ set: SET, member: 'r-1' });
    sut.onModuleInit();
    jest.advanceTimersByTime(RENEW_EVERY_MS - 1);
    expect(store.sent).toHaveLength(0);
    jest.advanceTimersByTime(1);
    expect(store.renewed).toEqual(['r-1']);
    await store.answer();
    await sut.onApplicationShutdown();
    expect(store.zrem).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(10 * RENEW_EVERY_MS);
    expect(store.sent).toHaveLength(1);
  });

  it('asks nothing of the store while nothing is held', async () => {
    sut.keep({ set: SET, member: 'r-1' }, { renewUntil: NOW });
    await sut.renewAll();
    expect(store.sent).toHaveLength(0);
  });
});
