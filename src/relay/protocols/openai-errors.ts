import { STATUS_CODES } from 'node:http';
import type { RelayError, RelayErrorCode } from '@crs/extension-api';
import type { ErrorAnswer } from './protocol.js';
import { retryHeaders } from './retry-headers.js';

interface ErrorForm {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
}

const LIMIT: ErrorForm = { status: 429, type: 'usage_limit_reached', code: 'usage_limit_reached' };
const TOO_MANY: ErrorForm = { status: 429, type: 'rate_limit_exceeded', code: 'rate_limit_exceeded' };
const UNKNOWN_KEY: ErrorForm = { status: 401, type: 'authentication_error', code: 'invalid_api_key' };
const DENIED: ErrorForm = { status: 400, type: 'permission_denied', code: 'permission_denied' };
const INVALID: ErrorForm = { status: 400, type: 'invalid_request_error', code: null };
const FAILED: ErrorForm = { status: 502, type: 'server_error', code: 'upstream_error' };

const UNAVAILABLE = 503;

/**
 * Chosen by what Codex makes of them: it shows the words of a 400 at once, tries any other 4xx six times, and a 5xx thirty
 * times; of a limit it shows when it ends, and asks once.
 */
const ERROR_FORMS: Readonly<Record<RelayErrorCode, ErrorForm>> = {
  missing_key: UNKNOWN_KEY,
  invalid_key: UNKNOWN_KEY,
  permission_denied: DENIED,
  model_not_allowed: DENIED,
  too_many_requests: TOO_MANY,
  window_exceeded: LIMIT,
  budget_spent: LIMIT,
  invalid_request: INVALID,
  body_too_large: { ...INVALID, status: 413 },
  not_found: { ...INVALID, status: 404, code: 'not_found' },
  endpoint_missing: { ...INVALID, status: 404, code: 'endpoint_missing' },
  no_account: { ...FAILED, status: UNAVAILABLE, code: 'no_account' },
  upstream_rate_limited: TOO_MANY,
  upstream_failed: FAILED,
  upstream_timeout: { ...FAILED, status: 504, code: 'upstream_timeout' },
  internal: { ...FAILED, status: 500, code: 'internal_error' },
};

/** What is told of accounts that may be rate limited; they are where the error says when that ends. */
const LIMITED_ACCOUNTS: ReadonlySet<RelayErrorCode> = new Set<RelayErrorCode>(['upstream_rate_limited', 'no_account']);

/** Errors as OpenAI's APIs answer them. */
export function openAiErrorAnswer(error: RelayError, requestId: string): ErrorAnswer {
  const status = error.status ?? formOf(error).status;
  return {
    // Some upstreams have statuses of their own, which no client of OpenAI knows: 529 is overload.
    status: status >= 500 && STATUS_CODES[status] === undefined ? UNAVAILABLE : status,
    headers: { 'content-type': 'application/json', 'x-request-id': requestId, ...retryHeaders(error) },
    body: { error: openAiError(error) },
  };
}

/** The `error` member alone. */
export function openAiError(error: RelayError): Readonly<Record<string, unknown>> {
  const form = formOf(error);
  const { type, code } = form;
  return { message: error.message, type, param: null, code, ...(form === LIMIT ? resetOf(error) : {}) };
}

/**
 * Where only rate limits keep the accounts: one that lasts is told as a used-up limit, because Codex then says until when,
 * and asks no more.
 */
function formOf({ code, resetAt, retryAfterSeconds }: RelayError): ErrorForm {
  if (!LIMITED_ACCOUNTS.has(code) || resetAt === null) return ERROR_FORMS[code];
  return retryAfterSeconds === null ? LIMIT : TOO_MANY;
}

/** When a limit ends, in epoch seconds and never too early; and in how many seconds, where that is known. */
function resetOf({ resetAt, retryAfterSeconds }: RelayError): Readonly<Record<string, number>> {
  if (resetAt === null) return {};
  return {
    resets_at: Math.ceil(resetAt.getTime() / 1000),
    ...(retryAfterSeconds === null ? {} : { resets_in_seconds: retryAfterSeconds }),
  };
}
