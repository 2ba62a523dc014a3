import type { AccountId, Principal, UpstreamAccount } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import type { AccountState } from '../account/account-state.js';
import { availableAt, lacksEndpointOnly, type UnavailableReason, unavailableReasons } from '../account/availability.js';
import { shareOf } from '../account/recovery-ramp.js';
import type { Lease } from '../core/lease/lease-keeper.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { Clock } from '../core/time/clock.js';
import { AccountSlotRepository } from './account-slot.repository.js';
import { CandidatePool, type CandidateQuery, type Tier } from './candidate-pool.js';
import { AwaitedAccountError } from './awaited-account.error.js';
import { LoadBalancer } from './load-balancer.js';
import { NoAccountError } from './no-account.error.js';
import { availableOf, findMapped, findReturning, followPlan, planSelection, type SlotTaker } from './selection-plan.js';
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
  /** The session is mapped to another account. */
  readonly strayed: boolean;
  /** Other platforms that map the session to an account of theirs; left out: none does. */
  readonly mappedElsewhere?: readonly string[];
  /** The account is recovering, and this request is one of those that show how it does. */
  readonly recovering: boolean;
  /** The account's slot that the request holds; null = the account has no limit. Whoever selects it ends it. */
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
   * Throws `NoAccountError` with the reasons when none is available, and `AwaitedAccountError` where the account of the
   * session is itself again so soon that its cache is worth the wait.
   *
   * @param waitUntil epoch ms; until then a rate limit may end that is waited for; null = none is
   */
  async selectAccount(query: SelectionQuery, waitUntil: number | null = null): Promise<Selection> {
    const { platforms, sessionHash, slotFor } = query;
    const question = { ...query, now: this.clock.now() };
    const tiers = await this.pool.tiersOf(query);
    const available = availableOf(tiers, question);
    const returning = waitUntil === null ? NONE_RETURNING : findReturning(tiers, available, question, waitUntil);
    const mappings = new Map<string, AccountId>();
    const mapped =
      sessionHash === null
        ? null
        : await findMapped(platforms, [...available.flat(), ...returning.keys()], async (name) => {
            const id = await this.findSession(name, sessionHash);
            if (id !== null) mappings.set(name, id);
            return id;
          });
    const backAt = mapped === null ? undefined : returning.get(mapped);
    if (backAt !== undefined) throw new AwaitedAccountError(backAt);
    const takeSlot: SlotTaker<Lease> | null =
      slotFor === null ? null : (limited, limitOf) => this.slots.takeFirst(limited, slotFor, limitOf);
    const plan = planSelection(available, mapped, { now: question.now, takesSlot: takeSlot !== null });
    const taken = await followPlan(plan, this.balancer, takeSlot);
    if (taken === null) {
      throw toNoAccountError(tiers, question, new Set(available.flat().map(({ account }) => account.id)));
    }
    const { state, sticky, slot } = taken;
    const recovering = slotFor !== null && shareOf(state.marks.recovery, question.now) !== null;
    const { account } = state;
    const strayed = mappings.size > 0 && ![...mappings.values()].includes(account.id);
    const mappedElsewhere = [...mappings.keys()].filter((name) => name !== account.platform);
    return { account, sticky, strayed, mappedElsewhere, slot, recovering };
  }

  /**
   * Why there is no account for such a request; null: there is one. Takes neither a slot nor an account's turn, and so
   * does not know of slots.
   */
  async findObstacle(query: AccountQuery): Promise<NoAccountError | null> {
    const question = { ...query, now: this.clock.now() };
    const tiers = await this.pool.tiersOf(query);
    const isAvailable = statesOf(tiers).some((state) => unavailableReasons(state, question).length === 0);
    return isAvailable ? null : toNoAccountError(tiers, question, NONE_FULL);
  }

  /** The accounts that a key may reach, available or not. */
  async listReachable(principal: Principal, platforms: readonly string[]): Promise<readonly UpstreamAccount[]> {
    const tiers = await this.pool.tiersOf({ principal, platforms });
    return statesOf(tiers).map((state) => state.account);
  }

  /** Maps the session to the account that has just served it, and to no other. */
  async remember(sessionHash: string | null, { account, sticky, mappedElsewhere = [] }: Selection): Promise<void> {
    if (sessionHash === null || sticky) return;
    const { sessionPrefix, accountType } = this.platforms.get(account.platform).account;
    await this.sessions.save(sessionPrefix, accountType, sessionHash, account.id);
    // Else the session would go back, without the cache and with the turn state of this account.
    for (const name of mappedElsewhere) {
      const left = this.platforms.get(name).account;
      await this.sessions.forget(left.sessionPrefix, left.accountType, sessionHash);
    }
  }

  private findSession(platform: string, sessionHash: string): Promise<AccountId | null> {
    const { sessionPrefix, accountType } = this.platforms.get(platform).account;
    return this.sessions.find(sessionPrefix, accountType, sessionHash);
  }
}

const statesOf = (tiers: readonly Tier[]): AccountState[] => tiers.flatMap(({ states }) => states);

const NONE_RETURNING: ReadonlyMap<AccountState, Date> = new Map();

const NONE_FULL: ReadonlySet<AccountId> = new Set();

type Question = AccountQuery & { readonly now: number };

/** `full`: available accounts whose slots are all taken. */
function toNoAccountError(tiers: readonly Tier[], question: Question, full: ReadonlySet<AccountId>): NoAccountError {
  const states = statesOf(tiers);
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
  const isEndpointMissing = full.size === 0 && states.some((state) => lacksEndpointOnly(state, question));
  const isBoundElsewhere = states.length === 0 && tiers.some(({ leadsElsewhere }) => leadsElsewhere === true);
  const retryAt = Number.isFinite(earliest) ? new Date(earliest) : null;
  return new NoAccountError(counts, retryAt, isEndpointMissing, isBoundElsewhere);
}
