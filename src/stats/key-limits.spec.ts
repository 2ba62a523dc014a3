import { describe, expect, it } from '@jest/globals';
import type { ApiKeySummary } from '@crs/extension-api';
import { testConfig } from '../../test/support/test-config.js';
import { testKeySummary } from '../../test/support/test-key-summary.ts';
import { NO_LIMITS } from '../../test/support/test-principal.ts';
import { formatHold } from '../core/lease/hold-member.js';
import { Zone } from '../core/time/zone.js';
import { keyLimitsOf } from './key-limits.js';
import type { StoredKeyUsage } from './key-usage.js';

const zone = new Zone(testConfig());
const AT = Date.parse('2026-11-23T04:05:00Z');

const key = (limits: Partial<ApiKeySummary['limits']>): ApiKeySummary =>
  testKeySummary({ limits: { ...NO_LIMITS, ...limits }, weeklyResetDay: 5, weeklyResetHour: 9 });

const NO_COSTS: StoredKeyUsage['costs'] = {
  total: null,
  realTotal: null,
  today: null,
  realToday: null,
  month: null,
  claudeWeek: null,
};
const NOTHING: Pick<StoredKeyUsage, 'costs' | 'window' | 'running'> = {
  costs: NO_COSTS,
  window: { startedAt: null, requests: null, tokens: null, cost: null },
  running: { slots: [], holds: [] },
};

const limitsOf = (limits: ApiKeySummary, stored: Partial<typeof NOTHING> = {}) =>
  keyLimitsOf(limits, { ...NOTHING, ...stored }, zone, AT);

describe('keyLimitsOf', () => {
  it('tells what is used and left of each cost, and when it starts anew in the configured zone', () => {
    const costs = { ...NO_COSTS, today: '1.5', total: '600', claudeWeek: '20.25' };
    const limits = key({ dailyCostLimit: 2, totalCostLimit: 500, weeklyOpusCostLimit: 50 });
    expect(limitsOf(limits, { costs })).toMatchObject({
      daily: { limit: 2, used: 1.5, remaining: 0.5, resetAt: new Date('2026-11-23T16:00:00Z') },
      total: { limit: 500, used: 600, remaining: 0, resetAt: null },
      weekly: { limit: 50, used: 20.25, remaining: 29.75, resetAt: new Date('2026-11-27T01:00:00Z') },
    });
  });

  it('has nothing left to tell where there is no limit', () => {
    const { daily, total, weekly, window } = limitsOf(key({}), { costs: { ...NO_COSTS, today: '1' } });
    expect(daily).toMatchObject({ limit: 0, used: 1, remaining: null });
    expect(total).toEqual({ limit: 0, used: 0, held: 0, remaining: null, resetAt: null });
    expect(weekly).toMatchObject({ limit: 0, used: 0, remaining: null });
    expect(window.requests).toEqual({ limit: 0, used: 0, remaining: null, resetAt: null });
  });

  describe('the fixed window', () => {
    const limits = { rateLimitWindow: 10, rateLimitRequests: 5, tokenLimit: 100_000, rateLimitCost: 1.5 };
    const counters = { requests: '2', tokens: '45578', cost: '0.1281033' };

    it('counts while it is running', () => {
      const window = { startedAt: String(AT - 60_000), ...counters };
      const resetAt = new Date(AT + 540_000);
      expect(limitsOf(key(limits), { window }).window).toEqual({
        requests: { limit: 5, used: 2, remaining: 3, resetAt },
        tokens: { limit: 100_000, used: 45_578, held: 0, remaining: 54_422, resetAt },
        cost: { limit: 1.5, used: 0.1281033, held: 0, remaining: 1.5 - 0.1281033, resetAt },
      });
    });

    it.each([
      ['none is running', { startedAt: null, ...counters }],
      ['the last one has just ended', { startedAt: String(AT - 600_000), ...counters }],
      ['its start is damaged', { startedAt: 'yesterday', ...counters }],
    ])('starts from 0 when %s', (_, window) => {
      const { requests } = limitsOf(key(limits), { window }).window;
      expect(requests).toEqual({ limit: 5, used: 0, remaining: 5, resetAt: null });
    });

    it('limits nothing without a length', () => {
      const window = { startedAt: String(AT), ...counters };
      const { tokens } = limitsOf(key({ ...limits, rateLimitWindow: 0 }), { window }).window;
      expect(tokens).toEqual({ limit: 0, used: 0, held: 0, remaining: null, resetAt: null });
    });
  });

  describe('what requests in flight hold', () => {
    const hold = (microUsd: number, tokens: number, isClaude: boolean): string =>
      formatHold({ requestId: 'req-1', microUsd, tokens, isClaude });
    const running = { slots: [], holds: [hold(1_250_000, 1000, true), hold(500_000, 20, false)] };
    const all = key({
      ...{ dailyCostLimit: 2, totalCostLimit: 2, weeklyOpusCostLimit: 2 },
      ...{ rateLimitWindow: 10, rateLimitRequests: 2, tokenLimit: 5000, rateLimitCost: 2 },
    });

    it('remains of no limit, in the week only that of Claude models', () => {
      const { daily, total, weekly, window } = limitsOf(all, { running, costs: { ...NO_COSTS, today: '0.2' } });
      expect(daily).toMatchObject({ used: 0.2, held: 1.75, remaining: expect.closeTo(0.05, 9) });
      expect(total).toMatchObject({ used: 0, held: 1.75, remaining: 0.25 });
      expect(weekly).toMatchObject({ used: 0, held: 1.25, remaining: 0.75 });
      expect(window.cost).toMatchObject({ used: 0, held: 1.75, remaining: 0.25 });
      expect(window.tokens).toMatchObject({ used: 0, held: 1020, remaining: 3980 });
    });

    it('is no request more of the window: each counts from its beginning', () => {
      expect(limitsOf(all, { running }).window.requests).toEqual({ limit: 2, used: 0, remaining: 2, resetAt: null });
    });

    it('never leaves less than nothing', () => {
      const { daily } = limitsOf(all, { running, costs: { ...NO_COSTS, today: '1.9' } });
      expect(daily).toMatchObject({ used: 1.9, held: 1.75, remaining: 0 });
    });

    it('is shown also where nothing is limited', () => {
      expect(limitsOf(key({}), { running }).daily).toMatchObject({ limit: 0, held: 1.75, remaining: null });
    });

    it('passes over a damaged member', () => {
      const damaged = { slots: [], holds: ['damaged', hold(500_000, 20, false)] };
      expect(limitsOf(all, { running: damaged }).daily).toMatchObject({ held: 0.5 });
    });
  });

  it.each([
    ['some', 5, ['req-1', 'req-2'], { limit: 5, used: 2, remaining: 3 }],
    ['as many as may', 2, ['req-1', 'req-2'], { limit: 2, used: 2, remaining: 0 }],
    ['more than may since the limit was lowered', 1, ['req-1', 'req-2'], { limit: 1, used: 2, remaining: 0 }],
    ['no limit', 0, [], { limit: 0, used: 0, remaining: null }],
  ])('tells how many requests run at the same time: %s', (_, concurrencyLimit, slots, expected) => {
    const { concurrency } = limitsOf(key({ concurrencyLimit }), { running: { slots, holds: [] } });
    expect(concurrency).toEqual(expected);
  });
});
