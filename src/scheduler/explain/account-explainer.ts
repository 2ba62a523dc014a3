import type { AccountId } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { Clock } from '../../core/time/clock.js';
import { AccountSlotRepository } from '../account-slot.repository.js';
import { CandidatePool, type PoolView } from '../candidate-pool.js';
import { LoadBalancer } from '../load-balancer.js';
import type { AccountQuery } from '../scheduler.service.js';
import { StickySessionRepository } from '../sticky-session.repository.js';
import { type AccountExplanation, explain } from './explanation.js';

export interface ExplainQuery extends AccountQuery {
  readonly sessionHash: string | null;
  /** The request takes a slot of an account with a limited number of them. */
  readonly takesSlot: boolean;
}

/** Why the next request gets the account that it gets; asking changes nothing in the store and uses up no turn. */
@Injectable()
export class AccountExplainer {
  constructor(
    private readonly pool: CandidatePool,
    private readonly platforms: PlatformRegistry,
    private readonly sessions: StickySessionRepository,
    private readonly balancer: LoadBalancer,
    private readonly slots: AccountSlotRepository,
    private readonly clock: Clock,
  ) {}

  /** Every account of the platforms. Rejects when the store cannot be read. */
  async explain(query: ExplainQuery): Promise<readonly AccountExplanation[]> {
    const { platforms, takesSlot } = query;
    const view = await this.pool.view(query);
    const mappings = await this.findMappings(query);
    const slotsTaken = await this.slots.countTaken(idsIn(view));
    const question = { ...query, now: this.clock.now() };
    const turns = this.balancer.copy();
    return explain({ view, question, platforms, mappings, takesSlot, slotsTaken, turns });
  }

  private async findMappings({ platforms, sessionHash }: ExplainQuery): Promise<Map<string, AccountId | null>> {
    const found = new Map<string, AccountId | null>();
    if (sessionHash === null) return found;
    for (const name of platforms) {
      const { sessionPrefix, accountType } = this.platforms.get(name).account;
      found.set(name, await this.sessions.peek(sessionPrefix, accountType, sessionHash));
    }
    return found;
  }
}

const idsIn = ({ tiers, outside }: PoolView): AccountId[] =>
  [...tiers.flatMap(({ states }) => states), ...outside].map(({ account }) => account.id);
