import type { AccountId, AttemptFailure, FailureVerdict, UpstreamAccount } from '@crs/extension-api';
import { redactErrorText } from '../../account/error-text.js';
import { AttemptFailedError } from './attempt-failed.error.js';

/** One attempt of one request, as an admin reads it. */
export interface AttemptRecord {
  readonly accountId: AccountId;
  readonly platform: string;
  /**
   * `ok`; `intercepted` (answered here, without the upstream); `broke_off` (behind the commit point); `given_up` (nobody
   * waited any more); or what broke: `status`, `transport`, `timeout`, `malformed`, `error_event`.
   */
  readonly result: string;
  /** Why, in one word where there is one: `connect`, `idle`, `overloaded_error`, ... */
  readonly reason: string | null;
  /** The upstream's status; null when there was none. */
  readonly status: number | null;
  /** `other_account`, `give_up`; null for a success. */
  readonly verdict: string | null;
  readonly mark: string | null;
  readonly startedAt: string;
  readonly ms: number;
}

export interface AttemptEnd {
  /** Epoch ms. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Null: it led to an answer. */
  readonly error: unknown;
  readonly verdict: FailureVerdict | null;
}

/** As types of errors are written; other text may hold anything and is not stored. */
const ERROR_TYPE = /^[A-Za-z][\w.-]{0,99}$/;
const UNREADABLE_TYPE = 'unreadable';

export function toAttemptRecord(account: UpstreamAccount, end: AttemptEnd): AttemptRecord {
  const { startedAt, endedAt, error, verdict } = end;
  const failure = error instanceof AttemptFailedError ? error.failure : null;
  return {
    accountId: account.id,
    platform: account.platform,
    result: error === null ? 'ok' : (failure?.kind ?? 'given_up'),
    reason: reasonOf(failure, account),
    status: failure?.kind === 'status' ? failure.status : null,
    verdict: verdict?.action ?? null,
    mark: verdict?.action === 'other_account' ? (verdict.mark?.type ?? null) : null,
    startedAt: new Date(startedAt).toISOString(),
    ms: endedAt - startedAt,
  };
}

function reasonOf(failure: AttemptFailure | null, account: UpstreamAccount): string | null {
  if (failure === null || failure.kind === 'status') return null;
  return failure.kind === 'error_event' ? toErrorType(failure.errorType, account) : failure.reason;
}

/** What an upstream calls its error, where that is a name and nothing that must not be stored. */
function toErrorType(type: string, { secret }: UpstreamAccount): string {
  return ERROR_TYPE.test(type) && redactErrorText(type, secret, type.length) === type ? type : UNREADABLE_TYPE;
}

/** The attempt that led to an answer which then broke off; `errorType` is what the upstream called it, null = nothing. */
export function toBrokenOff(record: AttemptRecord, account: UpstreamAccount, errorType: string | null): AttemptRecord {
  return { ...record, result: 'broke_off', reason: errorType === null ? null : toErrorType(errorType, account) };
}

/** The attempt led to no answer, or to one that was not whole. */
export const isFailed = ({ result }: AttemptRecord): boolean => result !== 'ok' && result !== 'intercepted';

/** A warm-up or title request that the gateway has answered in the account's place. */
export function toInterceptionRecord(account: UpstreamAccount, now: number): AttemptRecord {
  const end = { startedAt: now, endedAt: now, error: null, verdict: null };
  return { ...toAttemptRecord(account, end), result: 'intercepted', reason: 'warmup' };
}
