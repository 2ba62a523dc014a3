import { toAccountId } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import { beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeOnEachStore } from '../../../test/support/each-store.ts';
import { coolingDown, createScheduling, NOW, query, state } from '../../../test/support/scheduler-fixture.ts';
import { dumpStore } from '../../../test/support/store-dump.ts';
import { testPrincipal } from '../../../test/support/test-principal.ts';
import type { AccountMarks, AccountState } from '../../account/account-state.js';
import { RECOVERY_MS } from '../../account/recovery-ramp.js';
import { NoAccountError } from '../no-account.error.js';
import type { Selection, SelectionQuery } from '../scheduler.service.js';

const PLATFORMS = ['claude-console', 'codex'] as const;
const MODEL = 'claude-opus';
const SESSION = 'session';
/** Little enough that serving a request of the session would renew it. */
const SESSION_LEFT_MS = 600_000;
const MOST = 6;

const recovering = (served: number): Partial<AccountMarks> => ({
  recovery: { since: new Date(NOW), until: new Date(NOW + RECOVERY_MS), served },
});

const anyMarks = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  fc.constant(coolingDown(30)),
  fc.constant({ limitedModels: new Map([[MODEL, new Date(NOW + 9000)]]) }),
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 1 }).map(recovering) },
);

const anyAccount = fc.record({
  platform: fc.constantFrom('claude-console', ...PLATFORMS),
  accountType: fc.constantFrom('shared' as const, 'shared' as const, 'dedicated' as const, 'group' as const),
  priority: fc.constantFrom(1, 2, 2, 2),
  isActive: fc.constantFrom(true, true, true, false),
  maxConcurrentTasks: fc.integer({ min: 0, max: 2 }),
  marks: anyMarks,
  /** Slots that are taken, and such that nobody has renewed. */
  slots: fc.record({ live: fc.integer({ min: 0, max: 3 }), expired: fc.integer({ min: 0, max: 2 }) }),
});

const anyPlace = fc.integer({ min: 0, max: MOST - 1 });

const anyWorld = fc.record({
  accounts: fc.array(anyAccount, { maxLength: MOST }),
  binding: fc.oneof(
    { weight: 2, arbitrary: fc.constant(null) },
    fc.record({ kind: fc.constant('account' as const), at: anyPlace }),
    fc.record({ kind: fc.constant('group' as const), at: fc.uniqueArray(anyPlace) }),
  ),
  fallback: fc.constantFrom(null, true, false),
  mapped: fc.record({ 'claude-console': fc.option(anyPlace), codex: fc.option(anyPlace) }),
  hasSession: fc.boolean(),
  takesSlot: fc.constantFrom(true, true, false),
  platforms: fc.constantFrom<string[]>(['claude-console'], [...PLATFORMS]),
  excluded: fc.uniqueArray(anyPlace, { maxLength: 2 }),
  /** Left out of a look ahead that is about another request. */
  aside: anyPlace,
  /** Requests that were served before, of which each is a turn. */
  earlier: fc.integer({ min: 0, max: 7 }),
});

type World = typeof anyWorld extends fc.Arbitrary<infer T> ? T : never;

const idAt = (at: number) => toAccountId(`account-${String(at)}`);

const statesOf = ({ accounts }: World): AccountState[] =>
  accounts.map(({ marks, slots: _, ...change }, at) => state(idAt(at), { ...change, name: idAt(at) }, marks));

function queryOf({ binding, fallback, hasSession, takesSlot, platforms, excluded }: World): SelectionQuery {
  const claudeConsoleAccountId = binding?.kind === 'account' ? idAt(binding.at) : '';
  const claudeAccountId = binding?.kind === 'group' ? 'group:g' : '';
  return query({
    principal: testPrincipal({ bindings: { claudeConsoleAccountId, claudeAccountId }, dedicatedFallback: fallback }),
    platforms,
    model: MODEL,
    sessionHash: hasSession ? SESSION : null,
    slotFor: takesSlot ? 'request' : null,
    excluded: new Set(excluded.map(idAt)),
  });
}

async function fill(store: StoreClient, { accounts, binding, mapped }: World): Promise<void> {
  if (binding?.kind === 'group' && binding.at.length > 0) {
    await store.sadd(keys.group.members('g'), ...binding.at.map(idAt));
  }
  const types = { 'claude-console': 'claude-console', codex: 'openai-responses' };
  const prefixes = { 'claude-console': 'unified_claude_session_mapping:', codex: 'unified_openai_session_mapping:' };
  for (const name of PLATFORMS) {
    const at = mapped[name];
    if (at === null) continue;
    const mapping = JSON.stringify({ accountId: idAt(at), accountType: types[name] });
    await store.set(keys.session.mapping(prefixes[name], SESSION), mapping, 'PX', SESSION_LEFT_MS);
  }
  for (const [at, { slots }] of accounts.entries()) {
    const set = keys.limits.accountConcurrency(idAt(at));
    for (let i = 0; i < slots.live; i += 1) await store.zadd(set, NOW + 1 + i * 1000, `live-${String(i)}`);
    for (let i = 0; i < slots.expired; i += 1) await store.zadd(set, NOW - i * 1000, `expired-${String(i)}`);
  }
}

/** The whole store; how long a key lives to the minute, as the time goes on meanwhile. */
async function snapshot(store: StoreClient): Promise<unknown> {
  const dump = await dumpStore(store);
  const rough = (seconds: number | null): number | null => (seconds === null ? null : Math.round((seconds + 20) / 60));
  return Object.entries(dump).map(([key, { type, value, ttlSeconds }]) => ({
    key,
    type,
    value,
    ttl: rough(ttlSeconds),
  }));
}

