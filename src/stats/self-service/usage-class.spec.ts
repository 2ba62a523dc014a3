import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { averagesOf, toUsageClass } from './usage-class.js';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-11-23T04:05:00Z');
const figures = (requests: number, allTokens: number) => ({
  ...{ requests, allTokens, inputTokens: 1, outputTokens: 2, cacheCreateTokens: 3, cacheReadTokens: 4 },
  ...{ ephemeral5mTokens: 5, ephemeral1hTokens: 6, costUsd: 7, realCostUsd: 8 },
});
const daysAgo = (days: number) => new Date(NOW - days * DAY_MS);

describe('toUsageClass', () => {
  it("answers v1's figures and no others, with all tokens as tokens", () => {
    expect(toUsageClass(figures(9, 10))).toEqual({
      ...{ tokens: 10, inputTokens: 1, outputTokens: 2, cacheCreateTokens: 3, cacheReadTokens: 4 },
      ...{ allTokens: 10, requests: 9 },
    });
  });
});

describe('averagesOf', () => {
  it.each([
    ['a key of this moment', daysAgo(0), { rpm: 1, tpm: 100.5, dailyRequests: 1440, dailyTokens: 144_720 }],
    ['a key of exactly a day', daysAgo(1), { rpm: 1, tpm: 100.5, dailyRequests: 1440, dailyTokens: 144_720 }],
    [
      'a key whose second day has begun',
      daysAgo(1.01),
      { rpm: 0.5, tpm: 50.25, dailyRequests: 720, dailyTokens: 72_360 },
    ],
    ['a key of an unknown age', null, { rpm: 1, tpm: 100.5, dailyRequests: 1440, dailyTokens: 144_720 }],
    ['a key from the future', daysAgo(-5), { rpm: 1, tpm: 100.5, dailyRequests: 1440, dailyTokens: 144_720 }],
  ])('spreads the use of %s over its days', (_, createdAt, expected) => {
    expect(averagesOf(figures(1440, 144_720), createdAt, NOW)).toEqual(expected);
  });

  it('is finite, never negative, and rounds to hundredths for any key', () => {
    const count = fc.nat({ max: 1e12 });
    fc.assert(
      fc.property(count, count, fc.integer({ min: -10, max: 4000 }), (requests, tokens, age) => {
        const averages = averagesOf(figures(requests, tokens), daysAgo(age / 3), NOW);
        for (const value of Object.values<number>({ ...averages })) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(Number(value.toFixed(2))).toBe(value);
        }
        expect(averages.dailyRequests).toBeLessThanOrEqual(requests);
      }),
    );
  });
});
