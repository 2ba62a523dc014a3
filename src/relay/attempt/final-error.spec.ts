import type { AccountMark, AttemptFailure } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import type { UnavailableReason } from '../../account/availability.js';
import { NoAccountError } from '../../scheduler/no-account.error.js';
import { BOUND_ELSEWHERE, type FailedAttempt, toFinalError } from './final-error.js';

const NOW = Date.parse('2026-11-23T00:00:00Z');
const inSeconds = (seconds: number): Date => new Date(NOW + seconds * 1000);

const failed = (
  failure: AttemptFailure,
  type: AccountMark['type'] | null,
  statusCode = 0,
  resetAt?: Date,
): FailedAttempt => ({
  failure,
  mark: type === null ? null : { type, statusCode, ...(resetAt === undefined ? {} : { resetAt }) },
});

const status = (code: number, type: AccountMark['type'], resetAt?: Date): FailedAttempt =>
  failed({ kind: 'status', status: code, headers: {}, text: '' }, type, code, resetAt);
const event = (errorType: string, type: AccountMark['type'], code: number): FailedAttempt =>
  failed({ kind: 'error_event', errorType, message: '', text: '' }, type, code);
const tooMuch = failed({ kind: 'status', status: 429, headers: {}, text: '' }, null);
const reset = failed({ kind: 'transport', reason: 'reset', detail: '' }, 'connection');
const slow = failed({ kind: 'timeout', reason: 'first_byte' }, 'connection');
const unmarked = failed({ kind: 'error_event', errorType: 'odd', message: '', text: '' }, null);

const none = (
  counts: [UnavailableReason, number][],
  retryAt: Date | null = null,
  lacksEndpoint = false,
): NoAccountError => new NoAccountError(new Map(counts), retryAt, lacksEndpoint);

const finalError = (attempts: FailedAttempt[], noAccount: NoAccountError | null = null, answersLocally = false) =>
  toFinalError({ failed: attempts, noAccount, answersLocally, model: 'claude-typo', now: NOW });

