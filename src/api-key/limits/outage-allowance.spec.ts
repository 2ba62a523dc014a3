import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type KeyLimitSettings, NO_TOKENS, type UsageRecord } from '@crs/extension-api';
import { type RequestChange, testRequest } from '../../../test/support/limit-rig.js';
import { testUsageReport } from '../../../test/support/test-usage-report.js';
import type { RoomLeft } from './admission-decision.js';
import type { AdmissionRequest } from './admission-request.js';
import { termsOf } from './admission-terms.js';
import { OutageAllowance } from './outage-allowance.js';

const NOTHING: RoomLeft = { microUsd: null, weeklyMicroUsd: null, tokens: null, requests: null };
const COST = { dailyCostLimit: 5 };
const WEEK = { weeklyOpusCostLimit: 5 };

const estimate = (microUsd: number, tokens = 1): RequestChange => ({ firstEstimate: { microUsd, tokens } });

describe('OutageAllowance', () => {
  let sut: OutageAllowance;

  beforeEach(() => {
    sut = new OutageAllowance();
  });

  const note = (request: AdmissionRequest, left: Partial<RoomLeft>, hold?: string): void => {
    const { keyId } = request.principal;
    const ref = hold === undefined ? null : { set: `v2:holds:${keyId}`, member: hold };
    sut.note(request, { kind: 'admitted', slot: null, hold: ref, left: { ...NOTHING, ...left } });
  };
  const take = (limits: Partial<KeyLimitSettings>, change: RequestChange = {}) => {
    const request = testRequest(limits, change);
    return sut.take(request, termsOf(request, 0, 0));
  };
  const charge = (requestId: string, usd: number, tokens = 0): void => {
    const { keyId } = testRequest({}).principal;
    const report = { ...testUsageReport(), requestId, keyId, usage: { ...NO_TOKENS, outputTokens: tokens } };
    sut.charge({ report, rated: { total: usd } } as UsageRecord);
  };

  it('lets no request through of a key of which nothing is known, but one without such limits', () => {
    expect(take(COST)).toBeNull();
    expect(take(WEEK)).toBeNull();
    expect(take({ rateLimitWindow: 1, rateLimitRequests: 99 })).toBeNull();
    expect(take({ concurrencyLimit: 1 })).toMatchObject({ microUsd: 1000 });
    expect(take(WEEK, { isClaudeModel: false })).toMatchObject({ isClaude: false });
    sut.note(testRequest({}), { kind: 'admitted', slot: null, hold: null, left: null });
    expect(take(COST)).toBeNull();
  });

  it.each<[string, Partial<KeyLimitSettings>, Partial<RoomLeft>, RequestChange, number]>([
    ['cost', COST, { microUsd: 1_000_000 }, estimate(10_000), 5],
    ['cost, rounded down', COST, { microUsd: 999_999 }, estimate(10_000), 4],
    ['cost of the week', WEEK, { weeklyMicroUsd: 1_000_000 }, estimate(25_000), 2],
    ['tokens', { rateLimitWindow: 1, tokenLimit: 900 }, { tokens: 800 }, estimate(1, 13), 3],
    ['requests', { rateLimitWindow: 1, rateLimitRequests: 99 }, { requests: 79 }, {}, 3],
    ['few requests', { rateLimitWindow: 1, rateLimitRequests: 20 }, { requests: 19 }, {}, 0],
    ['what the store did not tell', COST, { requests: 1000 }, {}, 0],
  ])('lets a twentieth through of what was left: %s', (_, limits, left, change, count) => {
    note(testRequest(limits), left);
    for (let i = 0; i < count; i += 1) expect(take(limits, change)).not.toBeNull();
    expect(take(limits, change)).toBeNull();
  });

  it('expects as much of a request as the store expected of the last one', () => {
    note(testRequest(COST), { microUsd: 1_000_000 }, 'req-0:30000:700:1');
    expect(take(COST)).toMatchObject({ microUsd: 30_000, tokens: 700, isClaude: true });
    expect(take(COST)).toBeNull();
  });

  it('counts what a request really used in place of its estimate', () => {
    const limits = { ...COST, rateLimitWindow: 1, tokenLimit: 9000, ...WEEK };
    note(testRequest(limits), { microUsd: 1_000_000, weeklyMicroUsd: 1_000_000, tokens: 100_000 });
    charge(take(limits, estimate(50_000, 5000))?.requestId ?? '', 0.0123451, 4999);
    expect(take(limits, estimate(37_655, 1))).toBeNull();
    expect(take(limits, estimate(37_654, 2))).toBeNull();
    expect(take(limits, estimate(37_654, 1))).not.toBeNull();
  });

  it('takes what was let in by the store from what was left', () => {
    note(testRequest(COST), { microUsd: 1_000_000, tokens: 10 });
    charge('let-in-before', 0.4, 50);
    expect(take(COST, estimate(30_001))).toBeNull();
    expect(take(COST, estimate(30_000))).not.toBeNull();
    charge('another', 2);
    expect(take(COST, estimate(1))).toBeNull();
  });

  it('is renewed by a new figure of the store alone', () => {
    note(testRequest(COST), { microUsd: 1_000_000 });
    take(COST, estimate(50_000));
    expect(take(COST, estimate(1))).toBeNull();
    note(testRequest(COST), { microUsd: 900_000 });
    expect(take(COST, estimate(45_000))).not.toBeNull();
    sut.forget(testRequest({}).principal.keyId);
    expect(take(COST, estimate(1))).toBeNull();
  });

  it('knows no more of the week from a request that does not count in it', () => {
    const limits = { ...COST, ...WEEK };
    note(testRequest(limits), { microUsd: 1_000_000, weeklyMicroUsd: 200_000 });
    expect(take(limits, estimate(6000))).not.toBeNull();
    note(testRequest(limits, { isClaudeModel: false }), { microUsd: 1_000_000 });
    expect(take(limits, estimate(4001))).toBeNull();
    expect(take(limits, estimate(4000))).not.toBeNull();
    expect(take(limits, { ...estimate(46_000), isClaudeModel: false })).not.toBeNull();
  });

  it('knows nothing of keys that it has not seen', () => {
    charge('r', 1);
    expect(take(COST)).toBeNull();
  });

  it('never lets through more than a twentieth at the time, whatever requests turn out to use', () => {
    const steps = fc.array(
      fc.record({ guess: fc.integer({ min: 1, max: 30_000 }), cost: fc.option(fc.integer({ min: 0, max: 60_000 })) }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), steps, (microUsd, requests) => {
        sut = new OutageAllowance();
        note(testRequest(COST), { microUsd });
        let used = 0;
        for (const { guess, cost } of requests) {
          const hold = take(COST, estimate(guess));
          expect(hold !== null).toBe(used + guess <= Math.floor(microUsd / 20));
          if (hold === null) continue;
          if (cost !== null) charge(hold.requestId, cost / 1_000_000);
          used += cost ?? guess;
        }
      }),
    );
  });
});
