import { type Principal, RelayError, type UpstreamAccount } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { isModelAllowed, isServiceAllowed } from '../../api-key/permission.js';
import { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { Clock } from '../../core/time/clock.js';
import { SchedulerService } from '../../scheduler/scheduler.service.js';
import { PriceBook } from '../../stats/pricing/price-book.js';
import type { Endpoint } from '../endpoint.js';

export interface ModelEntry {
  readonly id: string;
  /** Who makes it, as v1 names it. */
  readonly ownedBy: 'anthropic' | 'openai';
}

const OWNER_OF_SERVICE = { claude: 'anthropic', codex: 'openai' } as const;

/** Which models a key may ask for at an endpoint. */
@Injectable()
export class ModelsService {
  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly scheduler: SchedulerService,
    private readonly prices: PriceBook,
    private readonly clock: Clock,
  ) {}

  /**
   * The names that the accounts map which the key can reach there, and for an account without a map the models of the price book;
   * minus what the key's restriction refuses. Sorted by owner, then id.
   */
  async list(principal: Principal, endpoint: Pick<Endpoint, 'servedBy'>): Promise<ModelEntry[]> {
    const entries = new Map<string, ModelEntry>();
    for (const { name, platform } of this.platforms.list()) {
      if (platform.relay === null || !endpoint.servedBy.includes(platform.relay.protocol)) continue;
      if (!isServiceAllowed(principal, platform.service)) continue;
      const accounts = await this.scheduler.listReachable(principal, [name]);
      const usable = accounts.filter((account) => this.isInUse(account));
      for (const { supportedModels } of usable) {
        const mapped = Object.keys(supportedModels);
        const ids = mapped.length > 0 ? mapped : this.prices.listModels(platform.service);
        for (const id of ids) entries.set(id, { id, ownedBy: OWNER_OF_SERVICE[platform.service] });
      }
    }
    return [...entries.values()]
      .filter(({ id }) => isModelAllowed(principal.modelRestriction, id))
      .sort((a, b) => (a.ownedBy === b.ownedBy ? compare(a.id, b.id) : compare(a.ownedBy, b.ownedBy)));
  }

  /** Whether an account is meant to serve requests, now or when its marks have ended. */
  private isInUse({ isActive, schedulable, subscriptionExpiresAt: expiresAt }: UpstreamAccount): boolean {
    return isActive && schedulable && (expiresAt === null || expiresAt.getTime() > this.clock.now());
  }

  /** Throws `RelayError` `not_found` for a model that the key may not ask for. */
  async get(principal: Principal, endpoint: Pick<Endpoint, 'servedBy'>, id: string): Promise<ModelEntry> {
    const found = (await this.list(principal, endpoint)).find((entry) => entry.id === id);
    if (found === undefined) throw new RelayError('not_found', `model: ${id}`);
    return found;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
