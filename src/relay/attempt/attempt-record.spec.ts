import type { AttemptFailure, FailureVerdict } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testAccount } from '../../../test/support/test-account.ts';
import { testAttemptRecord } from '../../../test/support/test-request-entry.ts';
import { AttemptFailedError, ClientGoneError } from './attempt-failed.error.js';
import { type AttemptRecord, isFailed, toAttemptRecord, toBrokenOff, toInterceptionRecord } from './attempt-record.js';

const account = testAccount({ secret: 'upstream_secret' });

const recordOf = (failure: AttemptFailure | null, error: unknown = null): AttemptRecord =>
  toAttemptRecord(account, {
    startedAt: 1_000,
    endedAt: 1_250,
    error: failure === null ? error : new AttemptFailedError(failure),
    verdict: failure === null ? null : { action: 'other_account', mark: { type: 'overload', statusCode: 529 } },
  });

const eventOf = (errorType: string): AttemptFailure => ({
  kind: 'error_event',
  errorType,
  message: 'secret words',
  text: '{"secret":"words"}',
});

describe('toAttemptRecord', () => {
  it('says who was asked, when, for how long', () => {
    expect(recordOf(null)).toEqual(
      testAttemptRecord({ accountId: account.id, startedAt: '1970-01-01T00:00:01.000Z', ms: 250 }),
    );
  });

  it.each<[string, AttemptFailure, object]>([
    ['transport', { kind: 'transport', reason: 'dns', detail: 'secret words' }, { reason: 'dns', status: null }],
    ['timeout', { kind: 'timeout', reason: 'idle' }, { reason: 'idle', status: null }],
    ['malformed', { kind: 'malformed', reason: 'not_sse', text: 'secret words' }, { reason: 'not_sse', status: null }],
    [
      'status',
      { kind: 'status', status: 529, headers: { 'x-any': 'secret words' }, text: 'secret words' },
      { reason: null, status: 529 },
    ],
    ['error_event', eventOf('overloaded_error'), { reason: 'overloaded_error', status: null }],
  ])('says what failed (%s), without the words of the upstream', (result, failure, expected) => {
    const record = recordOf(failure);
    expect(record).toMatchObject({ result, ...expected, verdict: 'other_account', mark: 'overload' });
    expect(isFailed(record)).toBe(true);
    expect(JSON.stringify(record)).not.toContain('secret');
  });

  it.each<FailureVerdict>([{ action: 'give_up' }, { action: 'other_account', mark: null }])(
    'says that nothing was held against the account (%j)',
    (verdict) => {
      const error = new AttemptFailedError({ kind: 'timeout', reason: 'request' });
      const record = toAttemptRecord(account, { startedAt: 0, endedAt: 1, error, verdict });
      expect(record).toMatchObject({ verdict: verdict.action, mark: null });
    },
  );

  it('says that nobody waited any more', () => {
    expect(recordOf(null, new ClientGoneError())).toMatchObject({ result: 'given_up', reason: null, verdict: null });
  });

  it.each([
    '',
    'your key is wrong',
    'a'.repeat(101),
    'sk-ant-REDACTED',
    'upstream_secret',
    'x.upstream_secret.y',
    '\u540d',
    'a\nb',
  ])('stores no type of an error that could be anything: %j', (type) => {
    expect(recordOf(eventOf(type)).reason).toBe('unreadable');
    expect(toBrokenOff(testAttemptRecord(), account, type).reason).toBe('unreadable');
  });

  it('stores bounded reasons of harmless characters, whatever the upstream sends', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: 'binary' })), (type) => {
        expect(recordOf(eventOf(type)).reason).toMatch(/^[\w.-]{1,100}$/);
      }),
    );
  });
});

describe('toBrokenOff', () => {
  it.each([null, 'api_error'])('says that the answer broke off (%s)', (errorType) => {
    const record = toBrokenOff(testAttemptRecord(), account, errorType);
    expect(record).toEqual(testAttemptRecord({ result: 'broke_off', reason: errorType }));
    expect(isFailed(record)).toBe(true);
  });
});

describe('toInterceptionRecord', () => {
  it('is no failure', () => {
    const record = toInterceptionRecord(account, 1_000);
    expect(record).toMatchObject({ result: 'intercepted', reason: 'warmup', ms: 0 });
    expect(isFailed(record)).toBe(false);
  });
});
