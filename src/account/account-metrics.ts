import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MetricsRegistry } from '../core/metrics/metrics-registry.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { Clock } from '../core/time/clock.js';
import { AccountDirectory } from './account-directory.js';
import type { AccountState } from './account-state.js';
import { type UnavailableReason, unavailableReasons } from './availability.js';

type State = UnavailableReason | 'available';

const NONE: ReadonlySet<string> = new Set();

/** How many accounts can be used, and what keeps the others from it. */
@Injectable()
export class AccountMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: MetricsRegistry,
    private readonly platforms: PlatformRegistry,
    private readonly directory: AccountDirectory,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    const labelNames = ['platform', 'state'] as const;
    const help = 'Upstream accounts by platform and state: available, or the first reason why not';
    this.metrics.gauge({ name: 'accounts', help, labelNames }, async (gauge) => {
      gauge.reset();
      for (const { name: platform } of this.platforms.list()) {
        for (const [state, count] of await this.count(platform)) gauge.set({ platform, state }, count);
      }
    });
  }

  /** Nothing while the store is away: what is shown would be guessed. */
  private async count(platform: string): Promise<ReadonlyMap<State, number>> {
    const states = await this.directory.states(platform).catch((): readonly AccountState[] => []);
    const question = { now: this.clock.now(), model: null, endpoint: null, excluded: NONE };
    const counts = new Map<State, number>([['available', 0]]);
    for (const each of states) {
      const state = unavailableReasons(each, question)[0] ?? 'available';
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    return states.length === 0 ? new Map() : counts;
  }
}
