import type { AccountId } from '@crs/extension-api';
import type { AccountState } from '../../account/account-state.js';
import {
  availableAt,
  type AvailabilityQuestion,
  type UnavailableReason,
  unavailableReasons,
} from '../../account/availability.js';
import { shareOf } from '../../account/recovery-ramp.js';
import type { PoolView, Tier } from '../candidate-pool.js';
import type { LoadBalancer } from '../load-balancer.js';
import { availableOf, findMapped, followPlan, planSelection, type SlotTaker } from '../selection-plan.js';

/** Everything that decides who gets a request, at one moment. */
export interface Outlook {
  readonly view: PoolView;
  readonly question: AvailabilityQuestion;
  readonly platforms: readonly string[];
  /** Platform -> the account that its session mapping names; null = none. */
  readonly mappings: ReadonlyMap<string, AccountId | null>;
  /** The request takes a slot of an account with a limited number of them. */
  readonly takesSlot: boolean;
  /** Account -> slots that are taken; one that is missing has none. */
  readonly slotsTaken: ReadonlyMap<AccountId, number>;
  /** A copy: the turns of the requests that are thought through are noted in it. */
  readonly turns: LoadBalancer;
}

/** `chosen`: the next such request gets it. `kept`: asked when those before it fail. `rejected`: not asked. */
export const VERDICTS = ['chosen', 'kept', 'rejected'] as const;
export type Verdict = (typeof VERDICTS)[number];

interface SlotUse {
  /** Null: the account has no limit of its own. */
  readonly limit: number | null;
  readonly inUse: number;
  /** What it may have at the same time while it recovers and others can take requests; null = it is not recovering. */
  readonly share: number | null;
}

interface QuotaUse {
  readonly limitUsd: number;
  readonly spentUsd: number;
  readonly leftUsd: number;
  readonly resetsAt: Date | null;
}

/** How one account stands with one request. */
export interface AccountExplanation {
  readonly state: AccountState;
  /** Null: the account is not in the pool of the key. */
  readonly tier: Tier['kind'] | null;
  readonly verdict: Verdict;
  /** Place among the accounts that are asked, each when those before it have failed; 1 = first; null = not asked. */
  readonly order: number | null;
  readonly reasons: readonly UnavailableReason[];
  /** When the account's marks have ended, whatever else holds it back; null = there are none. */
  readonly coolDownUntil: Date | null;
  readonly coolDownLeftSeconds: number | null;
  /** When all reasons have ended by themselves; null = there is none, or one that does not. */
  readonly availableAt: Date | null;
  /** The session is mapped to it. */
  readonly sticky: boolean;
  readonly recovering: boolean;
  readonly slots: SlotUse | null;
  readonly dailyQuota: QuotaUse | null;
}

/** Every account of the platforms, in the order in which they are asked, then by name. */
export async function explain(outlook: Outlook): Promise<readonly AccountExplanation[]> {
  const order = await orderOf(outlook);
  const { tiers, outside } = outlook.view;
  const explained = [
    ...tiers.flatMap(({ kind, states }) => states.map((state) => explainOne(state, kind, order, outlook))),
    ...outside.map((state) => explainOne(state, null, order, outlook)),
  ];
  return explained.sort(byOrderThenName);
}

/** The accounts that would get the request, each when all before it have failed to serve it. */
async function orderOf(outlook: Outlook): Promise<readonly AccountState[]> {
  const { question, platforms, mappings, takesSlot, slotsTaken, turns, view } = outlook;
  const freeSlot: SlotTaker<null> = (limited, limitOf) => {
    const taken = limited.find((state) => (slotsTaken.get(state.account.id) ?? 0) < limitOf(state));
    return Promise.resolve(taken === undefined ? null : { taken, slot: null });
  };
  const order: AccountState[] = [];
  let available = availableOf(view.tiers, question);
  for (;;) {
    const mapped = await findMapped(platforms, available.flat(), (name) => mappings.get(name) ?? null);
    const plan = planSelection(available, mapped, { now: question.now, takesSlot });
    const taken = await followPlan(plan, turns, takesSlot ? freeSlot : null);
    if (taken === null) return order;
    order.push(taken.state);
    available = available.map((states) => states.filter((state) => state !== taken.state));
  }
}

function explainOne(
  state: AccountState,
  tier: Tier['kind'] | null,
  asked: readonly AccountState[],
  outlook: Outlook,
): AccountExplanation {
  const { question, mappings, slotsTaken } = outlook;
  const { now } = question;
  const place = asked.indexOf(state);
  const share = shareOf(state.marks.recovery, now);
  const coolDownUntil = availableAt(withMarksOnly(state), now, question);
  return {
    state,
    tier,
    verdict: place === -1 ? 'rejected' : place === 0 ? 'chosen' : 'kept',
    order: place === -1 ? null : place + 1,
    reasons: place === -1 ? reasonsOf(state, tier, question) : [],
    coolDownUntil,
    coolDownLeftSeconds: coolDownUntil === null ? null : Math.ceil((coolDownUntil.getTime() - now) / 1000),
    availableAt: tier === null ? null : availableAt(state, now, question),
    sticky: [...mappings.values()].includes(state.account.id),
    recovering: share !== null,
    slots: slotsOf(state, share, slotsTaken.get(state.account.id) ?? 0),
    dailyQuota: quotaOf(state),
  };
}

/** An account that is in the pool and could take the request, and is not asked, has no slot left. */
function reasonsOf(
  state: AccountState,
  tier: Tier['kind'] | null,
  question: AvailabilityQuestion,
): readonly UnavailableReason[] {
  const reasons = unavailableReasons(state, question);
  if (tier === null) return ['not_in_pool', ...reasons];
  return reasons.length > 0 ? reasons : ['slots_full'];
}

/** The account as it would be if nothing but its marks held it back. */
const withMarksOnly = ({ account, marks }: AccountState): AccountState => ({
  account: {
    ...account,
    isActive: true,
    schedulable: true,
    status: 'active',
    subscriptionExpiresAt: null,
    supportedModels: {},
    dailyQuotaUsd: 0,
  },
  marks,
});

function slotsOf(
  { account: { maxConcurrentTasks } }: AccountState,
  share: number | null,
  inUse: number,
): SlotUse | null {
  if (maxConcurrentTasks <= 0 && share === null) return null;
  return { limit: maxConcurrentTasks > 0 ? maxConcurrentTasks : null, inUse, share };
}

function quotaOf({ account: { dailyQuotaUsd }, marks }: AccountState): QuotaUse | null {
  if (dailyQuotaUsd <= 0) return null;
  const { quotaSpentUsd: spentUsd, quotaResetsAt: resetsAt } = marks;
  const leftUsd = Math.max(0, toMicroUsd(dailyQuotaUsd - spentUsd));
  return { limitUsd: dailyQuotaUsd, spentUsd: toMicroUsd(spentUsd), leftUsd, resetsAt };
}

/** Sums of binary fractions show digits that nobody spent. */
const toMicroUsd = (usd: number): number => Math.round(usd * 1e6) / 1e6;

function byOrderThenName(a: AccountExplanation, b: AccountExplanation): number {
  const byOrder = (a.order ?? Number.MAX_SAFE_INTEGER) - (b.order ?? Number.MAX_SAFE_INTEGER);
  return byOrder || compareTexts(a.state.account.name, b.state.account.name);
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
