import type { UpstreamAccount } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testAccount } from '../../test/support/test-account.js';
import { type AccountMarks, type AccountState, NO_MARKS } from './account-state.js';
import { availableAt, type AvailabilityQuestion, lacksEndpointOnly, unavailableReasons } from './availability.js';

const NOW = Date.parse('2026-11-23T04:00:00Z');
const at = (seconds: number): Date => new Date(NOW + seconds * 1000);

const state = (change: Partial<UpstreamAccount> = {}, marks: Partial<AccountMarks> = {}): AccountState => ({
  account: testAccount(change),
  marks: { ...NO_MARKS, ...marks },
});
const question = (change: Partial<AvailabilityQuestion> = {}): AvailabilityQuestion => ({
  now: NOW,
  model: 'claude-opus',
  endpoint: 'messages',
  excluded: new Set(),
  ...change,
});
const coolDown = (type: string, seconds: number): Partial<AccountMarks> => ({
  coolDown: { type, statusCode: 529, until: at(seconds) },
});

describe('unavailableReasons', () => {
  it('gives none for an account that nothing speaks against', () => {
    expect(unavailableReasons(state(), question())).toEqual([]);
  });

  it.each<[string, AccountState, Partial<AvailabilityQuestion>, string[]]>([
    ['switched off', state({ isActive: false }), {}, ['inactive']],
    ['paused', state({ schedulable: false }), {}, ['unschedulable']],
    ['unauthorized', state({ status: 'unauthorized' }), {}, ['status']],
    ['just created by v1', state({ status: 'created' }), {}, []],
    ['expired this moment', state({ subscriptionExpiresAt: at(0) }), {}, ['expired']],
    ['expiring in a second', state({ subscriptionExpiresAt: at(1) }), {}, []],
    ['serving other models only', state({ supportedModels: { other: 'x' } }), {}, ['model']],
    ['serving the model in another spelling', state({ supportedModels: { 'Claude-Opus': 'x' } }), {}, []],
    ['asked for any model', state({ supportedModels: { other: 'x' } }), { model: null }, []],
    ['excluded by the request', state(), { excluded: new Set([testAccount().id]) }, ['excluded']],
    ['excluded by a request as another one', state(), { excluded: new Set(['other']) }, []],
    ['cooling down', state({}, coolDown('overload', 60)), {}, ['cooling_down']],
    ['cooling down for a rate limit', state({}, coolDown('rate_limit', 60)), {}, ['rate_limited']],
    ['done cooling down', state({}, coolDown('overload', 0)), {}, []],
    ['limited until a named reset', state({}, { resetAt: at(60) }), {}, ['rate_limited']],
    ['past its reset', state({}, { resetAt: at(-1) }), {}, []],
    ['limited twice', state({}, { ...coolDown('rate_limit', 60), resetAt: at(90) }), {}, ['rate_limited']],
    ['without the model for now', state({}, { missingModels: new Map([['claude-opus', at(60)]]) }), {}, ['model']],
    ['without another model for now', state({}, { missingModels: new Map([['other', at(60)]]) }), {}, []],
    [
      'over its rate for the model',
      state({}, { limitedModels: new Map([['claude-opus', at(60)]]) }),
      {},
      ['rate_limited'],
    ],
    ['over its rate for another model', state({}, { limitedModels: new Map([['claude', at(60)]]) }), {}, []],
    [
      'asked for any model, one over its rate',
      state({}, { limitedModels: new Map([['x', at(60)]]) }),
      { model: null },
      [],
    ],
    ['recovering', state({}, { recovery: { since: at(-1), until: at(599), served: 0 } }), {}, []],
    [
      'without the endpoint for now',
      state({}, { missingEndpoints: new Map([['count_tokens', at(60)]]) }),
      { endpoint: 'count_tokens' },
      ['cooling_down'],
    ],
    [
      'with an endpoint that fails',
      state({}, { limitedEndpoints: new Map([['count_tokens', at(60)]]) }),
      { endpoint: 'count_tokens' },
      ['cooling_down'],
    ],
    ['with another endpoint that fails', state({}, { limitedEndpoints: new Map([['x', at(60)]]) }), {}, []],
    ['without another endpoint', state({}, { missingEndpoints: new Map([['count_tokens', at(60)]]) }), {}, []],
    ['stopped by v1', state({}, { v1Stops: [{ reason: 'rate_limited', until: at(60) }] }), {}, ['rate_limited']],
    ['past a stop of v1', state({}, { v1Stops: [{ reason: 'quota', until: at(0) }] }), {}, []],
    ['at its daily quota', state({ dailyQuotaUsd: 5 }, { quotaSpentUsd: 5, quotaResetsAt: at(60) }), {}, ['quota']],
    ['below its daily quota', state({ dailyQuotaUsd: 5 }, { quotaSpentUsd: 4.99, quotaResetsAt: at(60) }), {}, []],
    ['in a new quota day', state({ dailyQuotaUsd: 5 }, { quotaSpentUsd: 9, quotaResetsAt: at(0) }), {}, []],
    ['without a quota', state({ dailyQuotaUsd: 0 }, { quotaSpentUsd: 9 }), {}, []],
    [
      'held back by much',
      state({ isActive: false, schedulable: false, status: 'error' }, coolDown('overload', 60)),
      {},
      ['inactive', 'unschedulable', 'status', 'cooling_down'],
    ],
  ])('an account that is %s', (_, sut, change, expected) => {
    expect(unavailableReasons(sut, question(change))).toEqual(expected);
  });
});

