import { toAccountId } from '@crs/extension-api';
import { keys, StoreUnavailableError } from '@crs/store';
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeOnEachStore } from '../../test/support/each-store.ts';
import { FakeLeases } from '../../test/support/fake-leases.ts';
import { testAccount } from '../../test/support/test-account.ts';
import { TestClock } from '../../test/support/test-clock.ts';
import { LEASE_MS } from '../core/lease/lease-keeper.js';
import { AccountSlotRepository } from './account-slot.repository.js';
import { NOTHING_WAITS } from '../../test/support/nothing-waits.ts';

const slotsOf = (id: string): string => keys.limits.accountConcurrency(id);

const candidate = (id: string, maxConcurrentTasks: number) => ({
  account: testAccount({ id: toAccountId(id), maxConcurrentTasks }),
});

describeOnEachStore('AccountSlotRepository', (storeOfCase) => {
  let clock: TestClock;
  let leases: FakeLeases;
  let sut: AccountSlotRepository;

  beforeEach(() => {
    clock = new TestClock(Date.now());
    leases = new FakeLeases(storeOfCase());
    sut = new AccountSlotRepository(storeOfCase(), leases.asKeeper(), clock, NOTHING_WAITS);
  });

  const take = async (requestId: string, ...candidates: ReturnType<typeof candidate>[]): Promise<string | null> =>
    (await sut.takeFirst(candidates, requestId))?.taken.account.id ?? null;

  it('takes a slot of the first account that has one free', async () => {
    const [a, b] = [candidate('a', 1), candidate('b', 2)];
    expect([await take('r1', a, b), await take('r2', a, b), await take('r3', a, b)]).toEqual(['a', 'b', 'b']);
    expect(await take('r4', a, b)).toBeNull();
    const store = storeOfCase();
    expect(await store.zrange(slotsOf('a'), 0, -1)).toEqual(['r1']);
    expect(await store.zrange(slotsOf('b'), 0, -1)).toEqual(['r2', 'r3']);
    expect(Number(await store.zscore(slotsOf('a'), 'r1'))).toBe(clock.ms + LEASE_MS);
    expect(await store.pttl(slotsOf('a'))).toBeGreaterThan(LEASE_MS + 20_000);
  });

  it('goes by another limit where it is given one', async () => {
    const candidates = [candidate('a', 0), candidate('b', 9)];
    const take = async (requestId: string): Promise<string | undefined> =>
      (await sut.takeFirst(candidates, requestId, () => 1))?.taken.account.id;
    expect([await take('r1'), await take('r2'), await take('r3')]).toEqual(['a', 'b', undefined]);
  });

  it('gives the slot to the keeper, which takes it out in the end', async () => {
    const found = await sut.takeFirst([candidate('a', 1)], 'r1');
    expect(leases.open.size).toBe(1);
    await found?.slot.release();
    expect(await storeOfCase().zcard(slotsOf('a'))).toBe(0);
  });

  it('takes no notice of slots that have expired', async () => {
    await take('r1', candidate('a', 1));
    clock.ms += LEASE_MS - 1;
    expect(await take('r2', candidate('a', 1))).toBeNull();
    clock.ms += 1;
    expect(await take('r3', candidate('a', 1))).toBe('a');
    expect(await storeOfCase().zrange(slotsOf('a'), 0, -1)).toEqual(['r3']);
  });

  it('counts the slots that are taken, those that have expired left out, and removes none', async () => {
    const [a, b, c] = [toAccountId('a'), toAccountId('b'), toAccountId('c')];
    await take('r1', candidate('a', 3));
    clock.ms += LEASE_MS;
    await take('r2', candidate('b', 3));
    await take('r3', candidate('b', 3));
    expect([...(await sut.countTaken([a, b, c]))]).toEqual([[b, 2]]);
    expect(await storeOfCase().zcard(slotsOf('a'))).toBe(1);
    clock.ms -= 1;
    expect((await sut.countTaken([a])).get(a)).toBe(1);
    expect((await sut.countTaken([])).size).toBe(0);
  });

  it('fails where a set is of another type', async () => {
    await storeOfCase().set(slotsOf('a'), 'x');
    await expect(sut.countTaken([toAccountId('a')])).rejects.toThrow('WRONGTYPE');
  });

  it('shortens the life of no set that others keep for longer', async () => {
    await storeOfCase().zadd(slotsOf('a'), clock.ms + 600_000, 'of another version');
    await storeOfCase().pexpire(slotsOf('a'), 630_000);
    expect(await take('r1', candidate('a', 2))).toBe('a');
    expect(await storeOfCase().pttl(slotsOf('a'))).toBeGreaterThan(600_000);
    expect(await take('r2', candidate('a', 2))).toBeNull();
  });

  it('never gives more slots than there are, whatever is taken and ended at the same time', async () => {
    const limits = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(limits, fc.integer({ min: 1, max: 8 }), fc.uuid(), async (slots, requests, run) => {
        const candidates = slots.map((max, i) => candidate(`${run}-${String(i)}`, max));
        const all = await Promise.all(
          Array.from({ length: requests }, (_, i) => sut.takeFirst(candidates, `${run}-r${String(i)}`)),
        );
        const total = slots.reduce((sum, max) => sum + max, 0);
        expect(all.filter((found) => found !== null)).toHaveLength(Math.min(total, requests));
        for (const { account } of candidates) {
          const taken = all.filter((found) => found?.taken.account.id === account.id).length;
          expect(taken).toBeLessThanOrEqual(account.maxConcurrentTasks);
          expect(await storeOfCase().zcard(slotsOf(account.id))).toBe(taken);
        }
        for (const found of all) await found?.slot.release();
        for (const { account } of candidates) expect(await storeOfCase().zcard(slotsOf(account.id))).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});

describe('AccountSlotRepository', () => {
  it('asks the store once for all accounts', async () => {
    let asked = 0;
    const store = { runScript: () => Promise.resolve((asked += 1) > 0 ? null : 0) };
    const sut = new AccountSlotRepository(store as never, new FakeLeases().asKeeper(), new TestClock(0), NOTHING_WAITS);
    expect(await sut.takeFirst([candidate('a', 1), candidate('b', 1)], 'r1')).toBeNull();
    expect(asked).toBe(1);
  });

  describe('while the store is away', () => {
    const away = new StoreUnavailableError('away');
    const create = (clock: TestClock) => {
      const leases = new FakeLeases();
      const store = { runScript: () => Promise.reject(away) };
      return { leases, sut: new AccountSlotRepository(store as never, leases.asKeeper(), clock, NOTHING_WAITS) };
    };

    it('counts what this process holds, whatever is asked at the same time', async () => {
      const { sut } = create(new TestClock(0));
      const ask = (requestId: string) => sut.takeFirst([candidate('a', 1), candidate('b', 2)], requestId);
      const all = await Promise.all(['r1', 'r2', 'r3', 'r4', 'r5'].map(ask));
      expect(all.map((found) => found?.taken.account.id ?? null)).toEqual(['a', 'b', 'b', null, null]);
      await all[1]?.slot.release();
      expect((await ask('r6'))?.taken.account.id).toBe('b');
    });

    it('does so for a minute, and hides no other fault', async () => {
      const clock = new TestClock(0);
      const { sut } = create(clock);
      await sut.takeFirst([candidate('a', 1)], 'r1');
      clock.ms += 60_000;
      await expect(sut.takeFirst([candidate('a', 9)], 'r2')).rejects.toBe(away);
    });
  });
});
