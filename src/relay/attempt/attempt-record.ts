import type { AccountId, FailureVerdict, UpstreamAccount } from '@crs/extension-api';
import { AttemptFailedError } from './attempt-failed.error.js';

/** One attempt of one request, as an admin reads it. */
export interface AttemptRecord {
  readonly accountId: AccountId;
  readonly platform: string;
  /**
   * `ok`; `intercepted` (answered here, without the upstream); `broke_off` (behind the commit point); `given_up` (nobody waited any more); or what broke: `status`,
   * `transport`, `timeout`, `malformed`, `error_event`.
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

export function toAttemptRecord({ id, platform }: UpstreamAccount, end: AttemptEnd): AttemptRecord {
  const { startedAt, endedAt, error, verdict } = end;
  const failure = error instanceof AttemptFailedError ? error.failure : null;
  return {
    accountId: id,
    platform,
    result: error === null ? 'ok' : (failure?.kind ?? 'given_up'),
    reason:
      failure === null || failure.kind === 'status'
        ? null
        : failure.kind === 'error_event'
          ? failure.errorType
          : failure.reason,
    status: failure?.kind === 'status' ? failure.status : null,
    verdict: verdict?.action ?? null,
    mark: verdict?.action === 'other_account' ? (verdict.mark?.type ?? null) : null,
    startedAt: new Date(startedAt).toISOString(),
    ms: endedAt - startedAt,
  };
}

/** A warm-up or title request that the gateway has answered in the account's place. */
export function toInterceptionRecord(account: UpstreamAccount, now: number): AttemptRecord {
  const end = { startedAt: now, endedAt: now, error: null, verdict: null };
  return { ...toAttemptRecord(account, end), result: 'intercepted', reason: 'warmup' };
}
