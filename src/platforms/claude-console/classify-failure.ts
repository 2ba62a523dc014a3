import type { FailureContext } from '@crs/extension-api';
import { createClassifier, type Refusal, speaksOfModel } from '@crs/platform-kit';
import { ACCOUNT_FAULT_TEXTS, isRequestLimit } from './account-faults.js';
import { concernsModelOnly } from './limited-model.js';

const STATUS_BY_TYPE: ReadonlyMap<string, number> = new Map([
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
const NO_SUCH_ENDPOINT: ReadonlySet<number> = new Set([404, 405, 501]);

/** What a failure of an upstream of the Messages API says about the account. */
export const classifyFailure = createClassifier({
  statusByKind: STATUS_BY_TYPE,
  accountFaultTexts: ACCOUNT_FAULT_TEXTS,
  // Tokens are counted apart from messages.
  endpointsApart: new Set(['count_tokens']),
  lacksModel,
  lacksEndpoint: ({ status }, { endpoint }) => endpoint === 'count_tokens' && NO_SUCH_ENDPOINT.has(status),
  isRequestLimit,
  concernsModelOnly,
});

/** In an error of the protocol alone: a page of an upstream may speak of models anywhere. */
function lacksModel({ status, error: { type, message, fields } }: Refusal, { model }: FailureContext): boolean {
  if (status !== 404) return false;
  return fields['code'] === 'model_not_found' || (type === 'not_found_error' && speaksOfModel(message, model));
}