describe('toFinalError', () => {
  it.each([
    [
      'a rate limit, whenever it came',
      [status(429, 'rate_limit'), status(500, 'server_error')],
      'upstream_rate_limited',
      null,
    ],
    [
      'a rate limit told in a stream',
      [event('rate_limit_error', 'rate_limit', 429), reset],
      'upstream_rate_limited',
      null,
    ],
    [
      'the last failure of a server',
      [status(500, 'server_error'), status(529, 'overload'), reset],
      'upstream_failed',
      529,
    ],
    ['an overload told in a stream', [event('overloaded_error', 'overload', 529)], 'upstream_failed', 529],
    ['a failure that blames nobody', [unmarked], 'upstream_failed', null],
    ['a broken connection', [reset], 'upstream_failed', null],
    ['an upstream that did not answer in time', [reset, slow], 'upstream_timeout', null],
    ['a limit that only this request passes', [tooMuch, reset], 'upstream_rate_limited', null],
    [
      'a refusal of our own access, never as such',
      [status(401, 'auth_error'), status(403, 'blocked')],
      'no_account',
      null,
    ],
    [
      'a refusal of our own access among faults that are none of a server',
      [status(401, 'auth_error'), reset, slow, status(404, 'model_missing')],
      'no_account',
      null,
    ],
    [
      'the failure of a server before a refusal of our own access',
      [status(500, 'server_error'), status(401, 'auth_error')],
      'upstream_failed',
      500,
    ],
    ['the last server to fail before what timed out later', [status(529, 'overload'), slow], 'upstream_failed', 529],
    ['a status that HTTP does not know', [status(999, 'server_error')], 'upstream_failed', 502],
    ['the last status that HTTP knows', [status(599, 'server_error')], 'upstream_failed', 599],
  ] as const)('tells %s', (_, attempts, code, expectedStatus) => {
    expect(finalError([...attempts])).toMatchObject({ code, status: expectedStatus, retryAfterSeconds: 1 });
  });

  it('never shows the words or the status of a refused access', () => {
    const error = finalError([status(401, 'auth_error'), status(400, 'blocked')]);
    expect(error.message).toContain('(2 refused access)');
    expect(error.message).toContain("the gateway's own access");
    expect(error.status).toBeNull();
  });

  it.each([
    [[status(429, 'rate_limit'), tooMuch], 'All upstream accounts are rate limited at the moment.'],
    [
      [status(429, 'rate_limit'), status(500, 'server_error'), unmarked],
      'No upstream account could answer (1 rate limited, 2 failed).',
    ],
    [
      [status(401, 'auth_error'), status(404, 'model_missing'), reset],
      "No upstream account could answer (1 refused access, 1 without the model, 1 failed). An administrator must look at the accounts: the gateway's own access was refused.",
    ],
    [[reset, status(529, 'overload')], '2 upstream accounts failed; the last one answered 529.'],
    [[status(529, 'overload'), reset], '2 upstream accounts failed; one of them answered 529.'],
    [[reset], '1 upstream account failed; the last one could not be reached or gave no valid answer.'],
  ])('says what is so: %#', (attempts, message) => {
    expect(finalError(attempts).message).toBe(message);
  });

  it('says so where nobody has the model', () => {
    const error = finalError([status(404, 'model_missing'), status(404, 'model_missing')]);
    expect(error).toMatchObject({ code: 'not_found', message: 'No upstream account has the model claude-typo.' });
    expect(finalError([status(404, 'model_missing'), reset]).code).toBe('upstream_failed');
  });

  it.each([
    ['an account is back soon', inSeconds(12.3), 13],
    ['an account is back at once', inSeconds(-5), 1],
    ['an account is back just in time', inSeconds(60), 60],
    ['no account is back soon', inSeconds(61), null],
    ['nobody knows when', null, null],
  ])('says when to come back where %s', (_, retryAt, expected) => {
    expect(finalError([status(500, 'server_error')], none([['excluded', 1]], retryAt)).retryAfterSeconds).toBe(
      expected,
    );
  });

  it('takes the earliest reset of all accounts, also of one that gets no marks', () => {
    const limited = [status(429, 'rate_limit', inSeconds(50)), status(429, 'rate_limit', inSeconds(5))];
    expect(finalError(limited, none([['excluded', 2]], inSeconds(20))).retryAfterSeconds).toBe(5);
  });

  it('says when a rate limit ends, however late, and keeps it apart from when to come back', () => {
    const limited = [status(429, 'rate_limit', inSeconds(7200)), status(500, 'server_error')];
    expect(finalError(limited, none([['excluded', 2]], inSeconds(3600.5)))).toMatchObject({
      code: 'upstream_rate_limited',
      resetAt: inSeconds(3600.5),
      retryAfterSeconds: null,
    });
    expect(finalError(limited, none([['excluded', 2]], inSeconds(20)))).toMatchObject({
      resetAt: inSeconds(20),
      retryAfterSeconds: 20,
    });
  });

  it.each([
    ['nobody knows it', [status(429, 'rate_limit')], none([['excluded', 1]])],
    ['other accounts are left', [status(429, 'rate_limit', inSeconds(7200))], null],
    ['it is none of a limit', [status(500, 'server_error')], none([['excluded', 1]], inSeconds(7200))],
  ] as const)('tells no end where %s', (_, attempts, noAccount) => {
    expect(finalError([...attempts], noAccount).resetAt).toBeNull();
  });

  it('counts the accounts that were left out by reason, without names', () => {
    const error = finalError(
      [],
      none(
        [
          ['rate_limited', 2],
          ['inactive', 1],
        ],
        inSeconds(30),
      ),
    );
    expect(error).toMatchObject({ code: 'no_account', retryAfterSeconds: 30 });
    expect(error.message).toBe('No upstream account is available for this request (2 rate limited, 1 inactive).');
  });

  it.each<[string, [UnavailableReason, number][], Date | null, Date | null]>([
    ['only rate limits keep them', [['rate_limited', 2]], inSeconds(7200), inSeconds(7200)],
    ['only rate limits keep them, and nobody knows how long', [['rate_limited', 2]], null, null],
    // Which of them is back first nobody says.
    [
      'something else keeps one of them',
      [
        ['rate_limited', 1],
        ['cooling_down', 1],
      ],
      inSeconds(30),
      null,
    ],
    ['there is none', [], inSeconds(30), null],
  ])('tells of accounts that were left out when their limit ends where %s', (_, counts, retryAt, expected) => {
    expect(finalError([], none(counts, retryAt))).toMatchObject({ code: 'no_account', resetAt: expected });
  });

  it('says so where no account is set up at all', () => {
    expect(finalError([], none([])).message).toContain('No upstream account is set up');
    expect(finalError([], null).message).toContain('No upstream account is set up');
  });

  it('says so where the key is bound to what is not served', () => {
    const error = finalError([], new NoAccountError(new Map(), null, false, true));
    expect([error.code, error.message]).toEqual(['no_account', BOUND_ELSEWHERE]);
  });

  it.each([
    [
      'every account that was asked lacks the endpoint',
      [status(404, 'endpoint_missing'), status(501, 'endpoint_missing')],
      none([['excluded', 2]]),
    ],
  ] as const)('says that nobody offers the endpoint where %s', (_, attempts, noAccount) => {
    expect(finalError([...attempts], noAccount).code).toBe('endpoint_missing');
  });

  it.each([
    ['in this request', [status(404, 'endpoint_missing'), status(529, 'overload')], none([['excluded', 2]])],
    ['as is known', [status(529, 'overload')], none([['cooling_down', 2]], null, true)],
    ['as is known, and none is left', [], none([['cooling_down', 2]], inSeconds(5), true)],
  ])('says so where the gateway can answer itself and one account lacks the endpoint %s', (_, attempts, noAccount) => {
    expect(finalError(attempts, noAccount, true).code).toBe('endpoint_missing');
    expect(finalError(attempts, noAccount).code).not.toBe('endpoint_missing');
  });

  it('does not say so where no account lacks the endpoint', () => {
    expect(finalError([status(529, 'overload')], none([['excluded', 1]]), true).code).toBe('upstream_failed');
    expect(finalError([], none([['cooling_down', 1]]), true).code).toBe('no_account');
  });
});
