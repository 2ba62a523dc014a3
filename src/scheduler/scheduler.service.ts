import type { AccountId, Principal, UpstreamAccount } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import type { AccountState } from '../account/account-state.js';
import { availableAt, unavailableReasons, type UnavailableReason } from '../account/availability.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { Clock } from '../core/time/clock.js';
import { CandidatePool, type CandidateQuery, type Tier } from './candidate-pool.js';
import { LoadBalancer } from './load-balancer.js';
import { NoAccountError } from './no-account.error.js';
import { StickySessionRepository } from './sticky-session.repository.js';

export interface SelectionQuery extends CandidateQuery {
  readonly model: string;
  readonly endpoint: string;
  readonly sessionHash: string | null;
  /** Accounts that this request has tried already. */
  readonly excluded: ReadonlySet<AccountId>;
}

export interface Selection {
  readonly account: UpstreamAccount;
  /** The session was mapped to this account already. */
  readonly sticky: boolean;
}

/** Which account a request is sent to next. */
@Injectable()
export class SchedulerService {
  constructor(
    private readonly pool: CandidatePool,
    private readonly platforms: PlatformRegistry,
    private readonly sessions: StickySessionRepository,
    private readonly balancer: LoadBalancer,
    private readonly clock: Clock,
  ) {}

  /**
   * The bound account of the key, else the account of the session, else the next of the pool. Throws `NoAccountError`
   * with the reasons when none is available.
   */
  async selectAccount(query: SelectionQuery): Promise<Selection> {
    const question = { ...query, now: this.clock.now() };
    const tiers = await this.pool.tiersOf(query);
    for (const tier of tiers) {
      const available = tier.filter((state) => unavailableReasons(state, question).length === 0);
      const mapped = await this.findMapped(query, available);
      const chosen = mapped ?? this.balancer.pick(available);
      if (chosen !== null) return { account: chosen.account, sticky: mapped !== null };
    }
    throw toNoAccountError(tiers.flat(), question);
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
}

type Question = SelectionQuery & { readonly now: number };

function toNoAccountError(states: readonly AccountState[], question: Question): NoAccountError {
  const counts = new Map<UnavailableReason, number>();
  let earliest = Number.POSITIVE_INFINITY;
  for (const state of states) {
    const [first] = unavailableReasons(state, question);
    if (first === undefined) continue;
    counts.set(first, (counts.get(first) ?? 0) + 1);
    earliest = Math.min(earliest, availableAt(state, question.now)?.getTime() ?? Number.POSITIVE_INFINITY);
  }
  const elsewhere = { ...question, endpoint: null };
  const lacksEndpointOnly =
    states.length > 0 && states.every((state) => unavailableReasons(state, elsewhere).length === 0);
  return new NoAccountError(counts, Number.isFinite(earliest) ? new Date(earliest) : null, lacksEndpointOnly);
}
