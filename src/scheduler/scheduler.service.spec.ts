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
import { testPrincipal } from '../../test/support/test-principal.ts';
import type { AccountState } from '../account/account-state.js';
import type { SchedulerService, SelectionQuery } from './scheduler.service.js';

describe('SchedulerService', () => {
  let store: SqliteStore;
  let states: AccountState[];
  let sut: SchedulerService;

  const createSut = (dedicatedFallback = false): SchedulerService =>
    createScheduler(store, () => states, dedicatedFallback);

  beforeEach(() => {
    store = openSqliteStore(':memory:', { now: () => NOW });
    states = [state('a'), state('b')];
    sut = createSut();
  });

  afterEach(() => store.quit());

  const pick = async (asked: SelectionQuery): Promise<string> => (await sut.selectAccount(asked)).account.id;

  it('takes turns among the shared accounts', async () => {
    states = [
      state('a'),
      state('dedicated', { accountType: 'dedicated' }),
      state('b'),
      state('grouped', { accountType: 'group' }),
    ];
    expect([await pick(query()), await pick(query()), await pick(query())]).toEqual(['a', 'b', 'a']);
  });

  it.each([
    ['inactive', { isActive: false }, {}],
    ['unschedulable', { schedulable: false }, {}],
    ['status', { status: 'unauthorized' }, {}],
    ['model', { supportedModels: { other: 'other' } }, {}],
    ['cooling_down', {}, coolingDown(30)],
    ['rate_limited', {}, { resetAt: new Date(NOW + 1000) }],
    ['quota', { dailyQuotaUsd: 5 }, { quotaSpentUsd: 5, quotaResetsAt: new Date(NOW + 1000) }],
  ] as const)('leaves an account out that is not usable: %s', async (reason, change, marks) => {
    states = [state('a', change, marks), state('b', { priority: 99 })];
    expect(await pick(query())).toBe('b');
    states = [state('a', change, marks)];
    expect((await refusalOf(sut, query())).counts).toEqual(new Map([[reason, 1]]));
  });

  it('leaves out what was tried already', async () => {
    expect(await pick(query({ excluded: new Set([toAccountId('a')]) }))).toBe('b');
    const { counts, retryAt } = await refusalOf(
      sut,
      query({ excluded: new Set([toAccountId('a'), toAccountId('b')]) }),
    );
    expect(counts).toEqual(new Map([['excluded', 2]]));
    expect(retryAt).toBeNull();
  });

  it('says when the first account is back', async () => {
    states = [state('a', {}, coolingDown(90)), state('b', {}, coolingDown(30)), state('c', { isActive: false })];
    expect((await refusalOf(sut, query())).retryAt).toEqual(new Date(NOW + 30_000));
  });

  it('says when the first account has the model again, or may be asked for it', async () => {
    const inSeconds = (seconds: number) => new Map([['claude-opus', new Date(NOW + seconds * 1000)]]);
    states = [
      state('a', {}, { missingModels: inSeconds(90) }),
      state('b', {}, { limitedModels: inSeconds(40) }),
      state('c', { supportedModels: { other: 'other' } }, coolingDown(5)),
    ];
    const { counts, retryAt } = await refusalOf(sut, query());
    expect([...counts]).toEqual([
      ['model', 2],
      ['rate_limited', 1],
    ]);
    expect(retryAt).toEqual(new Date(NOW + 40_000));
    expect(await pick(query({ model: 'claude-sonnet' }))).toBe('a');
  });

  it('says so where there is no account at all', async () => {
    states = [];
    expect((await refusalOf(sut, query())).counts.size).toBe(0);
  });

  describe('with a session', () => {
    const session = query({ sessionHash: 'session' });

    it('stays with the account that served it', async () => {
      const first = await sut.selectAccount(session);
      expect(first).toMatchObject({ account: { id: 'a' }, sticky: false });
      await sut.remember('session', first);
      await sut.selectAccount(query());
      expect(await sut.selectAccount(session)).toMatchObject({ account: { id: 'a' }, sticky: true });
      expect(await sut.selectAccount(session)).toMatchObject({ account: { id: 'a' }, sticky: true });
    });

    it('is served by another account while its own is away, and comes back', async () => {
      await sut.remember('session', await sut.selectAccount(session));
      states = [state('a', {}, coolingDown(30)), state('b')];
      expect(await sut.selectAccount(session)).toMatchObject({ account: { id: 'b' }, sticky: false });
      states = [state('a'), state('b')];
      expect(await sut.selectAccount(session)).toMatchObject({ account: { id: 'a' }, sticky: true });
    });

    it('has strayed where it is mapped to another account, and only there', async () => {
      const fresh = await sut.selectAccount(session);
      expect(fresh.strayed).toBe(false);
      await sut.remember('session', fresh);
      expect(await sut.selectAccount(session)).toMatchObject({ account: { id: 'a' }, strayed: false });
      const excluded = new Set([toAccountId('a')]);
      expect(await sut.selectAccount({ ...session, excluded })).toMatchObject({ account: { id: 'b' }, strayed: true });
      expect(await sut.selectAccount(query({ excluded }))).toMatchObject({ account: { id: 'b' }, strayed: false });
      states = [state('a', {}, coolingDown(30)), state('b')];
      const other = await sut.selectAccount(session);
      expect(other).toMatchObject({ account: { id: 'b' }, strayed: true });
      await sut.remember('session', other);
      expect(await sut.selectAccount(session)).toMatchObject({ account: { id: 'b' }, strayed: false });
    });

    it('has strayed where the slots of its account are all taken', async () => {
      states = [state('a', { maxConcurrentTasks: 1 }), state('b')];
      await sut.remember('session', await sut.selectAccount({ ...session, slotFor: 'one' }));
      const next = await sut.selectAccount({ ...session, slotFor: 'two' });
      expect(next).toMatchObject({ account: { id: 'b' }, strayed: true });
    });

    it('has not strayed with the account that it is mapped to on another platform', async () => {
      states = [state('a'), state('c', { platform: 'codex' })];
      const both = { ...session, platforms: ['claude-console', 'codex'] };
      const excluded = new Set([toAccountId('a')]);
      await sut.remember('session', await sut.selectAccount({ ...both, excluded }));
      expect(await sut.selectAccount(both)).toMatchObject({ account: { id: 'c' }, sticky: true, strayed: false });
      states = [state('a'), state('c', { platform: 'codex' }, coolingDown(30))];
      expect(await sut.selectAccount(both)).toMatchObject({ account: { id: 'a' }, strayed: true });
    });

    it('stays with the account of another platform that it has moved to', async () => {
      const both = { ...session, platforms: ['claude-console', 'codex'] };
      states = [state('a'), state('c', { platform: 'codex', priority: 90 })];
      await sut.remember('session', await sut.selectAccount(both));
      states = [state('a', {}, coolingDown(30)), state('c', { platform: 'codex', priority: 90 })];
      await sut.remember('session', await sut.selectAccount(both));
      states = [state('a'), state('c', { platform: 'codex', priority: 90 })];
      expect(await sut.selectAccount(both)).toMatchObject({ account: { id: 'c' }, sticky: true, strayed: false });
    });

    it('remembers nothing for a request without a session, or for the account that is remembered', async () => {
      const selection = await sut.selectAccount(session);
      await sut.remember(null, selection);
      await sut.remember('session', { ...selection, sticky: true });
      expect(await sut.selectAccount(session)).toMatchObject({ sticky: false });
    });
  });

  describe('with a bound key', () => {
    beforeEach(() => {
      states = [state('shared', { priority: 1 }), state('mine', { accountType: 'dedicated', priority: 90 })];
    });

    it('uses the bound account only', async () => {
      expect(await pick(boundTo('mine'))).toBe('mine');
      states = [state('shared'), state('mine', { accountType: 'dedicated', isActive: false })];
      expect((await refusalOf(sut, boundTo('mine'))).counts).toEqual(new Map([['inactive', 1]]));
    });

    it('refuses where the bound account is gone', async () => {
      expect(await refusalOf(sut, boundTo('deleted'))).toMatchObject({ counts: new Map(), isBoundElsewhere: false });
    });

    describe('to an account of a kind that is not served', () => {
      const elsewhere = (bindings: Record<string, string>, change: Partial<SelectionQuery> = {}): SelectionQuery =>
        query({ principal: testPrincipal({ bindings }), ...change });
      const codex = { platforms: ['codex'] };

      it.each([
        ['a login at Claude', { claudeAccountId: 'mine' }, {}],
        ['Bedrock', { bedrockAccountId: 'mine' }, {}],
        ['a login at ChatGPT', { openaiAccountId: 'mine' }, codex],
        [
          'a login at ChatGPT, and nothing serves the model',
          { openaiAccountId: 'mine' },
          { platforms: ['claude-console', 'codex'] },
        ],
      ])('refuses and never asks the pool: %s', async (_, bindings, change) => {
        states = [state('shared'), state('mine'), state('of-codex', { platform: 'codex' })];
        const asked = elsewhere(bindings, change);
        expect(await refusalOf(sut, asked)).toMatchObject({ counts: new Map(), isBoundElsewhere: true });
        expect(await sut.findObstacle(asked)).toMatchObject({ isBoundElsewhere: true });
        expect(await sut.listReachable(asked.principal, asked.platforms)).toEqual([]);
      });

      it.each([
        ['to Claude Console, too', { claudeAccountId: 'login', claudeConsoleAccountId: 'mine' }, {}, 'mine'],
        ['for another service only', { openaiAccountId: 'login' }, {}, 'shared'],
        [
          'for no service that v2 has',
          { geminiAccountId: 'g', azureOpenaiAccountId: 'a', droidAccountId: 'd' },
          {},
          'shared',
        ],
        ['for Claude only', { claudeAccountId: 'login', bedrockAccountId: 'b' }, codex, 'of-codex'],
        ['to Codex with its prefix', { openaiAccountId: 'responses:of-codex' }, codex, 'of-codex'],
      ])('is served where the key is bound %s', async (_, bindings, change, expected) => {
        states = [
          state('shared'),
          state('mine', { accountType: 'dedicated' }),
          state('of-codex', { platform: 'codex' }),
        ];
        expect(await pick(elsewhere(bindings, change))).toBe(expected);
      });

      it('falls back to the pool where that is allowed, and is refused for its own reasons then', async () => {
        sut = createSut(true);
        expect(await pick(elsewhere({ claudeAccountId: 'login' }))).toBe('shared');
        states = [state('shared', { isActive: false })];
        expect(await refusalOf(sut, elsewhere({ claudeAccountId: 'login' }))).toMatchObject({
          counts: new Map([['inactive', 1]]),
          isBoundElsewhere: false,
        });
      });
    });

    it.each([
      ['the gateway allows it', true, null],
      ['the key allows it', false, true],
    ])('falls back to the pool where %s, and prefers its own account', async (_, configured, own) => {
      sut = createSut(configured);
      expect(await pick(boundTo('mine', own))).toBe('mine');
      states = [state('shared'), state('mine', { isActive: false })];
      expect(await pick(boundTo('mine', own))).toBe('shared');
    });

    it('does not fall back where the key forbids it', async () => {
      sut = createSut(true);
      states = [state('shared'), state('mine', { isActive: false })];
      await refusalOf(sut, boundTo('mine', false));
    });

    it('uses the accounts of its group only, whatever their type', async () => {
      states = [state('shared'), state('one', { accountType: 'group' }), state('two', { accountType: 'dedicated' })];
      await store.sadd(keys.group.members('g1'), 'one', 'two', 'deleted');
      const grouped = query({ principal: testPrincipal({ bindings: { claudeAccountId: 'group:g1' } }) });
      expect(new Set([await pick(grouped), await pick(grouped)])).toEqual(new Set(['one', 'two']));
      const empty = query({ principal: testPrincipal({ bindings: { claudeAccountId: 'group:g2' } }) });
      expect((await refusalOf(sut, empty)).counts.size).toBe(0);
    });

    it('lists the accounts in reach', async () => {
      const ids = async (asked: SelectionQuery): Promise<string[]> =>
        (await sut.listReachable(asked.principal, asked.platforms)).map(({ id }) => id);
      expect(await ids(boundTo('mine'))).toEqual(['mine']);
      expect(await ids(query())).toEqual(['shared']);
      expect(await ids(boundTo('mine', true))).toEqual(['mine', 'shared']);
    });
  });
});
