import type { Principal } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { AccountDirectory } from '../account/account-directory.js';
import type { AccountState } from '../account/account-state.js';
import { AppConfig } from '../core/config/app-config.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { AccountGroupRepository } from './account-group.repository.js';

export interface CandidateQuery {
  readonly principal: Principal;
  /** Names of the platforms whose accounts may be asked. */
  readonly platforms: readonly string[];
}

/** Accounts that are as good as one another for a key; the next tier is asked when none of them is available. */
export interface Tier {
  /** Accounts that the key is bound to, or those that serve every key. */
  readonly kind: 'bound' | 'pool';
  readonly states: readonly AccountState[];
  /** The binding leads to an account of a kind that this gateway does not serve, and so to none of these. */
  readonly leadsElsewhere?: true;
}

/** All accounts of some platforms, as a key sees them. */
export interface PoolView {
  readonly tiers: readonly Tier[];
  /** Accounts that the key may not use. */
  readonly outside: readonly AccountState[];
}

const GROUP_PREFIX = 'group:';
const NONE: ReadonlySet<string> = new Set();

/** Which accounts a key may use at all. */
@Injectable()
export class CandidatePool {
  constructor(
    private readonly directory: AccountDirectory,
    private readonly groups: AccountGroupRepository,
    private readonly platforms: PlatformRegistry,
    private readonly config: AppConfig,
  ) {}

  /** The accounts that the key is bound to, alone or before the shared ones; without a binding the shared ones. */
  async tiersOf(query: CandidateQuery): Promise<readonly Tier[]> {
    return this.divide(await this.statesOf(query), query);
  }

  /** The same, and beside them the accounts that the key may not use. */
  async view(query: CandidateQuery): Promise<PoolView> {
    const states = await this.statesOf(query);
    const tiers = await this.divide(states, query);
    const inside = new Set(tiers.flatMap((tier) => tier.states));
    return { tiers, outside: states.filter((state) => !inside.has(state)) };
  }

  private async statesOf({ platforms }: CandidateQuery): Promise<readonly AccountState[]> {
    return (await Promise.all(platforms.map((name) => this.directory.states(name)))).flat();
  }

  private async divide(states: readonly AccountState[], query: CandidateQuery): Promise<readonly Tier[]> {
    const shared = states.filter((state) => state.account.accountType === 'shared');
    const boundIds = await this.boundIds(query);
    if (boundIds === null && !this.isBoundElsewhere(query)) return [{ kind: 'pool', states: shared }];
    const ids = boundIds ?? NONE;
    const bound: Tier =
      boundIds === null
        ? { kind: 'bound', states: [], leadsElsewhere: true }
        : { kind: 'bound', states: states.filter((state) => ids.has(state.account.id)) };
    if (!(query.principal.dedicatedFallback ?? this.config.relay.dedicatedFallback)) return [bound];
    return [bound, { kind: 'pool', states: shared.filter((state) => !ids.has(state.account.id)) }];
  }

  /** Null: the key is not bound. An empty set: it is, but to nothing that is there. */
  private async boundIds({ principal: { bindings }, platforms }: CandidateQuery): Promise<ReadonlySet<string> | null> {
    const ids = new Set<string>();
    let isBound = false;
    for (const name of platforms) {
      const { storedField, prefix, groupField } = this.platforms.get(name).account.binding;
      const group = bindings[groupField] ?? '';
      const account = bindings[storedField] ?? '';
      if (group.startsWith(GROUP_PREFIX)) {
        isBound = true;
        for (const id of await this.groups.listMembers(group.slice(GROUP_PREFIX.length))) ids.add(id);
      } else if (account !== '' && account.startsWith(prefix)) {
        isBound = true;
        ids.add(account.slice(prefix.length));
      }
    }
    return isBound ? ids : null;
  }

  /** A binding is set for one of the platforms, and it is none of their own: v1 has more kinds of accounts. */
  private isBoundElsewhere({ principal: { bindings }, platforms }: CandidateQuery): boolean {
    return platforms.some((name) => {
      const { storedField, groupField, foreignFields = [] } = this.platforms.get(name).account.binding;
      return [storedField, groupField, ...foreignFields].some((field) => (bindings[field] ?? '') !== '');
    });
  }
}
