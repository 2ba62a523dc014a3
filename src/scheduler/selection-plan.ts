import type { AccountId } from '@crs/extension-api';
import type { AccountState } from '../account/account-state.js';
import { availableAt, type AvailabilityQuestion, unavailableReasons } from '../account/availability.js';
import { shareOf } from '../account/recovery-ramp.js';
import type { Tier } from './candidate-pool.js';
import type { LoadBalancer } from './load-balancer.js';

/** Requests that an account may have at the same time; 0 = as many as ever. */
type LimitOf = (state: AccountState) => number;

type States = readonly AccountState[];

/** Who may take one request, and in which order they are asked. */
export interface SelectionPlan {
  /** The accounts that can take it, tier by tier. */
  readonly available: readonly States[];
  /** The account of the session, where it can take the request. */
  readonly mapped: AccountState | null;
  /** The limits by which slots are given: all tiers are asked by the first one, then all of them by the next. */
  readonly rounds: readonly LimitOf[];
}

export interface Taken<S> {
  readonly state: AccountState;
  readonly sticky: boolean;
  /** Null = the account has no limit, or the request takes no slot. */
  readonly slot: S | null;
}

/** Gives a slot of the first of these accounts, each with a limit, that has one free. Null: all are full. */
export type SlotTaker<S> = (
  limited: States,
  limitOf: LimitOf,
) => Promise<{ readonly taken: AccountState; readonly slot: S } | null>;

/** The accounts of each tier that can take the request, as far as their records and marks say. */
export const availableOf = (tiers: readonly Tier[], question: AvailabilityQuestion): States[] =>
  tiers.map(({ states }) => states.filter((state) => unavailableReasons(state, question).length === 0));

/** The accounts that only a rate limit keeps from the request, and when it ends, until then; of the tiers whose turn it is. */
export function findReturning(
  tiers: readonly Tier[],
  available: readonly States[],
  question: AvailabilityQuestion,
  until: number,
): ReadonlyMap<AccountState, Date> {
  const turn = available.findIndex((states) => states.length > 0);
  const asked = turn === -1 ? tiers : tiers.slice(0, turn + 1);
  const returning = new Map<AccountState, Date>();
  for (const state of asked.flatMap(({ states }) => states)) {
    const at = availableAt(state, question.now, question);
    if (at === null || at.getTime() > until) continue;
    if (unavailableReasons(state, question).every((reason) => reason === 'rate_limited')) returning.set(state, at);
  }
  return returning;
}

/** The account of a session: that of the first platform which maps the session to an account that can take the request. */
export async function findMapped(
  platforms: readonly string[],
  available: States,
  lookUp: (platform: string) => AccountId | null | Promise<AccountId | null>,
): Promise<AccountState | null> {
  if (available.length === 0) return null;
  for (const name of platforms) {
    const id = await lookUp(name);
    const state = available.find((candidate) => candidate.account.id === id);
    if (state !== undefined) return state;
  }
  return null;
}

/** A recovering account has its share only, as long as another account can take the request. */
export function planSelection(
  available: readonly States[],
  mapped: AccountState | null,
  { now, takesSlot }: { readonly now: number; readonly takesSlot: boolean },
): SelectionPlan {
  const isRecovering = ({ marks }: AccountState): boolean => shareOf(marks.recovery, now) !== null;
  const hasShares = takesSlot && available.some((states) => states.some(isRecovering));
  return { available, mapped, rounds: hasShares ? [shareLimit(now), ownLimit] : [ownLimit] };
}

/**
 * Goes through the plan until an account takes the request; null: none does, because all that can are full.
 *
 * @param turns notes whose turn it was
 * @param takeSlot null: the request takes no slot
 */
export async function followPlan<S>(
  { available, mapped, rounds }: SelectionPlan,
  turns: LoadBalancer,
  takeSlot: SlotTaker<S> | null,
): Promise<Taken<S> | null> {
  for (const limitOf of rounds) {
    for (const states of available) {
      const taken = await takeFirst({ states, mapped, limitOf }, turns, takeSlot);
      if (taken !== null) return taken;
    }
  }
  return null;
}

interface Step {
  readonly states: States;
  readonly mapped: AccountState | null;
  readonly limitOf: LimitOf;
}

/** The account of the session, else the next in turn; where its slots are all taken, the best of the others. */
async function takeFirst<S>(
  { states, mapped, limitOf }: Step,
  turns: LoadBalancer,
  takeSlot: SlotTaker<S> | null,
): Promise<Taken<S> | null> {
  const own = states.find((state) => state === mapped);
  // The turn is counted before the store is asked: requests that come meanwhile begin with the next account.
  const first = own ?? turns.pick(states);
  if (first === null) return null;
  const found = await takeAny([first], limitOf, takeSlot);
  if (found !== null) return { ...found, sticky: first === mapped };
  const others = states.filter((state) => state !== first);
  const other = await takeAny(turns.rank(others), limitOf, takeSlot);
  if (other === null) return null;
  turns.noteTurn(other.state.account);
  return { ...other, sticky: false };
}

/** Null: all are full. Only accounts with a limit, before the first without one, are asked for a slot. */
async function takeAny<S>(
  ordered: States,
  limitOf: LimitOf,
  takeSlot: SlotTaker<S> | null,
): Promise<Omit<Taken<S>, 'sticky'> | null> {
  const unlimitedAt = ordered.findIndex((state) => takeSlot === null || limitOf(state) <= 0);
  const limited = unlimitedAt === -1 ? ordered : ordered.slice(0, unlimitedAt);
  const found = takeSlot === null || limited.length === 0 ? null : await takeSlot(limited, limitOf);
  if (found !== null) return { state: found.taken, slot: found.slot };
  const unlimited = ordered[unlimitedAt];
  return unlimited === undefined ? null : { state: unlimited, slot: null };
}

const ownLimit: LimitOf = ({ account }) => account.maxConcurrentTasks;

/** The smaller of the account's own limit and its share while it recovers. */
const shareLimit =
  (now: number): LimitOf =>
  (state) => {
    const own = ownLimit(state);
    const share = shareOf(state.marks.recovery, now);
    if (share === null) return own;
    return own > 0 ? Math.min(own, share) : share;
  };
