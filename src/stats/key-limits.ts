import type { ApiKeySummary } from '@crs/extension-api';
import type { Zone } from '../core/time/zone.js';
import type { KeyCosts, KeyWindow, LimitFigures } from './key-usage.js';

export interface KeyLimits {
  /** USD of the day. */
  readonly daily: LimitFigures;
  /** USD ever. */
  readonly total: LimitFigures;
  /** USD of Claude models in the key's reset week. */
  readonly weekly: LimitFigures;
  /** The fixed window; it begins with a request and restarts with the first one after its end. */
  readonly window: {
    readonly requests: LimitFigures;
    readonly tokens: LimitFigures;
    /** USD. */
    readonly cost: LimitFigures;
  };
}

/** How far each limit of a key is used at an instant, by the same counters that admission reads. */
export function keyLimitsOf(
  key: ApiKeySummary,
  costs: KeyCosts,
  window: KeyWindow,
  zone: Zone,
  atMs: number,
): KeyLimits {
  const { limits, weeklyResetDay, weeklyResetHour } = key;
  const weekEnd = new Date(zone.weekEndsAt(atMs, weeklyResetDay, weeklyResetHour));
  return {
    daily: limitOf(limits.dailyCostLimit, costs.today, new Date(zone.nextDay(atMs))),
    total: limitOf(limits.totalCostLimit, costs.total, null),
    weekly: limitOf(limits.weeklyOpusCostLimit, costs.claudeWeek, weekEnd),
    window: windowOf(limits, window, atMs),
  };
}

function windowOf(limits: ApiKeySummary['limits'], window: KeyWindow, atMs: number): KeyLimits['window'] {
  // Without a length there is no window, whatever the single limits say.
  const inForce = (limit: number): number => (limits.rateLimitWindow > 0 ? limit : 0);
  const endMs = Number(window.startedAt ?? Number.NaN) + limits.rateLimitWindow * 60_000;
  const isRunning = atMs < endMs;
  const resetAt = isRunning ? new Date(endMs) : null;
  const used = (counter: string | null): string | null => (isRunning ? counter : null);
  return {
    requests: limitOf(inForce(limits.rateLimitRequests), used(window.requests), resetAt),
    tokens: limitOf(inForce(limits.tokenLimit), used(window.tokens), resetAt),
    cost: limitOf(inForce(limits.rateLimitCost), used(window.cost), resetAt),
  };
}

function limitOf(limit: number, counter: string | null, resetAt: Date | null): LimitFigures {
  const used = Number(counter ?? 0) || 0;
  return { limit, used, remaining: limit > 0 ? Math.max(0, limit - used) : null, resetAt };
}