describe('lacksEndpointOnly', () => {
  const missing = { missingEndpoints: new Map([['count_tokens', at(60)]]) };

  it.each<[string, AccountState, string | null, boolean]>([
    ['its upstream does not have it', state({}, missing), 'count_tokens', true],
    ['nothing is said of it', state(), 'count_tokens', false],
    ['another one is asked for', state({}, missing), 'messages', false],
    ['any is asked for', state({}, missing), null, false],
    ['it may be back', state({}, { missingEndpoints: new Map([['count_tokens', at(0)]]) }), 'count_tokens', false],
    ['it only fails', state({}, { limitedEndpoints: missing.missingEndpoints }), 'count_tokens', false],
    ['the account rests, too', state({}, { ...missing, ...coolDown('overload', 60) }), 'count_tokens', false],
  ])('where %s', (_, sut, endpoint, expected) => {
    expect(lacksEndpointOnly(sut, question({ endpoint }))).toBe(expected);
  });
});

describe('availableAt', () => {
  it('is null when nothing holds the account back', () => {
    expect(availableAt(state(), NOW)).toBeNull();
  });

  it('is when the last temporary reason ends', () => {
    const marks = {
      ...coolDown('overload', 60),
      resetAt: at(600),
      v1Stops: [{ reason: 'quota', until: at(30) }],
    } as const;
    expect(availableAt(state({}, marks), NOW)).toEqual(at(600));
  });

  it('is null when something holds the account back that does not end by itself', () => {
    expect(availableAt(state({ isActive: false }, coolDown('overload', 60)), NOW)).toBeNull();
  });

  it('looks at a single model or endpoint only when it is asked for', () => {
    const sut = state({ supportedModels: { other: 'x' } }, { missingModels: new Map([['other', at(60)]]) });
    expect(availableAt(sut, NOW)).toBeNull();
    expect(availableAt(sut, NOW, { model: 'other' })).toEqual(at(60));
  });

  it('names the first moment from which an account that is held back for a while is available', () => {
    const seconds = fc.integer({ min: -5, max: 100 });
    fc.assert(
      fc.property(seconds, seconds, seconds, seconds, (cool, reset, stop, quota) => {
        const sut = state(
          { dailyQuotaUsd: 1 },
          {
            ...coolDown('auth_error', cool),
            resetAt: at(reset),
            v1Stops: [{ reason: 'cooling_down', until: at(stop) }],
            quotaSpentUsd: 2,
            quotaResetsAt: at(quota),
          },
        );
        const back = availableAt(sut, NOW);
        if (back === null) {
          expect(unavailableReasons(sut, question())).toEqual([]);
        } else {
          expect(unavailableReasons(sut, question({ now: back.getTime() }))).toEqual([]);
          expect(unavailableReasons(sut, question({ now: back.getTime() - 1 }))).not.toEqual([]);
        }
      }),
    );
  });
});
