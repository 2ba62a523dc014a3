import { type AccountMark, type AttemptFailure, RelayError, type RelayErrorOptions } from '@crs/extension-api';
import type { NoAccountError } from '../../scheduler/no-account.error.js';

/** Beyond it there is none that HTTP knows. */
const LAST_STATUS = 599;
const BAD_GATEWAY = 502;
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
  /** The gateway can answer such a request by itself where an upstream lacks the endpoint. */
  readonly answersLocally: boolean;
  readonly model: string;
  /** Epoch ms. */
  readonly now: number;
}

/**
 * The one error that a client gets when nothing worked: the last rate limit, else the last failure of a server. An
 * upstream's refusal of its own credentials is never shown as such: the client would be told to log in again.
 */
export function toFinalError(exhaustion: Exhaustion): RelayError {
  const { failed, noAccount, answersLocally, model } = exhaustion;
  const back = earliestReturn(exhaustion);
  const retry = retryAfter(back, exhaustion);
  const kinds = countKinds(failed);
  const isAll = (kind: Kind): boolean => kinds.size === 1 && kinds.has(kind);
  const lacksEndpoint = kinds.has(WITHOUT_ENDPOINT) || noAccount?.lacksEndpoint === true;
  if (answersLocally ? lacksEndpoint : isAll(WITHOUT_ENDPOINT)) return endpointMissing();
  if (failed.length === 0) return toUnserved(noAccount, { ...retry, ...resetOf(noAccount, back) });
  if (isAll(WITHOUT_MODEL)) return new RelayError('not_found', `No upstream account has the model ${model}.`);
  if (!kinds.has(LIMITED)) return toFailure(failed, kinds, retry);
  const words = isAll(LIMITED)
    ? 'All upstream accounts are rate limited at the moment.'
    : `No upstream account could answer (${inWords(kinds)}).`;
  return new RelayError('upstream_rate_limited', words, { ...retry, ...(back === null ? {} : { resetAt: back }) });
}

const LIMITED = 'rate limited';
const REFUSED = 'refused access';
const WITHOUT_MODEL = 'without the model';
const WITHOUT_ENDPOINT = 'without the endpoint';
const FAILED = 'failed';

/** What became of an account, in a client's words. */
type Kind = typeof LIMITED | typeof REFUSED | typeof WITHOUT_MODEL | typeof WITHOUT_ENDPOINT | typeof FAILED;

const KINDS: Readonly<Partial<Record<AccountMark['type'], Kind>>> = {
  rate_limit: LIMITED,
  auth_error: REFUSED,
  blocked: REFUSED,
  model_missing: WITHOUT_MODEL,
  endpoint_missing: WITHOUT_ENDPOINT,
};

/** A 429 is unmarked where only this request is more than an account's plan allows; one about money refuses the account. */
const kindOf = (attempt: FailedAttempt): Kind =>
  (attempt.mark === null ? (statusOf(attempt) === 429 ? LIMITED : undefined) : KINDS[attempt.mark.type]) ?? FAILED;

type KindCounts = ReadonlyMap<Kind, number>;

function countKinds(failed: readonly FailedAttempt[]): KindCounts {
  const counts = new Map<Kind, number>();
  for (const kind of failed.map(kindOf)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

const inWords = (kinds: KindCounts): string => [...kinds].map(([kind, count]) => `${String(count)} ${kind}`).join(', ');

type Retry = Readonly<{ retryAfterSeconds?: number }>;

/** The last failure of a server; else that the gateway's own access was refused, where it was; else how the last one failed. */
function toFailure(failed: readonly FailedAttempt[], kinds: KindCounts, retry: Retry): RelayError {
  const tried = `${String(failed.length)} upstream account${failed.length === 1 ? '' : 's'} failed`;
  const server = failed.findLast((attempt) => statusOf(attempt) >= 500);
  if (server !== undefined) {
    const status = statusOf(server);
    const words = `${tried}; ${server === failed.at(-1) ? 'the last one' : 'one of them'} answered ${String(status)}.`;
    return new RelayError('upstream_failed', words, { ...retry, status: status > LAST_STATUS ? BAD_GATEWAY : status });
  }
  if (kinds.has(REFUSED)) {
    const words = `No upstream account could answer (${inWords(kinds)}). An administrator must look at the accounts`;
    return new RelayError('no_account', `${words}: the gateway's own access was refused.`, retry);
  }
  if (failed.at(-1)?.failure.kind === 'timeout') {
    return new RelayError('upstream_timeout', `${tried}; the last one did not answer in time.`, retry);
  }
  const words = `${tried}; the last one could not be reached or gave no valid answer.`;
  return new RelayError('upstream_failed', words, retry);
}

export const BOUND_ELSEWHERE =
  'This API key is bound to an account of a kind that this gateway does not serve. ' +
  'Ask your administrator to bind the key to another account, or to none.';

/** Where nothing but rate limits keeps the accounts, it is one that the client meets, and it ends when the first of them does. */
function resetOf(noAccount: NoAccountError | null, back: Date | null): { readonly resetAt?: Date } {
  const reasons = [...(noAccount?.counts.keys() ?? [])];
  return back !== null && reasons.length > 0 && reasons.every((reason) => reason === 'rate_limited')
    ? { resetAt: back }
    : {};
}

function toUnserved(noAccount: NoAccountError | null, retry: RelayErrorOptions): RelayError {
  if (noAccount?.isBoundElsewhere === true) return new RelayError('no_account', BOUND_ELSEWHERE, retry);
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

/** The earliest time at which an account is back, as far as the scheduler and the failures themselves know; else null. */
function earliestReturn({ failed, noAccount }: Exhaustion): Date | null {
  if (noAccount === null) return null;
  const known = [noAccount.retryAt, ...failed.map(({ mark }) => mark?.resetAt ?? null)];
  const earliest = Math.min(...known.map((at) => at?.getTime() ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(earliest) ? new Date(earliest) : null;
}

function retryAfter(back: Date | null, { noAccount, now }: Exhaustion): Retry {
  if (noAccount === null) return { retryAfterSeconds: 1 };
  if (back === null) return {};
  const seconds = Math.max(1, Math.ceil((back.getTime() - now) / 1000));
  return seconds <= MAX_RETRY_AFTER_SECONDS ? { retryAfterSeconds: seconds } : {};
}
