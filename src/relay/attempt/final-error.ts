import { type AccountMark, type AttemptFailure, RelayError } from '@crs/extension-api';
import type { NoAccountError } from '../../scheduler/no-account.error.js';

/** Further away than this a client is told not to wait. */
const MAX_RETRY_AFTER_SECONDS = 60;

/** A failed attempt and what its verdict says about the account. */
export interface FailedAttempt {
  readonly failure: AttemptFailure;
  readonly mark: AccountMark | null;
}

export interface Exhaustion {
  /** What failed, in order. */
  readonly failed: readonly FailedAttempt[];
  /** Null: accounts are left that this request did not get to. */
  readonly noAccount: NoAccountError | null;
  readonly model: string;
  /** Epoch ms. */
  readonly now: number;
}

/**
 * The one error that a client gets when nothing worked: the last rate limit, else the last failure of a server. An
 * upstream's refusal of its own credentials is never shown as such: the client would be told to log in again.
 */
export function toFinalError(exhaustion: Exhaustion): RelayError {
  const { failed, noAccount, model } = exhaustion;
  const retry = retryAfter(exhaustion);
  if (failed.length === 0) return toUnserved(noAccount, retry);
  const types = new Set(failed.map(({ mark }) => mark?.type));
  const isAll = (type: AccountMark['type']): boolean => types.size === 1 && types.has(type);
  if (isAll('endpoint_missing')) return endpointMissing();
  if (isAll('model_missing')) return new RelayError('not_found', `No upstream account has the model ${model}.`);
  if (types.has('rate_limit')) {
    return new RelayError('upstream_rate_limited', 'All upstream accounts are rate limited at the moment.', retry);
  }
  return toFailure(failed, retry);
}

type Retry = Readonly<{ retryAfterSeconds?: number }>;

function toFailure(failed: readonly FailedAttempt[], retry: Retry): RelayError {
  const tried = `${String(failed.length)} upstream account${failed.length === 1 ? '' : 's'} failed`;
  const last = failed.findLast((attempt) => statusOf(attempt) >= 500) ?? failed.at(-1);
  if (last?.failure.kind === 'timeout') {
    return new RelayError('upstream_timeout', `${tried}; the last one did not answer in time.`, retry);
  }
  const status = last === undefined ? 0 : statusOf(last);
  if (status >= 500) {
    return new RelayError('upstream_failed', `${tried}; the last one answered ${String(status)}.`, {
      ...retry,
      status,
    });
  }
  if (failed.every(({ mark }) => mark?.type === 'auth_error' || mark?.type === 'blocked')) {
    const words = "the gateway's own access to them was refused. An administrator must look at the accounts.";
    return new RelayError('no_account', `${tried}: ${words}`, retry);
  }
  return new RelayError(
    'upstream_failed',
    `${tried}; the last one could not be reached or gave no valid answer.`,
    retry,
  );
}

function toUnserved(noAccount: NoAccountError | null, retry: Retry): RelayError {
  if (noAccount?.lacksEndpointOnly === true) return endpointMissing();
  const counts = [...(noAccount?.counts ?? [])].map(
    ([reason, count]) => `${String(count)} ${reason.replaceAll('_', ' ')}`,
  );
  const words =
    counts.length === 0
      ? 'No upstream account is set up for this request. Ask your administrator.'
      : `No upstream account is available for this request (${counts.join(', ')}).`;
  return new RelayError('no_account', words, retry);
}

const endpointMissing = (): RelayError =>
  new RelayError('endpoint_missing', 'No upstream account offers this endpoint.');

/** The HTTP status that a failure stands for; 0 when it stands for none. */
function statusOf({ failure, mark }: FailedAttempt): number {
  return failure.kind === 'status' ? failure.status : failure.kind === 'error_event' ? (mark?.statusCode ?? 0) : 0;
}

/** The earliest time at which an account is back, as far as the scheduler and the failures themselves know. */
function retryAfter({ failed, noAccount, now }: Exhaustion): Retry {
  if (noAccount === null) return { retryAfterSeconds: 1 };
  const known = [noAccount.retryAt, ...failed.map(({ mark }) => mark?.resetAt ?? null)];
  const earliest = Math.min(...known.map((at) => at?.getTime() ?? Number.POSITIVE_INFINITY));
  const seconds = Math.max(1, Math.ceil((earliest - now) / 1000));
  return seconds <= MAX_RETRY_AFTER_SECONDS ? { retryAfterSeconds: seconds } : {};
}
