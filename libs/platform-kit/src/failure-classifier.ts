import type { AccountMark, AttemptFailure, FailureContext, FailureVerdict } from '@crs/extension-api';
import { findAccountFault } from './account-fault.js';
import type { FailureTables, MarkType, Refusal } from './failure-tables.js';
import { speaksOfModel } from './named-model.js';
import { findReset } from './reset-time.js';
import { readUpstreamError, type UpstreamError } from './upstream-error.js';

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
const FAULT_STATUSES: ReadonlySet<number> = new Set([400, 403]);

/** What is known of an upstream of which nothing is known. */
const UNKNOWN_UPSTREAM: FailureTables = {
  kindsOf: ({ type }) => [type],
  statusByKind: new Map(),
  accountKinds: new Set(),
  blamelessKinds: new Set(),
  accountFaultTexts: ['organization has been disabled', 'credit balance is too low', 'too many active sessions'],
  endpointsApart: new Set(),
  keptWhole: new Set<MarkType>(['auth_error', 'blocked', 'endpoint_missing']),
  lacksModel: ({ status, error: { isInForm, message } }, { model }) =>
    status === 404 && isInForm && speaksOfModel(message, model),
  lacksEndpoint: () => false,
  isRequestLimit: () => false,
  resetOf: ({ headers, error }, { now }) => findReset(headers, error.fields, now),
  concernsModelOnly: () => false,
};

/**
 * What to do after a failed attempt: everything that another account could answer differently goes to another one;
 * what only the client can mend goes back to it. Pure, and total: there is a verdict on every failure.
 *
 * @param tables what the platform knows better than that nothing is known
 * @example
 * export const classifyFailure = createClassifier({ statusByKind: new Map([['overloaded_error', 529]]) });
 */
export function createClassifier(
  tables: Partial<FailureTables>,
): (failure: AttemptFailure, context: FailureContext) => FailureVerdict {
  const classifier = new FailureClassifier({ ...UNKNOWN_UPSTREAM, ...tables });
  return (failure, context) => classifier.classify(failure, context);
}

class FailureClassifier {
  constructor(private readonly tables: FailureTables) {}

  classify(failure: AttemptFailure, context: FailureContext): FailureVerdict {
    switch (failure.kind) {
      case 'transport':
        return otherAccount('connection', 0);
      case 'timeout':
        // Of an answer that is no stream the head comes last: to ask again would be to pay for it again.
        return failure.reason === 'request' ? GIVE_UP : this.ofEndpoint(otherAccount('connection', 0), context);
      case 'status':
        return this.ofEndpoint(this.judge({ ...failure, error: readUpstreamError(failure.text) }, context), context);
      case 'malformed':
        return this.ofEndpoint(this.judgeMalformed(failure.reason, failure.text, context), context);
      case 'error_event': {
        const error = { ...readUpstreamError(failure.text), message: failure.message };
        const kinds = [failure.errorType, ...this.tables.kindsOf(error)];
        // What nobody knows is the upstream's trouble, and not known to be a lasting one.
        return this.ofEndpoint(this.judgeKind(kinds, error, context) ?? unknownAnswer(context), context);
      }
    }
  }

  /** What fails at an endpoint apart must not take the account out of use for the others. */
  private ofEndpoint(verdict: FailureVerdict, { endpoint }: FailureContext): FailureVerdict {
    const { endpointsApart, keptWhole } = this.tables;
    if (!endpointsApart.has(endpoint) || verdict.action === 'give_up' || verdict.mark === null) return verdict;
    if (keptWhole.has(verdict.mark.type)) return verdict;
    return { ...verdict, mark: { ...verdict.mark, scope: 'endpoint' } };
  }

  /** A 200 that is no answer is not the client's fault, unless it is too much of one; an error inside it may say more about the account. */
  private judgeMalformed(
    reason: Extract<AttemptFailure, { kind: 'malformed' }>['reason'],
    text: string,
    context: FailureContext,
  ): FailureVerdict {
    // Another account would answer the same, and be paid for it.
    if (reason === 'too_large') return GIVE_UP;
    const error = readUpstreamError(text);
    const verdict = this.judgeKind(this.tables.kindsOf(error), error, context);
    if (verdict === null) return unknownAnswer(context);
    // It blames the request, in a way in which no upstream should: a poisoned request must not empty the pool.
    return verdict.action === 'give_up' ? UNMARKED : verdict;
  }

  /** Null: nobody knows such a kind of error. */
  private judgeKind(kinds: readonly string[], error: UpstreamError, context: FailureContext): FailureVerdict | null {
    const status = this.statusOf(kinds);
    return status === undefined ? null : this.judge({ status, headers: {}, error }, context);
  }

  private statusOf(kinds: readonly string[]): number | undefined {
    const { statusByKind } = this.tables;
    return kinds.map((kind) => statusByKind.get(kind)).find((status) => status !== undefined);
  }

  private judge(refusal: Refusal, context: FailureContext): FailureVerdict {
    const { tables } = this;
    const { status, error } = refusal;
    const kinds = tables.kindsOf(error);
    if (kinds.some((kind) => tables.accountKinds.has(kind))) return otherAccount('auth_error', status);
    if (kinds.some((kind) => tables.blamelessKinds.has(kind))) return UNMARKED;
    const fault = FAULT_STATUSES.has(status) ? findAccountFault(error, context, tables.accountFaultTexts) : null;
    if (fault === 'told') return otherAccount('blocked', status);
    // Whose fault it is shows when another account says the same.
    if (fault === 'quoted' && status === 400) return context.sameFailures === 0 ? UNMARKED : GIVE_UP;
    if (tables.lacksModel(refusal, context)) return otherAccount('model_missing', status);
    if (tables.lacksEndpoint(refusal, context)) return otherAccount('endpoint_missing', status);
    if (status === 429) return this.rateLimited(refusal, context);
    return judgeStatus(status, context);
  }

  private rateLimited(refusal: Refusal, context: FailureContext): FailureVerdict {
    if (this.tables.isRequestLimit(refusal.error)) return UNMARKED;
    const resetAt = this.tables.resetOf(refusal, context);
    const mark: AccountMark = {
      type: 'rate_limit',
      statusCode: 429,
      ...(resetAt !== null && { resetAt }),
      ...(this.tables.concernsModelOnly(refusal, context.model) && { scope: 'model' }),
    };
    return { action: 'other_account', mark };
  }
}

function judgeStatus(status: number, context: FailureContext): FailureVerdict {
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

/** An answer that nobody knows: several accounts that give it may owe it to a poisoned request. */
const unknownAnswer = ({ sameFailures }: FailureContext): FailureVerdict =>
  otherAccount('connection', 200, sameFailures > 0);

function otherAccount(type: MarkType, statusCode: number, doubtful = false): FailureVerdict {
  return { action: 'other_account', mark: { type, statusCode, ...(doubtful && { doubtful }) } };
}
