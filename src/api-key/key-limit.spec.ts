import { describe, expect, it } from '@jest/globals';
import { DEFAULT_SETTINGS } from './api-key-record.js';
import { hasLimit } from './key-limit.js';

describe('hasLimit', () => {
  it.each([
    'tokenLimit',
    'concurrencyLimit',
    'rateLimitRequests',
    'rateLimitCost',
    'dailyCostLimit',
    'totalCostLimit',
    'weeklyOpusCostLimit',
  ])('knows %s', (name) => {
    expect(hasLimit({ ...DEFAULT_SETTINGS, [name]: 0.5 })).toBe(true);
  });

  it('takes a window alone for no limit', () => {
    const settings = { ...DEFAULT_SETTINGS, rateLimitWindow: 60 };
    expect(hasLimit(settings)).toBe(false);
  });
});
