import { describe, expect, it } from '@jest/globals';
import { RelayError } from '@crs/extension-api';
import { testConfig } from '../../../test/support/test-config.js';
import { testPrincipal } from '../../../test/support/test-principal.js';
import { Zone } from '../../core/time/zone.js';
import type { Busy } from './admission-decision.js';
import { limitRefusal, moneyText } from './limit-refusal.js';

const AT = Date.parse('2026-11-23T04:05:30.500Z');
const context = {
  principal: testPrincipal({
    limits: {
      concurrencyLimit: 1,
      rateLimitWindow: 60,
      rateLimitRequests: 200,
      tokenLimit: 1,
      rateLimitCost: 2.5,
      dailyCostLimit: 10,
      totalCostLimit: 0.0000001,
      weeklyOpusCostLimit: 0.1 + 0.2,
    },
    weeklyResetDay: 5,
    weeklyResetHour: 9,
  }),
  at: AT,
  zone: new Zone(testConfig()),
};
const HELD = 'is held by requests that are running. Please try again in a moment.';
const busy = (change: Partial<Busy>): Busy => ({
  ...{ kind: 'busy', reason: 'waiting', waiter: '', waiting: 0 },
  ...change,
});

describe('limitRefusal', () => {
  it('can tell when a window ends that is longer than any date', () => {
    const limits = { ...context.principal.limits, rateLimitWindow: Number.MAX_SAFE_INTEGER };
    const refused = { kind: 'window', limit: 'requests', used: 200, startedAt: AT } as const;
    const error = limitRefusal(refused, { ...context, principal: testPrincipal({ limits }) });
    expect(error.resetAt).toEqual(new Date(AT + 525_600 * 60_000));
    expect(error.message).toContain('per 525600 minutes');
  });

  it.each([
    [
      'daily',
      10_020_000,
      'daily limit of $10.00 ($10.02). It resets at 2026-11-24 00:00 (UTC+8).',
      '2026-11-23T16:00:00.000Z',
    ],
    [
      'weekly',
      300_001,
      'weekly limit of $0.30 for Claude models ($0.300001). It resets at 2026-11-27 09:00 (UTC+8).',
      '2026-11-27T01:00:00.000Z',
    ],
    ['total', 5, 'total limit of $0.000001 ($0.000005). An administrator can raise it.', undefined],
  ] as const)('of a spent %s budget says when it helps to come back', (limit, usedMicroUsd, words, resetAt) => {
    const error = limitRefusal({ kind: 'spent', limit, usedMicroUsd }, context);
    expect(error).toBeInstanceOf(RelayError);
    expect(error).toMatchObject({ code: 'budget_spent', retryAfterSeconds: null });
    expect(error.message).toBe(`This API key has spent its ${words}`);
    expect(error.resetAt?.toISOString()).toBe(resetAt);
  });

  it.each([
    ['requests', 200, 'limit of 200 requests per 60 minutes (200 requests)'],
    ['tokens', 13_500, 'limit of 1 token per 60 minutes (13500 tokens)'],
    ['cost', 2_510_000, 'limit of $2.50 per 60 minutes ($2.51)'],
  ] as const)('of a window without %s says how long it lasts', (limit, used, words) => {
    const startedAt = AT - 3_000_500;
    const error = limitRefusal({ kind: 'window', limit, used, startedAt }, context);
    expect(error).toMatchObject({
      code: 'window_exceeded',
      retryAfterSeconds: 600,
      resetAt: new Date(startedAt + 3_600_000),
      message: `This API key has used up its ${words}. It resets at 2026-11-23 12:16 (UTC+8).`,
    });
  });

  it.each([
    [busy({ reason: 'concurrency' }), 'This API key has reached its limit of 1 request at the same time.'],
    [busy({ reason: 'daily' }), `What is left of this API key's daily limit of $10.00 ${HELD}`],
    [busy({ reason: 'tokens' }), `What is left of this API key's limit of 1 token per 60 minutes ${HELD}`],
    [
      busy({ reason: 'waiting' }),
      'Other requests of this API key are waiting for their turn. Please try again in a moment.',
    ],
  ])('of a busy key asks to try again at once: %j', (refusal, message) => {
    expect(limitRefusal(refusal, context)).toMatchObject({
      code: 'too_many_requests',
      retryAfterSeconds: 1,
      resetAt: null,
      message,
    });
  });

  it('of a full queue asks to come back soon', () => {
    expect(limitRefusal({ kind: 'queue_full', waiting: 3 }, context)).toMatchObject({
      code: 'too_many_requests',
      retryAfterSeconds: 5,
      message: 'The queue of this API key is full (3 requests). Please try again in a few seconds.',
    });
  });
});

describe('moneyText', () => {
  it.each([
    [0, '$0.00'],
    [1, '$0.000001'],
    [100, '$0.0001'],
    [1000, '$0.001'],
    [10_000, '$0.01'],
    [100_000, '$0.10'],
    [1_000_000, '$1.00'],
    [1_234_500_000, '$1234.50'],
    [12_345_678, '$12.345678'],
  ])('writes %d micro-USD as %s', (micro, text) => {
    expect(moneyText(micro)).toBe(text);
  });
});
