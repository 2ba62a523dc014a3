import { type AttemptFailure, RelayError } from '@crs/extension-api';
import type { NoAccountError } from '../../scheduler/no-account.error.js';

/** Further away than this a client is told not to wait. */
const MAX_RETRY_AFTER_SECONDS = 60;

export interface Exhaustion {
  /** What failed, in order. */
  readonly failures: readonly AttemptFailure[];
  /** Set when no further account was available. */
  readonly noAccount: NoAccountError | null;
  readonly endpoint: string;
  /** Epoch ms. */
  readonly now: number;
}

/**
 * The one error that a client gets when nothing worked: the last rate limit, else the last failure of a server. An
 * upstream's refusal of its own credentials is never shown as such: the client would be told to log in again.
 */
export function toFinalError(exhaustion: Exhaustion): RelayError {
  const { failures, noAccount, now } = exhaustion;
  if (isEndpointMissing(exhaustion))
    return new RelayError('endpoint_missing', 'No upstream account offers this endpoint.');
  const retry = retryAfter(noAccount, now);
  if (failures.length === 0) return new RelayError('no_account', withoutAccount(noAccount), retry);
  if (failures.some((failure) => statusOf(failure) === 429)) {
    return new RelayError('upstream_rate_limited', 'All upstream accounts are rate limited at the moment.', retry);
  }
  const last = failures.findLast((failure) => statusOf(failure) >= 500) ?? failures[failures.length - 1];
  const tried = `${String(failures.length)} upstream account${failures.length === 1 ? '' : 's'} failed`;
  if (last?.kind === 'timeout') {
    return new RelayError('upstream_timeout', `${tried}; the last one did not answer in time.`, retry);
  }
  const status = last === undefined ? 0 : statusOf(last);
  if (status >= 500) {
    return new RelayError('upstream_failed', `${tried}; the last one answered ${String(status)}.`, {
      ...retry,
      status,
    });
  }
  if (status >= 400) {
    return new RelayError(
      'no_account',
      `${tried}: the gateway's own access to them was refused. An administrator must look at the accounts.`,
      retry,
    );
  }
  return new RelayError(
    'upstream_failed',
    `${tried}; the last one could not be reached or gave no valid answer.`,
    retry,
  );
}

const MISSING_ENDPOINT_STATUSES: ReadonlySet<number> = new Set([404, 405, 501]);

/** Counting tokens is the one endpoint that upstreams lack; an account known to lack it is left out as cooling down. */
function isEndpointMissing({ endpoint, failures, noAccount }: Exhaustion): boolean {
  if (endpoint !== 'count_tokens') return false;
  const known = [...(noAccount?.counts.keys() ?? [])];
  if (failures.length === 0) return known.length > 0 && known.every((reason) => reason === 'cooling_down');
  return failures.every((failure) => failure.kind === 'status' && MISSING_ENDPOINT_STATUSES.has(failure.status));
}

const STATUS_OF_ERROR_TYPE: Readonly<Record<string, number>> = {
  rate_limit_error: 429,
  overloaded_error: 529,
  api_error: 500,
  timeout_error: 504,
  authentication_error: 401,
  permission_error: 403,
  billing_error: 402,
};

/** The HTTP status that a failure stands for; 0 when it stands for none. */
function statusOf(failure: AttemptFailure): number {
  if (failure.kind === 'status') return failure.status;
  if (failure.kind === 'error_event') return STATUS_OF_ERROR_TYPE[failure.errorType] ?? 500;
  return 0;
}

function retryAfter(noAccount: NoAccountError | null, now: number): { retryAfterSeconds?: number } {
  // Accounts are left that this request did not get to: another try may reach them.
  if (noAccount === null) return { retryAfterSeconds: 1 };
  if (noAccount.retryAt === null) return {};
  const seconds = Math.max(1, Math.ceil((noAccount.retryAt.getTime() - now) / 1000));
  return seconds <= MAX_RETRY_AFTER_SECONDS ? { retryAfterSeconds: seconds } : {};
}

function withoutAccount(noAccount: NoAccountError | null): string {
  const counts = [...(noAccount?.counts ?? [])].map(
    ([reason, count]) => `${String(count)} ${reason.replaceAll('_', ' ')}`,
  );
  if (counts.length === 0) return 'No upstream account is set up for this request. Ask your administrator.';
  return `No upstream account is available for this request (${counts.join(', ')}).`;
}
