import { toAccountId } from '@crs/extension-api';
import { openSqliteStore, type SqliteStore } from '@crs/store';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { boundTo, coolingDown, createScheduler, NOW, query, state } from '../../test/support/scheduler-fixture.ts';
import type { AccountMarks, AccountState } from '../account/account-state.js';
import { AwaitedAccountError } from './awaited-account.error.js';
import type { SchedulerService, SelectionQuery } from './scheduler.service.js';

const UNTIL = NOW + 2000;
const limited = (inMs: number): Partial<AccountMarks> => ({
  coolDown: { type: 'rate_limit', statusCode: 429, until: new Date(NOW + inMs) },
});
const limitedModel = (inMs: number): Partial<AccountMarks> => ({
  limitedModels: new Map([['claude-opus', new Date(NOW + inMs)]]),
});

describe('SchedulerService, of a session whose account is over its rate for a moment', () => {
  let store: SqliteStore;
  let states: AccountState[];
  let sut: SchedulerService;

  beforeEach(async () => {
    store = openSqliteStore(':memory:', { now: () => NOW });
    sut = createScheduler(store, () => states);
    states = [state('a')];
    await sut.remember('session', await sut.selectAccount(query({ sessionHash: 'session' })));
  });

  afterEach(() => store.quit());

  /** Epoch ms until which the account is waited for; null = another one was picked. */
  const awaited = async (
    change: Partial<SelectionQuery> = {},
    until: number | null = UNTIL,
  ): Promise<number | null> => {
    try {
      await sut.selectAccount(query({ sessionHash: 'session', ...change }), until);
      return null;
    } catch (error) {
      if (!(error instanceof AwaitedAccountError)) throw error;
      return error.until.getTime();
    }
  };

  it.each([
    ['the account', limited(1500)],
    ['the model', limitedModel(1500)],
  ])('waits for the end of a rate limit of %s', async (_, marks) => {
    states = [state('a', {}, marks), state('b')];
    expect(await awaited()).toBe(NOW + 1500);
  });

  it('waits for the last of several limits, and where there is no other account', async () => {
    states = [state('a', {}, { ...limited(1000), ...limitedModel(2000) })];
    expect(await awaited()).toBe(UNTIL);
  });

  it.each<[string, Partial<AccountMarks>]>([
    ['lasts longer', limited(2001)],
    ['is not all that holds it back for so long', { ...limited(1000), ...limitedModel(2001) }],
    ['is none', coolingDown(1)],
    ['is not all', { ...limited(1000), missingModels: new Map([['claude-opus', new Date(NOW + 1000)]]) }],
  ])('takes another account at once where the limit %s', async (_, marks) => {
    states = [state('a', {}, marks), state('b')];
    expect(await awaited()).toBeNull();
  });

  it.each<[string, Partial<SelectionQuery>, number | null]>([
    ['nobody may wait', {}, null],
    ['there is no session', { sessionHash: null }, UNTIL],
    ['the session is new', { sessionHash: 'another' }, UNTIL],
    ['the account was asked already', { excluded: new Set([toAccountId('a')]) }, UNTIL],
  ])('takes another account at once where %s', async (_, change, until) => {
    states = [state('a', {}, limited(1000)), state('b')];
    expect(await awaited(change, until)).toBeNull();
  });

  it('does not wait for an account of the pool while the bound one is there', async () => {
    states = [state('mine', { accountType: 'dedicated' }), state('a', {}, limited(1000))];
    expect(await awaited({ ...boundTo('mine', true), sessionHash: 'session' })).toBeNull();
    states = [state('mine', { accountType: 'dedicated' }, coolingDown(60)), state('a', {}, limited(1000)), state('b')];
    expect(await awaited({ ...boundTo('mine', true), sessionHash: 'session' })).toBe(NOW + 1000);
  });
});
