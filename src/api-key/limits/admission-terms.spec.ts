import { describe, expect, it } from '@jest/globals';
import type { KeyLimitSettings } from '@crs/extension-api';
import { testRequest } from '../../../test/support/limit-rig.js';
import { hasTerms, termsOf, toMicroLimit } from './admission-terms.js';

describe('toMicroLimit', () => {
  it.each([
    [0, 0],
    [-1, 0],
    [0.0000001, 1],
    [0.000001, 1],
    [0.1 + 0.2, 300_000],
    [12.3456789, 12_345_679],
  ])('takes %d USD for %d micro-USD', (usd, micro) => {
    expect(toMicroLimit(usd)).toBe(micro);
  });
});

describe('termsOf', () => {
  const terms = (limits: Partial<KeyLimitSettings>, isClaudeModel = true) =>
    termsOf(testRequest(limits, { isClaudeModel }), 5000, 0);

  it('has a window only where it has both a length and a limit', () => {
    const limits = { rateLimitRequests: 1, tokenLimit: 2, rateLimitCost: 3 };
    expect(terms({ ...limits, rateLimitWindow: 10 })).toMatchObject({
      windowMs: 600_000,
      requestLimit: 1,
      tokenLimit: 2,
      windowCostLimit: 3_000_000,
    });
    const none = { windowMs: 0, requestLimit: 0, tokenLimit: 0, windowCostLimit: 0 };
    expect(terms(limits)).toMatchObject(none);
    expect(terms({ rateLimitWindow: 10 })).toMatchObject(none);
  });

  it('keeps the week of Claude models for these alone', () => {
    const limits = { weeklyOpusCostLimit: 1 };
    expect(terms(limits)).toMatchObject({ weeklyLimit: 1_000_000, isClaude: true });
    expect(terms(limits, false)).toMatchObject({ weeklyLimit: 0, isClaude: false });
  });

  it.each<[Partial<KeyLimitSettings>, boolean]>([
    [{}, false],
    [{ rateLimitWindow: 10 }, false],
    [{ rateLimitRequests: 10, tokenLimit: 5, rateLimitCost: 1 }, false],
    [{ concurrencyLimit: 1 }, true],
    [{ rateLimitWindow: 10, rateLimitRequests: 1 }, true],
    [{ rateLimitWindow: 10, tokenLimit: 1 }, true],
    [{ rateLimitWindow: 10, rateLimitCost: 0.0000001 }, true],
    [{ dailyCostLimit: 1 }, true],
    [{ totalCostLimit: 1 }, true],
    [{ weeklyOpusCostLimit: 1 }, true],
  ])('of %j are worth a question: %s', (limits, isWorthIt) => {
    expect(hasTerms(terms(limits))).toBe(isWorthIt);
  });

  it('of a week that does not count the model are not', () => {
    expect(hasTerms(terms({ weeklyOpusCostLimit: 1 }, false))).toBe(false);
  });
});
