import type { ApiKeySettings } from './api-key-record.js';

const LIMITS = [
  'tokenLimit',
  'concurrencyLimit',
  'rateLimitRequests',
  'rateLimitCost',
  'dailyCostLimit',
  'totalCostLimit',
  'weeklyOpusCostLimit',
] as const satisfies readonly (keyof ApiKeySettings)[];

/** Said of each limit until it is enforced. */
export const NOT_ENFORCED_YET = 'Stored, and enforced from a later version on.';

/** Whether an administrator has limited what the key may spend. */
export const hasLimit = (settings: Pick<ApiKeySettings, (typeof LIMITS)[number]>): boolean =>
  LIMITS.some((name) => settings[name] > 0);
