import type { AccountMark, AttemptFailure, FailureContext, FailureVerdict, HeaderMap } from '@crs/extension-api';

const NOW = new Date('2026-11-23T10:00:00.000Z');

/** What a failure of a first attempt is judged by, where the request holds no text that matters. */
export function failureContextOf(change: Partial<FailureContext> = {}): FailureContext {
  return {
    now: NOW,
    model: 'claude-opus-4-1',
    endpoint: 'messages',
    accountFaultTexts: [],
    sameFailures: 0,
    requestHolds: () => false,
    ...change,
  };
}

export const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

export const GIVE_UP: FailureVerdict = { action: 'give_up' };
export const UNMARKED: FailureVerdict = { action: 'other_account', mark: null };
export const other = (type: AccountMark['type'], statusCode: number, resetAt?: Date): FailureVerdict => ({
  action: 'other_account',
  mark: resetAt === undefined ? { type, statusCode } : { type, statusCode, resetAt },
});

export const anthropicError = (type: string, message: string, more: object = {}): string =>
  JSON.stringify({ type: 'error', error: { type, message, ...more }, request_id: 'req_1' });

export function status(code: number, text = '', headers: HeaderMap = {}): AttemptFailure {
  return { kind: 'status', status: code, headers, text };
}

export const transport = (reason: Extract<AttemptFailure, { kind: 'transport' }>['reason']): AttemptFailure => ({
  kind: 'transport',
  reason,
  detail: 'it broke',
});
export const malformed = (
  reason: Extract<AttemptFailure, { kind: 'malformed' }>['reason'],
  text = '',
): AttemptFailure => ({
  kind: 'malformed',
  reason,
  text,
});
export const errorEvent = (type: string, message = 'no', more: object = {}): AttemptFailure => ({
  kind: 'error_event',
  errorType: type,
  message,
  text: anthropicError(type, message, more),
});
