import type { KeyLimitSettings } from '@crs/extension-api';

/** One year. */
export const MOST_WINDOW_MINUTES = 525_600;
/** In whole micro-USD it still counts exactly. */
export const MOST_USD = 1_000_000_000;
export const MOST_COUNT = 1_000_000_000_000;

/** Limits as they are kept: v1 stores any number, and beyond these neither dates nor sums can be told. */
export const boundedLimits = (limits: KeyLimitSettings): KeyLimitSettings => ({
  concurrencyLimit: Math.min(limits.concurrencyLimit, MOST_COUNT),
  rateLimitWindow: Math.min(limits.rateLimitWindow, MOST_WINDOW_MINUTES),
  rateLimitRequests: Math.min(limits.rateLimitRequests, MOST_COUNT),
  tokenLimit: Math.min(limits.tokenLimit, MOST_COUNT),
  rateLimitCost: Math.min(limits.rateLimitCost, MOST_USD),
  dailyCostLimit: Math.min(limits.dailyCostLimit, MOST_USD),
  totalCostLimit: Math.min(limits.totalCostLimit, MOST_USD),
  weeklyOpusCostLimit: Math.min(limits.weeklyOpusCostLimit, MOST_USD),
});
