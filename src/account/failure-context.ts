import {
  type AttemptFailure,
  type FailureContext,
  mapModel,
  type RelayRequest,
  type UpstreamAccount,
} from '@crs/extension-api';
import type { AppConfig } from '../core/config/app-config.js';
import { requestHolds } from './request-search.js';

export interface FailureCircumstances {
  readonly marks: AppConfig['marks'];
  /** Epoch ms. */
  readonly now: number;
  /** As in FailureContext. */
  readonly sameFailures: number;
}

/** What the failure of an attempt of the request with the account is judged by. */
export function failureContext(
  { supportedModels }: UpstreamAccount,
  request: RelayRequest,
  { marks, now, sameFailures }: FailureCircumstances,
): FailureContext {
  const { model, endpoint } = request;
  return {
    now: new Date(now),
    model: mapModel(supportedModels, model) ?? model,
    endpoint,
    accountFaultTexts: marks.accountFaultTexts,
    sameFailures,
    requestHolds: (text) => requestHolds(request, text),
  };
}

/** How many of the earlier failures of a request were told in the same way. */
export function countSame(failure: AttemptFailure, earlier: readonly { readonly failure: AttemptFailure }[]): number {
  const answer = answerOf(failure);
  return answer === null ? 0 : earlier.filter((attempt) => answerOf(attempt.failure) === answer).length;
}

/** How the upstream has told the failure: its status, its type of error in a stream, or in what it was no answer. */
export function answerOf(failure: AttemptFailure): string | null {
  switch (failure.kind) {
    case 'status':
      return `${failure.kind} ${String(failure.status)}`;
    case 'error_event':
      return `${failure.kind} ${failure.errorType}`;
    case 'malformed':
      return `${failure.kind} ${failure.reason}`;
    default:
      return null;
  }
}
