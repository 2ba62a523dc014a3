import { toAccountId, type UpstreamAccount } from '@crs/extension-api';
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
import type { AccountMarks, AccountState } from '../account/account-state.js';
import { RECOVERY_MS } from '../account/recovery-ramp.js';
import type { SchedulerService, Selection, SelectionQuery } from './scheduler.service.js';

const CROWD = 100;

const recovering = (served = 0, since = NOW): Partial<AccountMarks> => ({
  recovery: { since: new Date(since), until: new Date(since + RECOVERY_MS), served },
});

describe('SchedulerService, of an account that has just come back', () => {
  let store: SqliteStore;
  let states: AccountState[];
  let sut: SchedulerService;
  let requests = 0;

  beforeEach(() => {
    store = openSqliteStore(':memory:', { now: () => NOW });
    sut = createScheduler(store, () => states);
  });

  afterEach(() => store.quit());

  const asking = (change: Partial<SelectionQuery> = {}): SelectionQuery =>
    query({ slotFor: `r${String((requests += 1))}`, ...change });
  const pick = (change: Partial<SelectionQuery> = {}): Promise<Selection> => sut.selectAccount(asking(change));
  const crowd = (change: () => Partial<SelectionQuery> = () => ({}), size = CROWD): Promise<Selection[]> =>
    Promise.all(Array.from({ length: size }, () => pick(change())));
  const countOf = (selections: readonly Selection[], id: string): number =>
    selections.filter(({ account }) => account.id === id).length;
  const pair = (served: number, change: Partial<UpstreamAccount> = {}): AccountState[] => [
    state('a', change, recovering(served)),
    state('b'),
  ];

  it.each([
    [0, 1],
    [1, 2],
    [2, 4],
    [3, 8],
    [4, 16],
  ])('after %d served requests gives it %d of a crowd that comes at once', async (served, share) => {
    states = pair(served);
    const picked = await crowd();
    expect([countOf(picked, 'a'), countOf(picked, 'b')]).toEqual([share, CROWD - share]);
    expect(picked.filter((selection) => selection.recovering)).toHaveLength(share);
  });

  it('gives it its turns again once it has recovered', async () => {
    states = [state('a', {}, recovering(0, NOW - RECOVERY_MS)), state('b')];
    const picked = await crowd();
    expect(countOf(picked, 'a')).toBe(CROWD / 2);
    expect(picked.some((selection) => selection.recovering || selection.slot !== null)).toBe(false);
  });

  it('counts what it has at the same time, not what it has had', async () => {
    states = pair(0);
    const [first] = (await crowd()).filter(({ account }) => account.id === 'a');
    expect(await pick()).toMatchObject({ account: { id: 'b' }, recovering: false, slot: null });
    await first?.slot?.release();
    const again = await crowd();
    expect(countOf(again, 'a')).toBe(1);
  });

  it('serves everybody by it where there is no other', async () => {
    states = [state('a', {}, recovering()), state('b', {}, coolingDown(30))];
    const picked = await crowd();
    expect(countOf(picked, 'a')).toBe(CROWD);
    expect(picked.every((selection) => selection.recovering)).toBe(true);
  });

  it('serves by it what the others have failed to serve', async () => {
    states = pair(0);
    await crowd();
    expect(await pick({ excluded: new Set([toAccountId('b')]) })).toMatchObject({ account: { id: 'a' } });
  });

  it('serves by it what the others are too full for', async () => {
    states = [state('a', {}, recovering()), state('b', { maxConcurrentTasks: 3 })];
    const picked = await crowd(undefined, 10);
    expect([countOf(picked, 'a'), countOf(picked, 'b')]).toEqual([7, 3]);
  });

  it.each([
    [3, 1, 3],
    [1, 2, 1],
  ])('never gives it more than its own limit of %d (served: %d)', async (maxConcurrentTasks, served, most) => {
    states = [state('a', { maxConcurrentTasks }, recovering(served))];
    const picked = await Promise.allSettled(Array.from({ length: 10 }, () => pick()));
    expect(picked.filter(({ status }) => status === 'fulfilled')).toHaveLength(most);
    expect((await refusalOf(sut, asking())).counts).toEqual(new Map([['slots_full', 1]]));
    expect(await store.zcard(keys.limits.accountConcurrency('a'))).toBe(most);
  });

  it('does not hold back requests that take no slot, nor learn from them', async () => {
    states = pair(0);
    const picked = await crowd(() => ({ slotFor: null }));
    expect(countOf(picked, 'a')).toBe(CROWD / 2);
    expect(picked.some((selection) => selection.recovering)).toBe(false);
  });

  it('takes another account, whatever its priority, and the pool where the key may use it', async () => {
    states = [state('a', { priority: 1 }, recovering()), state('b', { priority: 99 })];
    expect(countOf(await crowd(undefined, 10), 'b')).toBe(9);
    states = [state('mine', { accountType: 'dedicated' }, recovering()), state('b')];
    const mine = (fallback: boolean) => () => boundTo('mine', fallback);
    const open = await Promise.all(
      Array.from({ length: 10 }, (_, i) => sut.selectAccount({ ...mine(true)(), slotFor: `m${String(i)}` })),
    );
    expect([countOf(open, 'mine'), countOf(open, 'b')]).toEqual([1, 9]);
    const bound = await Promise.all(
      Array.from({ length: 10 }, (_, i) => sut.selectAccount({ ...mine(false)(), slotFor: `n${String(i)}` })),
    );
    expect(countOf(bound, 'mine')).toBe(10);
  });

  it('sends its sessions elsewhere beyond its share, and moves only those that were served there', async () => {
    states = [state('a'), state('b', { isActive: false })];
    const sessions = Array.from({ length: 10 }, (_, i) => `session-${String(i)}`);
    for (const session of sessions) await sut.remember(session, await pick({ sessionHash: session }));
    states = pair(0);
    const picked = await Promise.all(sessions.map((sessionHash) => pick({ sessionHash })));
    expect([countOf(picked, 'a'), countOf(picked, 'b')]).toEqual([1, 9]);
    expect(picked.filter(({ sticky }) => sticky)).toHaveLength(1);
    for (const { slot } of picked) await slot?.release();
    const [moved = '', failed = ''] = sessions.filter((_, i) => picked[i]?.account.id === 'b');
    const served = picked[sessions.indexOf(moved)];
    if (served !== undefined) await sut.remember(moved, served);
    states = [state('a'), state('b')];
    expect(await pick({ sessionHash: moved })).toMatchObject({ account: { id: 'b' }, sticky: true });
    expect(await pick({ sessionHash: failed })).toMatchObject({ account: { id: 'a' }, sticky: true });
  });
});

describe('SchedulerService, of an account that has failed', () => {
  it('spreads its sessions over all the others', async () => {
    const store = openSqliteStore(':memory:', { now: () => NOW });
    const others = ['b', 'c', 'd', 'e'];
    let states = [state('a')];
    const sut = createScheduler(store, () => states);
    const sessions = Array.from({ length: 200 }, (_, i) => `session-${String(i)}`);
    for (const session of sessions) {
      await sut.remember(session, await sut.selectAccount(query({ sessionHash: session })));
    }
    states = [state('a', {}, coolingDown(60)), ...others.map((id) => state(id))];
    const picked = await Promise.all(sessions.map((sessionHash) => sut.selectAccount(query({ sessionHash }))));
    expect(others.map((id) => picked.filter(({ account }) => account.id === id).length)).toEqual([50, 50, 50, 50]);
    await store.quit();
  });
});
