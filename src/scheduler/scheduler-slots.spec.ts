import { toAccountId } from '@crs/extension-api';
import { keys, openSqliteStore, type SqliteStore } from '@crs/store';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  boundTo,
  coolingDown,
  createScheduler,
  NOW,
  query,
  refusalOf,
  state,
} from '../../test/support/scheduler-fixture.ts';
import type { AccountState } from '../account/account-state.js';
import { LEASE_MS } from '../core/lease/lease-keeper.js';
import type { SchedulerService, SelectionQuery } from './scheduler.service.js';

describe('SchedulerService', () => {
  let store: SqliteStore;
  let states: AccountState[];
  let sut: SchedulerService;

  beforeEach(() => {
    store = openSqliteStore(':memory:', { now: () => NOW });
    states = [state('a'), state('b')];
    sut = createScheduler(store, () => states);
  });

  afterEach(() => store.quit());

  const pick = async (asked: SelectionQuery): Promise<string> => (await sut.selectAccount(asked)).account.id;

  describe('asked for the obstacle only', () => {
    it('names none while an account is left, and uses up no turn', async () => {
      expect(await sut.findObstacle(query())).toBeNull();
      expect(await pick(query())).toBe('a');
      expect(await sut.findObstacle(query({ excluded: new Set([toAccountId('a')]) }))).toBeNull();
    });

    it('names the same reasons', async () => {
      states = [state('a', {}, coolingDown(30)), state('b', { isActive: false })];
      const obstacle = await sut.findObstacle(query());
      expect(obstacle).toEqual(await refusalOf(sut, query()));
      expect(obstacle?.counts).toEqual(
        new Map([
          ['cooling_down', 1],
          ['inactive', 1],
        ]),
      );
    });

    it('takes no slot', async () => {
      states = [state('a', { maxConcurrentTasks: 1 })];
      expect(await sut.findObstacle(query())).toBeNull();
      expect(await store.exists(keys.limits.accountConcurrency('a'))).toBe(0);
    });
  });

  describe('with slots', () => {
    let requests = 0;
    const asking = (change: Partial<SelectionQuery> = {}): SelectionQuery =>
      query({ slotFor: `r${String((requests += 1))}`, ...change });

    it('passes over an account whose slots are all taken', async () => {
      states = [state('a', { maxConcurrentTasks: 1, priority: 1 }), state('b', { maxConcurrentTasks: 2, priority: 2 })];
      expect([await pick(asking()), await pick(asking()), await pick(asking())]).toEqual(['a', 'b', 'b']);
      const { counts, retryAt } = await refusalOf(sut, asking());
      expect(counts).toEqual(new Map([['slots_full', 2]]));
      expect(retryAt).toEqual(new Date(NOW + 1000));
    });

    it('gives the slot with the account, and the account again once the slot was ended', async () => {
      states = [state('a', { maxConcurrentTasks: 1 })];
      const { slot } = await sut.selectAccount(asking({ slotFor: 'req_1' }));
      expect(slot?.handOver()).toEqual({ set: keys.limits.accountConcurrency('a'), member: 'req_1' });
      await store.zrem(keys.limits.accountConcurrency('a'), 'req_1');
      expect(await pick(asking())).toBe('a');
    });

    it('takes none where the account has no limit, and asks the store for nothing', async () => {
      states = [state('a'), state('b', { maxConcurrentTasks: 1 })];
      await store.quit();
      expect(await sut.selectAccount(asking())).toMatchObject({ account: { id: 'a' }, slot: null });
    });

    it('takes none for a request that needs none, however full the account is', async () => {
      states = [state('a', { maxConcurrentTasks: 1 })];
      await pick(asking());
      expect(await sut.selectAccount(query())).toMatchObject({ account: { id: 'a' }, slot: null });
    });

    it('falls to an account without a limit behind full ones', async () => {
      states = [state('a', { maxConcurrentTasks: 1, priority: 1 }), state('b', { priority: 2 })];
      await pick(asking());
      expect(await sut.selectAccount(asking())).toMatchObject({ account: { id: 'b' }, slot: null });
    });

    it('takes turns among the others while one is full', async () => {
      states = [state('a', { maxConcurrentTasks: 1 }), state('b'), state('c')];
      const picked = [];
      for (let i = 0; i < 7; i += 1) picked.push(await pick(asking()));
      expect(picked).toEqual(['a', 'b', 'c', 'b', 'c', 'b', 'c']);
    });

    it('spreads requests that come at the same moment', async () => {
      states = [state('a', { maxConcurrentTasks: 9 }), state('b', { maxConcurrentTasks: 9 })];
      const picked = await Promise.all(Array.from({ length: 6 }, () => pick(asking())));
      expect(picked.filter((id) => id === 'a')).toHaveLength(3);
    });

    it('serves a session by another account while its own is full, and comes back', async () => {
      states = [state('a', { maxConcurrentTasks: 1 }), state('b')];
      const session = (): SelectionQuery => asking({ sessionHash: 'session' });
      const first = await sut.selectAccount(session());
      await sut.remember('session', first);
      expect(await sut.selectAccount(session())).toMatchObject({ account: { id: 'b' }, sticky: false });
      await first.slot?.release();
      expect(await sut.selectAccount(session())).toMatchObject({ account: { id: 'a' }, sticky: true });
    });

    it('goes to the pool where the accounts of the key are full and it may', async () => {
      states = [state('shared'), state('mine', { accountType: 'dedicated', maxConcurrentTasks: 1 })];
      const mine = (fallback: boolean): SelectionQuery => ({ ...boundTo('mine', fallback), slotFor: 'r' });
      expect(await pick(mine(true))).toBe('mine');
      expect(await pick(mine(true))).toBe('shared');
      expect((await refusalOf(sut, mine(false))).counts).toEqual(new Map([['slots_full', 1]]));
    });

    it('names the reasons of the others beside the full ones', async () => {
      states = [state('a', { maxConcurrentTasks: 1 }), state('b', { maxConcurrentTasks: 1 }, coolingDown(30))];
      await pick(asking());
      const { counts, retryAt, lacksEndpoint } = await refusalOf(sut, asking());
      expect([...counts]).toEqual([
        ['slots_full', 1],
        ['cooling_down', 1],
      ]);
      expect(retryAt).toEqual(new Date(NOW + 1000));
      expect(lacksEndpoint).toBe(false);
    });

    it('counts slots that expire by themselves as free', async () => {
      states = [state('a', { maxConcurrentTasks: 1 })];
      await store.zadd(keys.limits.accountConcurrency('a'), NOW, 'of a process that has died');
      expect(await pick(asking())).toBe('a');
      const score = await store.zscore(keys.limits.accountConcurrency('a'), `r${String(requests)}`);
      expect(Number(score)).toBe(NOW + LEASE_MS);
    });
  });
});
