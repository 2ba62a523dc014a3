import type { AccountMark, AttemptFailure, FailureContext, FailureVerdict, HeaderMap } from '@crs/extension-api';
import { findAccountFault, isRequestLimit } from './account-faults.js';
import { concernsModelOnly } from './limited-model.js';
import { findReset } from './reset-time.js';
import { readUpstreamError, type UpstreamError } from './upstream-error.js';

type MarkType = AccountMark['type'];

/** An upstream's refusal, whether it came as a status or inside a stream. */
interface Refusal {
  readonly status: number;
  readonly headers: HeaderMap;
  readonly error: UpstreamError;
}

const GIVE_UP: FailureVerdict = { action: 'give_up' };
const UNMARKED: FailureVerdict = { action: 'other_account', mark: null };

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
  // As some compatible upstreams spell it.
  ['invalid_request', 400],
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
const FAULT_STATUSES: ReadonlySet<number> = new Set([400, 403]);
const NO_SUCH_ENDPOINT: ReadonlySet<number> = new Set([404, 405, 501]);
/** Marks that speak of the key or of the endpoint already, whichever endpoint met them. */
const KEPT_WHOLE: ReadonlySet<MarkType> = new Set<MarkType>(['auth_error', 'blocked', 'endpoint_missing']);
/** A shorter name of a model may be any word. */
const MIN_NAME_CHARS = 4;

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
      return failure.reason === 'request' ? GIVE_UP : ofEndpoint(otherAccount('connection', 0), context);
    case 'status':
      return ofEndpoint(judge({ ...failure, error: readUpstreamError(failure.text) }, context), context);
    case 'malformed':
      return ofEndpoint(judgeMalformed(failure.reason, failure.text, context), context);
    case 'error_event': {
      const error = { ...readUpstreamError(failure.text), message: failure.message };
      // What nobody knows is the upstream's trouble, and not known to be a lasting one.
      return ofEndpoint(judgeType(failure.errorType, error, context) ?? otherAccount('connection', 200), context);
    }
  }
}

/** Tokens are counted apart from messages: what fails there must not take the account out of use for these. */
function ofEndpoint(verdict: FailureVerdict, { endpoint }: FailureContext): FailureVerdict {
  if (endpoint !== 'count_tokens' || verdict.action === 'give_up' || verdict.mark === null) return verdict;
  if (KEPT_WHOLE.has(verdict.mark.type)) return verdict;
  return { ...verdict, mark: { ...verdict.mark, scope: 'endpoint' } };
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
  const verdict = judgeType(error.type, error, context) ?? GIVE_UP;
  return verdict.action === 'give_up' ? otherAccount('connection', 200) : verdict;
}

/** Null: nobody knows such a type. */
function judgeType(type: string, error: UpstreamError, context: FailureContext): FailureVerdict | null {
  const status = STATUS_BY_ERROR_TYPE.get(type);
  return status === undefined ? null : judge({ status, headers: {}, error }, context);
}

function judge(refusal: Refusal, context: FailureContext): FailureVerdict {
  const { status, error } = refusal;
  const { endpoint, sameFailures } = context;
  const fault = FAULT_STATUSES.has(status) ? findAccountFault(error, context) : null;
  if (fault === 'told') return otherAccount('blocked', status);
  // Whose fault it is shows when another account says the same.
  if (fault === 'quoted' && status === 400) return sameFailures === 0 ? UNMARKED : GIVE_UP;
  if (status === 404 && namesModel(error, context)) return otherAccount('model_missing', status);
  if (endpoint === 'count_tokens' && NO_SUCH_ENDPOINT.has(status)) return otherAccount('endpoint_missing', status);
  if (status === 429) return rateLimited(refusal, context);
  const mark = MARKS.get(status) ?? (status >= 500 ? 'server_error' : null);
  if (mark !== null) return otherAccount(mark, status, isDoubtful(status, context));
  if (MARKS.has(status)) return UNMARKED;
  // A redirect, or a success without what was asked for: not the upstream that it should be.
  return status < 400 ? otherAccount('connection', status) : GIVE_UP;
}

/**
 * A crash or a ban with which several accounts answer may be the request's doing: a poisoned one, or one that a firewall
 * refuses. Overload and gateways that cannot reach their own upstream never are.
 */
const isDoubtful = (status: number, { sameFailures }: FailureContext): boolean =>
  sameFailures > 0 && (status === 500 || status === 403);

/** In an error of the protocol alone: a page of an upstream may speak of models anywhere. */
function namesModel({ type, message, fields }: UpstreamError, { model }: FailureContext): boolean {
  if (fields['code'] === 'model_not_found') return true;
  if (type !== 'not_found_error') return false;
  const isNamed = model.length >= MIN_NAME_CHARS && message.toLowerCase().includes(model.toLowerCase());
  return isNamed || /^models?\b/i.test(message);
}

function rateLimited({ headers, error }: Refusal, { now, model }: FailureContext): FailureVerdict {
  if (isRequestLimit(error)) return UNMARKED;
  const resetAt = findReset(headers, error.fields, now);
  const mark: AccountMark = {
    type: 'rate_limit',
    statusCode: 429,
    ...(resetAt !== null && { resetAt }),
    ...(concernsModelOnly({ headers, error }, model) && { scope: 'model' }),
  };
  return { action: 'other_account', mark };
}

function otherAccount(type: MarkType, statusCode: number, doubtful = false): FailureVerdict {
  return { action: 'other_account', mark: { type, statusCode, ...(doubtful && { doubtful }) } };
}
