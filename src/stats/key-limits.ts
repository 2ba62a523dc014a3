import type { ApiKeySummary } from '@crs/extension-api';
import { parseHold } from '../core/lease/hold-member.js';
import type { Zone } from '../core/time/zone.js';
import type { HeldLimitFigures, KeyRunning, KeyWindow, LimitFigures, StoredKeyUsage } from './key-usage.js';

export interface KeyLimits {
  /** Requests at the same time. */
  readonly concurrency: Omit<LimitFigures, 'resetAt'>;
  /** USD of the day. */
  readonly daily: HeldLimitFigures;
  /** USD ever. */
  readonly total: HeldLimitFigures;
  /** USD of Claude models in the key's reset week. */
  readonly weekly: HeldLimitFigures;
  /** The fixed window; it begins with a request and restarts with the first one after its end. */
  readonly window: {
    readonly requests: LimitFigures;
    readonly tokens: HeldLimitFigures;
    /** USD. */
    readonly cost: HeldLimitFigures;
  };
}

/** What requests in flight are taken to cost: USD, USD of Claude models, tokens. */
interface Held {
  readonly usd: number;
  readonly claudeUsd: number;
  readonly tokens: number;
}

/** How far each limit of a key is used at an instant, by the same counters and holds that admission reads. */
export function keyLimitsOf(
  key: ApiKeySummary,
  { costs, window, running }: Pick<StoredKeyUsage, 'costs' | 'window' | 'running'>,
  zone: Zone,
  atMs: number,
): KeyLimits {
  const { limits, weeklyResetDay, weeklyResetHour } = key;
  const held = heldBy(running.holds);
  const weekEnd = new Date(zone.weekEndsAt(atMs, weeklyResetDay, weeklyResetHour));
  return {
    concurrency: concurrencyOf(limits.concurrencyLimit, running),
    daily: heldLimitOf(limits.dailyCostLimit, costs.today, held.usd, new Date(zone.nextDay(atMs))),
    total: heldLimitOf(limits.totalCostLimit, costs.total, held.usd, null),
    weekly: heldLimitOf(limits.weeklyOpusCostLimit, costs.claudeWeek, held.claudeUsd, weekEnd),
    window: windowOf(limits, window, held, atMs),
  };
}

function heldBy(members: readonly string[]): Held {
  const holds = members.map(parseHold);
  const microUsd = holds.reduce((sum, hold) => sum + hold.microUsd, 0);
  const claudeMicroUsd = holds.reduce((sum, hold) => sum + (hold.isClaude ? hold.microUsd : 0), 0);
  const tokens = holds.reduce((sum, hold) => sum + hold.tokens, 0);
  return { usd: microUsd / 1_000_000, claudeUsd: claudeMicroUsd / 1_000_000, tokens };
}

function concurrencyOf(limit: number, { slots }: KeyRunning): KeyLimits['concurrency'] {
  const used = slots.length;
  return { limit, used, remaining: remainingOf(limit, used) };
}

function windowOf(limits: ApiKeySummary['limits'], window: KeyWindow, held: Held, atMs: number): KeyLimits['window'] {
  // Without a length there is no window, whatever the single limits say.
  const inForce = (limit: number): number => (limits.rateLimitWindow > 0 ? limit : 0);
  const endMs = Number(window.startedAt ?? Number.NaN) + limits.rateLimitWindow * 60_000;
  const isRunning = atMs < endMs;
  const resetAt = isRunning ? new Date(endMs) : null;
  const used = (counter: string | null): string | null => (isRunning ? counter : null);
  return {
    requests: limitOf(inForce(limits.rateLimitRequests), used(window.requests), resetAt),
    tokens: heldLimitOf(inForce(limits.tokenLimit), used(window.tokens), held.tokens, resetAt),
    cost: heldLimitOf(inForce(limits.rateLimitCost), used(window.cost), held.usd, resetAt),
  };
}

function limitOf(limit: number, counter: string | null, resetAt: Date | null): LimitFigures {
  const used = Number(counter ?? 0) || 0;
  return { limit, used, remaining: remainingOf(limit, used), resetAt };
}

function heldLimitOf(limit: number, counter: string | null, held: number, resetAt: Date | null): HeldLimitFigures {
  const figures = limitOf(limit, counter, resetAt);
  return { ...figures, held, remaining: remainingOf(limit, figures.used + held) };
}

const remainingOf = (limit: number, taken: number): number | null => (limit > 0 ? Math.max(0, limit - taken) : null);
