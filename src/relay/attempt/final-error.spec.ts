import type { AttemptFailure } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import type { UnavailableReason } from '../../account/availability.js';
import { NoAccountError } from '../../scheduler/no-account.error.js';
import { toFinalError } from './final-error.js';

const NOW = Date.parse('2026-11-23T00:00:00Z');

const status = (code: number): AttemptFailure => ({
  kind: 'status',
  status: code,
  headers: {},
  text: '',
  endpoint: 'messages',
});
const event = (errorType: string): AttemptFailure => ({ kind: 'error_event', errorType, message: '', text: '' });
const reset: AttemptFailure = { kind: 'transport', reason: 'reset', detail: '' };
const slow: AttemptFailure = { kind: 'timeout', reason: 'first_byte' };

const none = (counts: [UnavailableReason, number][], backInSeconds: number | null = null): NoAccountError =>
  new NoAccountError(new Map(counts), backInSeconds === null ? null : new Date(NOW + backInSeconds * 1000));

const finalError = (failures: AttemptFailure[], noAccount: NoAccountError | null = null, endpoint = 'messages') =>
  toFinalError({ failures, noAccount, endpoint, now: NOW });

describe('toFinalError', () => {
  it.each([
    ['a rate limit, whenever it came', [status(429), status(500)], 'upstream_rate_limited', null],
    ['a rate limit told in a stream', [event('rate_limit_error'), reset], 'upstream_rate_limited', null],
    ['the last failure of a server', [status(500), status(529), reset], 'upstream_failed', 529],
    ['an overload told in a stream', [event('overloaded_error')], 'upstream_failed', 529],
    ['an error type that nobody knows', [event('new_error')], 'upstream_failed', 500],
    ['a broken connection', [reset], 'upstream_failed', null],
    ['an upstream that did not answer in time', [reset, slow], 'upstream_timeout', null],
    ['a refusal of our own access, never as such', [status(401), status(403), status(402)], 'no_account', null],
  ] as const)('tells %s', (_, failures, code, expectedStatus) => {
    expect(finalError([...failures])).toMatchObject({ code, status: expectedStatus, retryAfterSeconds: 1 });
  });

  it('never shows the words or the status of a refused access', () => {
    const error = finalError([status(401)]);
    expect(error.message).toContain("the gateway's own access");
    expect(error.status).toBeNull();
  });

  it.each([
    ['an account is back soon', 12.3, 13],
    ['an account is back at once', -5, 1],
    ['an account is back just in time', 60, 60],
    ['no account is back soon', 61, null],
    ['nobody knows when', null, null],
  ])('says when to come back where %s', (_, seconds, expected) => {
    expect(finalError([status(500)], none([['excluded', 1]], seconds)).retryAfterSeconds).toBe(expected);
  });

  it('counts the accounts that were left out by reason, without names', () => {
    const error = finalError(
      [],
      none(
        [
          ['rate_limited', 2],
          ['inactive', 1],
        ],
        30,
      ),
    );
    expect(error).toMatchObject({ code: 'no_account', retryAfterSeconds: 30 });
    expect(error.message).toBe('No upstream account is available for this request (2 rate limited, 1 inactive).');
  });

  it('says so where no account is set up at all', () => {
    expect(finalError([], none([])).message).toContain('No upstream account is set up');
  });

  describe('for count_tokens', () => {
    it.each([
      ['every account that was asked lacks it', [status(404), status(405), status(501)], none([['excluded', 3]])],
      ['every account is known to lack it', [], none([['cooling_down', 2]])],
    ])('says that nobody offers it where %s', (_, failures, noAccount) => {
      expect(finalError(failures, noAccount, 'count_tokens').code).toBe('endpoint_missing');
    });

    it.each([
      ['an account failed in another way', [status(404), status(500)], null],
      [
        'an account is left out for another reason',
        [],
        none([
          ['cooling_down', 1],
          ['inactive', 1],
        ]),
      ],
      ['there is no account', [], none([])],
    ])('does not say so where %s', (_, failures, noAccount) => {
      expect(finalError(failures, noAccount, 'count_tokens').code).not.toBe('endpoint_missing');
    });
  });
});
