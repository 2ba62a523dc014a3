import { DiscoveryService } from '@nestjs/core';
import type { UsageRecord } from './usage.js';

/**
 * Gets what client requests used after the store has it: for bills, exports, metrics. Nothing waits for a sink, so one
 * that is slow or away misses records; what must be exact reads the store. Decorate the class with
 * `@UsageSinkProvider({ name })` and provide it in a module.
 *
 * @example
 * \@UsageSinkProvider({ name: 'billing' })
 * export class BillingSink implements UsageSink { ... }
 */
export interface UsageSink {
  /**
   * Called for one batch after the other. A rejection is logged, and the records are not passed again.
   *
   * @param signal aborted when the sink has taken too long, or when the gateway ends
   */
  take(records: readonly UsageRecord[], signal: AbortSignal): Promise<void>;
}

export const UsageSinkProvider = DiscoveryService.createDecorator<{ readonly name: string }>();
