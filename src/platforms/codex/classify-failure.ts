import type { FailureContext } from '@crs/extension-api';
import { createClassifier, type MarkType, type Refusal, speaksOfModel } from '@crs/platform-kit';
import { BLAMELESS_KINDS, kindsOf, REFUSED_ACCOUNT_KINDS, STATUS_BY_KIND } from './error-kinds.js';
import { concernsModelOnly, findLimitReset, isRequestLimit } from './rate-limit.js';

/** Texts of a 400 or a 403 by which an upstream refuses the account. */
export const ACCOUNT_FAULT_TEXTS: readonly string[] = [
  'organization has been disabled',
  'account has been disabled',
  'account is disabled',
  'account has been deactivated',
  'account is not active',
  'account not found',
  'invalid account',
  'credit balance is too low',
  'exceeded your current quota',
];

const NO_SUCH_ENDPOINT: ReadonlySet<number> = new Set([404, 405, 501]);
const UNKNOWN_URL = /invalid (?:method for )?url|unknown request url/i;

/** What a failure of an upstream of the Responses API says about the account. */
export const classifyFailure = createClassifier({
  kindsOf,
  statusByKind: STATUS_BY_KIND,
  accountKinds: REFUSED_ACCOUNT_KINDS,
  blamelessKinds: BLAMELESS_KINDS,
  accountFaultTexts: ACCOUNT_FAULT_TEXTS,
  // Not every upstream has them, or has them as sound as responses.
  endpointsApart: new Set(['compact', 'chat_completions']),
  // Limits and load are those of the account, wherever they are met.
  keptWhole: new Set<MarkType>([
    'auth_error',
    'blocked',
    'endpoint_missing',
    'rate_limit',
    'overload',
    'service_unavailable',
  ]),
  lacksModel,
  lacksEndpoint,
  isRequestLimit,
  resetOf: findLimitReset,
  concernsModelOnly,
});

/** By its code alone, whatever the status, for compatible upstreams say so with a 400 or 503; by its words in a 404. */
function lacksModel({ status, error }: Refusal, { model }: FailureContext): boolean {
  if (error.fields['code'] === 'model_not_found') return true;
  return status === 404 && error.isInForm && !UNKNOWN_URL.test(error.message) && speaksOfModel(error.message, model);
}

/** An upstream that knows the path says what is wrong in the protocol's own form. */
function lacksEndpoint({ status, error }: Refusal): boolean {
  return NO_SUCH_ENDPOINT.has(status) && (!error.isInForm || UNKNOWN_URL.test(error.message));
}
