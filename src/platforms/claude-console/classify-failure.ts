import type { AccountMark, AttemptFailure, FailureContext, FailureVerdict, HeaderMap } from '@crs/extension-api';
import { isAccountFault } from './account-faults.js';
import { concernsModelOnly } from './limited-model.js';
import { findReset } from './reset-time.js';
import { readUpstreamError, type UpstreamError } from './upstream-error.js';

type MarkType = AccountMark['type'];

/** An upstream's refusal, whether it came as a status or inside a stream. */
interface Refusal {
  readonly status: number;
  readonly headers: HeaderMap;
  readonly endpoint: string;
  readonly error: UpstreamError;
}

const GIVE_UP: FailureVerdict = { action: 'give_up' };

/**
 * Statuses that another account may not answer, and what they say about this one. 405 to 421 speak of the upstream or
 * the way to it; 409 and 425 ask for another try and blame nobody.
 */
const MARKS: ReadonlyMap<number, MarkType | null> = new Map<number, MarkType | null>([
  [401, 'auth_error'],
  [402, 'auth_error'],
  [403, 'auth_error'],
  [405, 'connection'],
  [407, 'connection'],
  [408, 'connection'],
  [409, null],
  [421, 'connection'],
  [425, null],
  [503, 'service_unavailable'],
  [504, 'timeout'],
  [529, 'overload'],
]);

/** The status that each type of error has outside of a stream. */
const STATUS_BY_ERROR_TYPE: ReadonlyMap<string, number> = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['api_error', 500],
  ['timeout_error', 504],
  ['overloaded_error', 529],
]);
/** What nobody knows is the upstream's trouble, not the client's. */
const UNKNOWN_ERROR_STATUS = 500;

const FAULT_STATUSES: ReadonlySet<number> = new Set([400, 403]);
const NO_SUCH_ENDPOINT: ReadonlySet<number> = new Set([404, 405, 501]);

/**
 * What to do after a failed attempt: everything that another account could answer differently goes to another one;
 * what only the client can mend goes back to it. Pure, and total: there is a verdict on every failure.
 */
export function classifyFailure(failure: AttemptFailure, context: FailureContext): FailureVerdict {
  switch (failure.kind) {
    case 'transport':
      return otherAccount('connection', 0);
    case 'timeout':
      // Of an answer that is no stream the head comes last: to ask again would be to pay for it again.
      return failure.reason === 'request' ? GIVE_UP : otherAccount('connection', 0);
    case 'status':
      return judge({ ...failure, error: readUpstreamError(failure.text) }, context);
    case 'malformed':
      return judgeMalformed(failure.reason, failure.text, context);
    case 'error_event':
      return judge(
        toRefusal(failure.errorType, { ...readUpstreamError(failure.text), message: failure.message }),
        context,
      );
  }
}

/** A 200 that is no answer is not the client's fault, unless it is too much of one; an error inside it may say more about the account. */
function judgeMalformed(
  reason: Extract<AttemptFailure, { kind: 'malformed' }>['reason'],
  text: string,
  context: FailureContext,
): FailureVerdict {
  // Another account would answer the same, and be paid for it.
  if (reason === 'too_large') return GIVE_UP;
  const error = readUpstreamError(text);
  const verdict = STATUS_BY_ERROR_TYPE.has(error.type) ? judge(toRefusal(error.type, error), context) : GIVE_UP;
  return verdict.action === 'give_up' ? otherAccount('connection', 200) : verdict;
}

function toRefusal(errorType: string, error: UpstreamError): Refusal {
  return { status: STATUS_BY_ERROR_TYPE.get(errorType) ?? UNKNOWN_ERROR_STATUS, headers: {}, endpoint: '', error };
}

function judge(refusal: Refusal, context: FailureContext): FailureVerdict {
  const { status, endpoint, error } = refusal;
  if (FAULT_STATUSES.has(status) && isAccountFault(error, context.accountFaultTexts))
    return otherAccount('blocked', status);
  if (status === 404 && namesModel(error)) return otherAccount('model_missing', status);
  if (endpoint === 'count_tokens' && NO_SUCH_ENDPOINT.has(status)) return otherAccount('endpoint_missing', status);
  if (status === 429) return rateLimited(refusal, context);
  const mark = MARKS.get(status);
  if (mark !== undefined) return mark === null ? { action: 'other_account', mark } : otherAccount(mark, status);
  if (status >= 500) return otherAccount('server_error', status);
  // A redirect, or a success without what was asked for: not the upstream that it should be.
  return status < 400 ? otherAccount('connection', status) : GIVE_UP;
}

function namesModel(error: UpstreamError): boolean {
  return /\bmodels?\b|model_not_found/i.test(`${error.type} ${String(error.fields['code'])} ${error.message}`);
}

function rateLimited({ headers, error }: Refusal, { now, model }: FailureContext): FailureVerdict {
  const resetAt = findReset(headers, error.fields, now);
  const mark: AccountMark = {
    type: 'rate_limit',
    statusCode: 429,
    ...(resetAt !== null && { resetAt }),
    ...(concernsModelOnly({ headers, error }, model) && { scope: 'model' }),
  };
  return { action: 'other_account', mark };
}

function otherAccount(type: MarkType, statusCode: number): FailureVerdict {
  return { action: 'other_account', mark: { type, statusCode } };
}
