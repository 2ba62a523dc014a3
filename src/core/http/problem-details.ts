import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { RelayError, type RelayErrorCode } from '@crs/extension-api';
import { StoreUnavailableError } from '@crs/store';
import type { RenderedError } from './error-renderers.js';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** How many refused fields an answer lists. */
export const MAX_FIELD_ERRORS = 50;

/** One field of a request that was refused. */
export interface FieldError {
  /** Path inside the body or query: `name`, `proxy.port`, `tags.0`. */
  readonly field: string;
  readonly message: string;
}

/** An error answer of the admin API (RFC 9457). */
export interface ProblemDetails {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Path of the request, without its query string. */
  readonly instance: string;
  readonly requestId: string;
  /** The first 50. */
  readonly errors?: readonly FieldError[];
}

export interface ProblemContext {
  readonly path: string;
  readonly requestId: string;
}

interface Verdict {
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
}

const INTERNAL: Verdict = {
  status: 500,
  detail: 'Something went wrong here. The log has the cause under the request id.',
};

const STORE_AWAY: Verdict = {
  status: 503,
  detail: 'The store does not answer. Try again in a moment.',
  headers: { 'retry-after': '1' },
};

/** What the framework refuses, in words that help. */
const FRAMEWORK_DETAILS: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'The request body is larger than this route accepts.',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'The content type is not one that this route accepts. Send application/json.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body is not as long as the content-length header says.',
  FST_ERR_BAD_URL: 'The URL is not validly percent-encoded.',
  FST_ERR_MAX_PARAM_LENGTH: 'A part of the path is too long.',
};

const RELAY_STATUS: Readonly<Record<RelayErrorCode, number>> = {
  missing_key: 401,
  invalid_key: 401,
  permission_denied: 403,
  model_not_allowed: 403,
  too_many_requests: 429,
  window_exceeded: 429,
  budget_spent: 402,
  invalid_request: 400,
  body_too_large: 413,
  not_found: 404,
  no_account: 503,
  endpoint_missing: 404,
  upstream_rate_limited: 429,
  upstream_failed: 502,
  upstream_timeout: 504,
  internal: 500,
};

/** Any error as problem details. What nobody meant for a reader (unknown errors, every 500) answers without its text. */
export function toProblem(error: unknown, context: ProblemContext): RenderedError & { readonly body: ProblemDetails } {
  const { status, detail, errors, headers } = judge(error);
  return {
    status,
    headers: { 'content-type': PROBLEM_CONTENT_TYPE, ...headers },
    body: {
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail,
      instance: context.path,
      requestId: context.requestId,
      ...(errors && { errors }),
    },
  };
}

function judge(error: unknown): Verdict {
  if (error instanceof RelayError) return judgeRelayError(error);
  if (error instanceof HttpException) return judgeHttpException(error);
  if (error instanceof StoreUnavailableError) return STORE_AWAY;
  if (error instanceof Error) return judgeStatus(error);
  return INTERNAL;
}

function judgeRelayError(error: RelayError): Verdict {
  const status = error.status ?? RELAY_STATUS[error.code];
  if (status === 500) return INTERNAL;
  const { retryAfterSeconds } = error;
  return {
    status,
    detail: error.message,
    ...(retryAfterSeconds !== null && { headers: { 'retry-after': String(retryAfterSeconds) } }),
  };
}

function judgeHttpException(error: HttpException): Verdict {
  const status = error.getStatus();
  if (status === 500) return INTERNAL;
  const detail = FRAMEWORK_DETAILS[codeOf(error.cause)] ?? error.message;
  const errors = fieldErrorsOf(error);
  if (errors === null) return { status, detail };
  if (errors.length <= MAX_FIELD_ERRORS) return { status, detail, errors };
  const cut = `${detail} (${errors.length} errors, of which the first ${MAX_FIELD_ERRORS} are listed)`;
  return { status, detail: cut, errors: errors.slice(0, MAX_FIELD_ERRORS) };
}

/** An error that only carries a status (a framework fault, a body that broke off): its text was not meant for a reader. */
function judgeStatus(error: Error): Verdict {
  const { statusCode } = error as { statusCode?: unknown };
  if (typeof statusCode !== 'number' || STATUS_CODES[statusCode] === undefined || statusCode < 400) return INTERNAL;
  if (statusCode === 500) return INTERNAL;
  return { status: statusCode, detail: FRAMEWORK_DETAILS[codeOf(error)] ?? `${STATUS_CODES[statusCode]}.` };
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : '';
}

function fieldErrorsOf(error: HttpException): readonly FieldError[] | null {
  const response = error.getResponse();
  const errors = typeof response === 'object' ? (response as { errors?: unknown }).errors : undefined;
  return Array.isArray(errors) && errors.length > 0 && errors.every(isFieldError) ? errors : null;
}

function isFieldError(value: unknown): value is FieldError {
  if (typeof value !== 'object' || value === null) return false;
  const { field, message } = value as Partial<FieldError>;
  return typeof field === 'string' && typeof message === 'string';
}
