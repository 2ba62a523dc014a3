import type { ApiKeySummary, KeyLimitSettings } from '@crs/extension-api';
import type { KeyLimits } from '../key-limits.js';
import type { UsageFigures } from '../key-usage.js';
import type { KeyTotals } from '../stats.service.js';
import { toUsageClass, type UsageClass } from './usage-class.js';
import { usdText } from './usd-text.js';

/** v1's name of the service that is called codex here. */
const V1_NAMES: Readonly<Record<string, string>> = { codex: 'openai' };

/** Figures with what they cost against the limits. */
export interface CostedUsage extends UsageClass {
  /** Rated USD. */
  readonly cost: number;
  readonly formattedCost: string;
}

/** The limits of a key and how far they are used, under v1's names. */
export interface ProfileLimits extends KeyLimitSettings {
  readonly weeklyResetDay: number;
  readonly weeklyResetHour: number;
  readonly currentWindowRequests: number;
  readonly currentWindowTokens: number;
  readonly currentWindowCost: number;
  readonly currentDailyCost: number;
  readonly currentTotalCost: number;
  readonly weeklyOpusCost: number;
  /** Epoch ms; null while no window is running. */
  readonly windowStartTime: number | null;
  readonly windowEndTime: number | null;
  /** 0 while none is running, null where the key has none. */
  readonly windowRemainingSeconds: number | null;
}

export const toCostedUsage = (figures: UsageFigures): CostedUsage => ({
  ...toUsageClass(figures),
  cost: figures.costUsd,
  formattedCost: usdText(figures.costUsd),
});

export const toV1Permissions = (permissions: readonly string[]): readonly string[] =>
  permissions.map((name) => V1_NAMES[name] ?? name);

export const toProfileLimits = (key: ApiKeySummary, { limits }: KeyTotals, atMs: number): ProfileLimits => ({
  ...key.limits,
  weeklyResetDay: key.weeklyResetDay,
  weeklyResetHour: key.weeklyResetHour,
  currentWindowRequests: limits.window.requests.used,
  currentWindowTokens: limits.window.tokens.used,
  currentWindowCost: limits.window.cost.used,
  currentDailyCost: limits.daily.used,
  currentTotalCost: limits.total.used,
  weeklyOpusCost: limits.weekly.used,
  ...windowTimes(key.limits.rateLimitWindow, limits.window, atMs),
});

function windowTimes(
  minutes: number,
  { requests: { resetAt } }: KeyLimits['window'],
  atMs: number,
): Pick<ProfileLimits, 'windowStartTime' | 'windowEndTime' | 'windowRemainingSeconds'> {
  if (resetAt === null) {
    return { windowStartTime: null, windowEndTime: null, windowRemainingSeconds: minutes > 0 ? 0 : null };
  }
  const endMs = resetAt.getTime();
  return {
    windowStartTime: endMs - minutes * 60_000,
    windowEndTime: endMs,
    windowRemainingSeconds: Math.max(0, Math.floor((endMs - atMs) / 1000)),
  };
}
