import type { AccountId, Principal, UpstreamAccount } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { AccountDirectory } from '../account/account-directory.js';
import type { AccountState } from '../account/account-state.js';
import { availableAt, unavailableReasons, type UnavailableReason } from '../account/availability.js';
import { AppConfig } from '../core/config/app-config.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { Clock } from '../core/time/clock.js';
import { LoadBalancer } from './load-balancer.js';
import { NoAccountError } from './no-account.error.js';
import { StickySessionRepository } from './sticky-session.repository.js';

export interface SelectionQuery {
  readonly principal: Principal;
  /** Names of the platforms whose accounts may be asked. */
  readonly platforms: readonly string[];
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
    private readonly directory: AccountDirectory,
    private readonly platforms: PlatformRegistry,
    private readonly sessions: StickySessionRepository,
    private readonly balancer: LoadBalancer,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /**
   * The bound account of the key, else the account of the session, else the next of the pool. Throws `NoAccountError`
   * with the reasons when none is available.
   */
  async selectAccount(query: SelectionQuery): Promise<Selection> {
    const question = { ...query, now: this.clock.now() };
    const tiers = await this.tiersOf(query);
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
    const tiers = await this.tiersOf({ principal, platforms });
    return tiers.flat().map((state) => state.account);
  }

  /** Maps the session to the account that has just served it. */
  async remember(sessionHash: string | null, { account, sticky }: Selection): Promise<void> {
    if (sessionHash === null || sticky) return;
    const { sessionPrefix, accountType } = this.platforms.get(account.platform).account;
    await this.sessions.save(sessionPrefix, accountType, sessionHash, account.id);
  }

  /** Candidates in the order in which they are preferred: the key's bound accounts alone, or the shared ones. */
  private async tiersOf(query: Pick<SelectionQuery, 'principal' | 'platforms'>): Promise<readonly Tier[]> {
    const states = (await Promise.all(query.platforms.map((name) => this.directory.states(name)))).flat();
    const shared = states.filter((state) => state.account.accountType === 'shared');
    const boundIds = this.boundIds(query);
    if (boundIds.size === 0) return [shared];
    const bound = states.filter((state) => boundIds.has(state.account.id));
    if (!(query.principal.dedicatedFallback ?? this.config.relay.dedicatedFallback)) return [bound];
    return [bound, shared.filter((state) => !boundIds.has(state.account.id))];
  }

  private boundIds({ principal, platforms }: Pick<SelectionQuery, 'principal' | 'platforms'>): ReadonlySet<string> {
    const ids = new Set<string>();
    for (const name of platforms) {
      const { storedField, prefix } = this.platforms.get(name).account.binding;
      const value = principal.bindings[storedField] ?? '';
      if (value !== '' && value.startsWith(prefix)) ids.add(value.slice(prefix.length));
    }
    return ids;
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

type Tier = readonly AccountState[];
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
  return new NoAccountError(counts, Number.isFinite(earliest) ? new Date(earliest) : null);
}
