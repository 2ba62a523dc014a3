import { describe, expect, it } from '@jest/globals';
import { toApiKeyId, type ApiKeySummary } from '@crs/extension-api';
import { testConfig } from '../../test/support/test-config.js';
import { Zone } from '../core/time/zone.js';
import { keyLimitsOf } from './key-limits.js';
import type { KeyCosts, KeyWindow } from './key-usage.js';

const zone = new Zone(testConfig());
const AT = Date.parse('2026-11-23T04:05:00Z');

const key = (limits: Partial<ApiKeySummary['limits']>): ApiKeySummary => ({
  id: toApiKeyId('key-1'),
  name: 'key',
  isDeleted: false,
  limits: {
    dailyCostLimit: 0,
    totalCostLimit: 0,
    weeklyOpusCostLimit: 0,
    rateLimitWindow: 0,
    rateLimitRequests: 0,
    rateLimitCost: 0,
    tokenLimit: 0,
    concurrencyLimit: 0,
    ...limits,
  },
  weeklyResetDay: 5,
  weeklyResetHour: 9,
});

const NO_COSTS: KeyCosts = {
  total: null,
  realTotal: null,
  today: null,
  realToday: null,
  month: null,
  claudeWeek: null,
};
const NO_WINDOW: KeyWindow = { startedAt: null, requests: null, tokens: null, cost: null };

describe('keyLimitsOf', () => {
  it('tells what is used and left of each cost, and when it starts anew in the configured zone', () => {
    const costs = { ...NO_COSTS, today: '1.5', total: '600', claudeWeek: '20.25' };
    const limits = key({ dailyCostLimit: 2, totalCostLimit: 500, weeklyOpusCostLimit: 50 });
    expect(keyLimitsOf(limits, costs, NO_WINDOW, zone, AT)).toMatchObject({
      daily: { limit: 2, used: 1.5, remaining: 0.5, resetAt: new Date('2026-11-23T16:00:00Z') },
      total: { limit: 500, used: 600, remaining: 0, resetAt: null },
      weekly: { limit: 50, used: 20.25, remaining: 29.75, resetAt: new Date('2026-11-27T01:00:00Z') },
    });
  });

  it('has nothing left to tell where there is no limit', () => {
    const { daily, total, weekly, window } = keyLimitsOf(key({}), { ...NO_COSTS, today: '1' }, NO_WINDOW, zone, AT);
    expect(daily).toMatchObject({ limit: 0, used: 1, remaining: null });
    expect(total).toEqual({ limit: 0, used: 0, remaining: null, resetAt: null });
    expect(weekly).toMatchObject({ limit: 0, used: 0, remaining: null });
    expect(window.requests).toEqual({ limit: 0, used: 0, remaining: null, resetAt: null });
  });

  describe('the fixed window', () => {
    const limits = { rateLimitWindow: 10, rateLimitRequests: 5, tokenLimit: 100_000, rateLimitCost: 1.5 };
    const counters = { requests: '2', tokens: '45578', cost: '0.1281033' };

    it('counts while it is running', () => {
      const window = { startedAt: String(AT - 60_000), ...counters };
      const resetAt = new Date(AT + 540_000);
      expect(keyLimitsOf(key(limits), NO_COSTS, window, zone, AT).window).toEqual({
        requests: { limit: 5, used: 2, remaining: 3, resetAt },
        tokens: { limit: 100_000, used: 45_578, remaining: 54_422, resetAt },
        cost: { limit: 1.5, used: 0.1281033, remaining: 1.5 - 0.1281033, resetAt },
      });
    });

    it.each([
      ['none is running', { startedAt: null, ...counters }],
      ['the last one has just ended', { startedAt: String(AT - 600_000), ...counters }],
      ['its start is damaged', { startedAt: 'yesterday', ...counters }],
    ])('starts from 0 when %s', (_, window) => {
      const { requests } = keyLimitsOf(key(limits), NO_COSTS, window, zone, AT).window;
      expect(requests).toEqual({ limit: 5, used: 0, remaining: 5, resetAt: null });
    });

    it('limits nothing without a length', () => {
      const window = { startedAt: String(AT), ...counters };
      const { tokens } = keyLimitsOf(key({ ...limits, rateLimitWindow: 0 }), NO_COSTS, window, zone, AT).window;
      expect(tokens).toEqual({ limit: 0, used: 0, remaining: null, resetAt: null });
    });
  });
});
