import type { AccountId, Principal, UpstreamAccount } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import type { AccountState } from '../account/account-state.js';
import { availableAt, unavailableReasons, type UnavailableReason } from '../account/availability.js';
import { shareOf } from '../account/recovery-ramp.js';
import type { Lease } from '../core/lease/lease-keeper.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { Clock } from '../core/time/clock.js';
import { AccountSlotRepository } from './account-slot.repository.js';
import { CandidatePool, type CandidateQuery, type Tier } from './candidate-pool.js';
import { LoadBalancer } from './load-balancer.js';
import { NoAccountError } from './no-account.error.js';
import { StickySessionRepository } from './sticky-session.repository.js';

/** What an account is wanted for. */
export interface AccountQuery extends CandidateQuery {
  readonly model: string;
  readonly endpoint: string;
  /** Accounts that this request has tried already. */
  readonly excluded: ReadonlySet<AccountId>;
}

export interface SelectionQuery extends AccountQuery {
  readonly sessionHash: string | null;
  /** Id of the request that takes a slot of an account with `maxConcurrentTasks`; null = it takes none. */
  readonly slotFor: string | null;
}

export interface Selection {
  readonly account: UpstreamAccount;
  /** The session was mapped to this account already. */
  readonly sticky: boolean;
  /** The account is recovering, and this request is one of those that show how it does. */
  readonly recovering: boolean;
  /** The account's slot that the request holds; null = the account has no limit. Whoever selects it ends it. */
  readonly slot: Lease | null;
}

/** How a request takes its slot. */
interface SlotWish {
  /** Null: it takes none. */
  readonly requestId: string | null;
  /** Requests that the account may have at the same time; 0 = as many as ever. */
  readonly limitOf: (state: AccountState) => number;
}

interface Taken {
  readonly state: AccountState;
  readonly sticky: boolean;
  readonly slot: Lease | null;
}

/** A full account has a slot again when one of its requests ends: nobody knows when, but soon. */
const SLOT_RETRY_MS = 1000;