async function clear(store: StoreClient): Promise<void> {
  const names = Object.keys(await dumpStore(store));
  if (names.length > 0) await store.del(...names);
}

describeOnEachStore('AccountExplainer', (storeOfCase) => {
  let store: StoreClient;

  beforeEach(() => {
    store = storeOfCase();
  });

  it('says who the next requests are sent to, one after the other, and changes nothing by it', async () => {
    await fc.assert(
      fc.asyncProperty(anyWorld, async (world) => {
        await clear(store);
        const states = statesOf(world);
        const { scheduler, explainer } = createScheduling(store, () => states);
        const asked = queryOf(world);
        const select = async (change: Partial<SelectionQuery>): Promise<Selection | null> => {
          try {
            const selection = await scheduler.selectAccount({ ...asked, ...change });
            await selection.slot?.release();
            return selection;
          } catch (error) {
            if (error instanceof NoAccountError) return null;
            throw error;
          }
        };
        for (let i = 0; i < world.earlier; i += 1) await select({ sessionHash: null, slotFor: null });
        await fill(store, world);

        const before = await snapshot(store);
        const explained = await explainer.explain({ ...asked, takesSlot: asked.slotFor !== null });
        await explainer.explain({ ...asked, takesSlot: false, excluded: new Set([idAt(world.aside)]) });
        expect(await explainer.explain({ ...asked, takesSlot: asked.slotFor !== null })).toEqual(explained);
        expect(await snapshot(store)).toEqual(before);

        const excluded = new Set(asked.excluded);
        const picked: Selection[] = [];
        for (let next = await select({}); next !== null; next = await select({ excluded })) {
          picked.push(next);
          excluded.add(next.account.id);
        }
        const ofVerdict = (verdict: string) => explained.filter((one) => one.verdict === verdict);
        expect(ofVerdict('chosen').map((one) => one.state.account.id)).toEqual(
          picked.slice(0, 1).map(({ account }) => account.id),
        );
        expect(explained.slice(0, picked.length).map((one) => [one.state.account.id, one.order])).toEqual(
          picked.map(({ account }, at) => [account.id, at + 1]),
        );
        for (const { order, reasons, verdict } of explained) {
          expect([verdict === 'rejected', reasons.length > 0]).toEqual([order === null, order === null]);
        }
        picked.forEach((selection, at) => {
          if (selection.sticky) expect(explained[at]?.sticky).toBe(true);
          if (selection.recovering) expect(explained[at]?.recovering).toBe(true);
        });
        expect(explained).toHaveLength(
          states.filter(({ account }) => asked.platforms.includes(account.platform)).length,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('gives every account by itself the reasons for which a request would leave it out', async () => {
    const inPool = (marks: Partial<AccountMarks>, change = {}): AccountState => state('a', change, marks);
    const cases: readonly [AccountState, number, object][] = [
      [inPool({}), 0, { verdict: 'chosen', order: 1, reasons: [], slots: null, tier: 'pool' }],
      [
        inPool({}, { maxConcurrentTasks: 2 }),
        2,
        { verdict: 'rejected', reasons: ['slots_full'], slots: { limit: 2, inUse: 2, share: null }, availableAt: null },
      ],
      [
        inPool(recovering(1)),
        5,
        { verdict: 'chosen', recovering: true, slots: { limit: null, inUse: 5, share: 2 }, coolDownUntil: null },
      ],
      [
        inPool(coolingDown(30), { accountType: 'dedicated', isActive: false }),
        0,
        {
          verdict: 'rejected',
          tier: null,
          reasons: ['not_in_pool', 'inactive', 'cooling_down'],
          coolDownUntil: new Date(NOW + 30_000),
          coolDownLeftSeconds: 30,
          availableAt: null,
        },
      ],
      [
        inPool({ quotaSpentUsd: 5.1 + 0.2, quotaResetsAt: new Date(NOW + 1500) }, { dailyQuotaUsd: 5 }),
        0,
        {
          verdict: 'rejected',
          reasons: ['quota'],
          coolDownUntil: null,
          availableAt: new Date(NOW + 1500),
          dailyQuota: { limitUsd: 5, spentUsd: 5.3, leftUsd: 0, resetsAt: new Date(NOW + 1500) },
        },
      ],
    ];
    for (const [account, slots, expected] of cases) {
      await clear(store);
      for (let i = 0; i < slots; i += 1) {
        await store.zadd(keys.limits.accountConcurrency('a'), NOW + 1, `r${String(i)}`);
      }
      const { explainer } = createScheduling(store, () => [account]);
      const [explained] = await explainer.explain({ ...query(), takesSlot: true });
      expect(explained).toMatchObject(expected);
    }
  });

  it('uses up no turn', async () => {
    const { scheduler, explainer } = createScheduling(store, () => [state('a'), state('b'), state('c')]);
    await explainer.explain({ ...query({ excluded: new Set([toAccountId('b')]) }), takesSlot: true });
    const picked = [];
    for (let i = 0; i < 3; i += 1) picked.push((await scheduler.selectAccount(query())).account.id);
    expect(picked).toEqual(['a', 'b', 'c']);
  });

  it('sorts those that are not asked by their names', async () => {
    const named = (id: string, name: string): AccountState => state(id, { name, isActive: false });
    const states = [named('1', 'b'), named('2', 'a'), named('3', 'c'), named('4', 'a'), state('5', { name: 'z' })];
    const { explainer } = createScheduling(store, () => states);
    const explained = await explainer.explain({ ...query(), takesSlot: true });
    expect(explained.map((one) => one.state.account.name)).toEqual(['z', 'a', 'a', 'b', 'c']);
  });
});