/** Which account a request is sent to next. */
@Injectable()
export class SchedulerService {
  constructor(
    private readonly pool: CandidatePool,
    private readonly platforms: PlatformRegistry,
    private readonly sessions: StickySessionRepository,
    private readonly balancer: LoadBalancer,
    private readonly slots: AccountSlotRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * The bound account of the key, else the account of the session, else the next of the pool; one whose slots are all
   * taken is passed over, and so is one that is recovering and has its share, as long as another can take the request.
   * Throws `NoAccountError` with the reasons when none is available.
   */
  async selectAccount(query: SelectionQuery): Promise<Selection> {
    const question = { ...query, now: this.clock.now() };
    const tiers = await this.pool.tiersOf(query);
    const available = tiers.map((tier) => tier.filter((state) => unavailableReasons(state, question).length === 0));
    const mapped = await this.findMapped(query, available.flat());
    const recovering = (state: AccountState): boolean =>
      query.slotFor !== null && shareOf(state.marks.recovery, question.now) !== null;
    const limits = available.flat().some(recovering) ? [shareLimit(question.now), ownLimit] : [ownLimit];
    for (const limitOf of limits) {
      for (const tier of available) {
        const taken = await this.takeFirst(tier, mapped, { requestId: query.slotFor, limitOf });
        if (taken === null) continue;
        const { state, sticky, slot } = taken;
        return { account: state.account, sticky, slot, recovering: recovering(state) };
      }
    }
    throw toNoAccountError(tiers.flat(), question, new Set(available.flat().map(({ account }) => account.id)));
  }

  /**
   * Why there is no account for such a request; null: there is one. Takes neither a slot nor an account's turn, and so
   * does not know of slots.
   */
  async findObstacle(query: AccountQuery): Promise<NoAccountError | null> {
    const question = { ...query, now: this.clock.now() };
    const states = (await this.pool.tiersOf(query)).flat();
    const isAvailable = states.some((state) => unavailableReasons(state, question).length === 0);
    return isAvailable ? null : toNoAccountError(states, question, NONE_FULL);
  }

  /** The accounts that a key may reach, available or not. */
  async listReachable(principal: Principal, platforms: readonly string[]): Promise<readonly UpstreamAccount[]> {
    const tiers = await this.pool.tiersOf({ principal, platforms });
    return tiers.flat().map((state) => state.account);
  }

  /** Maps the session to the account that has just served it. */
  async remember(sessionHash: string | null, { account, sticky }: Selection): Promise<void> {
    if (sessionHash === null || sticky) return;
    const { sessionPrefix, accountType } = this.platforms.get(account.platform).account;
    await this.sessions.save(sessionPrefix, accountType, sessionHash, account.id);
  }

  private async findMapped({ sessionHash, platforms }: SelectionQuery, available: Tier): Promise<AccountState | null> {
    if (sessionHash === null || available.length === 0) return null;
    for (const name of platforms) {
      const { sessionPrefix, accountType } = this.platforms.get(name).account;
      const id = await this.sessions.find(sessionPrefix, accountType, sessionHash);
      const state = available.find((candidate) => candidate.account.id === id);
      if (state !== undefined) return state;
    }
    return null;
  }

  /** The account of the session, else the next in turn; where its slots are all taken, the best of the others. */
  private async takeFirst(available: Tier, mapped: AccountState | null, wish: SlotWish): Promise<Taken | null> {
    const own = available.find((state) => state === mapped);
    // The turn is counted before the store is asked: requests that come meanwhile begin with the next account.
    const first = own ?? this.balancer.pick(available);
    if (first === null) return null;
    const found = await this.takeSlot([first], wish);
    if (found !== null) return { ...found, sticky: first === mapped };
    const others = available.filter((state) => state !== first);
    const other = await this.takeSlot(this.balancer.rank(others), wish);
    if (other === null) return null;
    this.balancer.noteTurn(other.state.account);
    return { ...other, sticky: false };
  }

  /** Null: all are full. Only accounts with a limit, before the first without one, cost a round trip. */
  private async takeSlot(ordered: Tier, { requestId, limitOf }: SlotWish): Promise<Omit<Taken, 'sticky'> | null> {
    const unlimitedAt = ordered.findIndex((state) => requestId === null || limitOf(state) <= 0);
    const limited = unlimitedAt === -1 ? ordered : ordered.slice(0, unlimitedAt);
    const found =
      requestId === null || limited.length === 0 ? null : await this.slots.takeFirst(limited, requestId, limitOf);
    if (found !== null) return { state: found.taken, slot: found.slot };
    const unlimited = ordered[unlimitedAt];
    return unlimited === undefined ? null : { state: unlimited, slot: null };
  }
}

const ownLimit = ({ account }: AccountState): number => account.maxConcurrentTasks;

/** The smaller of the account's own limit and its share while it recovers. */
const shareLimit =
  (now: number) =>
  (state: AccountState): number => {
    const own = ownLimit(state);
    const share = shareOf(state.marks.recovery, now);
    if (share === null) return own;
    return own > 0 ? Math.min(own, share) : share;
  };

const NONE_FULL: ReadonlySet<AccountId> = new Set();

type Question = AccountQuery & { readonly now: number };

/** `full`: available accounts whose slots are all taken. */
function toNoAccountError(
  states: readonly AccountState[],
  question: Question,
  full: ReadonlySet<AccountId>,
): NoAccountError {
  const counts = new Map<UnavailableReason, number>();
  let earliest = full.size > 0 ? question.now + SLOT_RETRY_MS : Number.POSITIVE_INFINITY;
  for (const state of states) {
    const isFull = full.has(state.account.id);
    const reason = isFull ? 'slots_full' : unavailableReasons(state, question)[0];
    if (reason === undefined) continue;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
    const { now, model, endpoint } = question;
    earliest = Math.min(earliest, availableAt(state, now, { model, endpoint })?.getTime() ?? Number.POSITIVE_INFINITY);
  }
  const elsewhere = { ...question, endpoint: null };
  const lacksEndpointOnly =
    full.size === 0 && states.length > 0 && states.every((state) => unavailableReasons(state, elsewhere).length === 0);
  return new NoAccountError(counts, Number.isFinite(earliest) ? new Date(earliest) : null, lacksEndpointOnly);
}
