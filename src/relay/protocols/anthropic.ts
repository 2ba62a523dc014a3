import { RelayError, type RelayErrorCode, type StreamEvent } from '@crs/extension-api';
import { asRecord, asText, type JsonRecord, parseJson } from '@crs/platform-kit';
import { encodeSse } from '@crs/sse';
import { claudeSessionHash, sessionIdOf } from '../../scheduler/session-hash.js';
import { eventName } from './event-name.js';
import type { ErrorAnswer, EventKind, Protocol, SessionHints, SessionTraits } from './protocol.js';
import { retryHeaders } from './retry-headers.js';

const EVENT_KINDS: Readonly<Record<string, EventKind>> = {
  ping: 'ping',
  message_start: 'opening',
  content_block_start: 'opening',
  content_block_delta: 'content',
  content_block_stop: 'content',
  message_delta: 'content',
  message_stop: 'final',
  error: 'error',
};

interface ErrorForm {
  readonly status: number;
  readonly type: string;
}

const ERROR_FORMS: Readonly<Record<RelayErrorCode, ErrorForm>> = {
  missing_key: { status: 401, type: 'authentication_error' },
  invalid_key: { status: 401, type: 'authentication_error' },
  permission_denied: { status: 403, type: 'permission_error' },
  model_not_allowed: { status: 403, type: 'permission_error' },
  too_many_requests: { status: 429, type: 'rate_limit_error' },
  window_exceeded: { status: 429, type: 'rate_limit_error' },
  budget_spent: { status: 402, type: 'billing_error' },
  invalid_request: { status: 400, type: 'invalid_request_error' },
  body_too_large: { status: 413, type: 'request_too_large' },
  not_found: { status: 404, type: 'not_found_error' },
  endpoint_missing: { status: 404, type: 'not_found_error' },
  no_account: { status: 503, type: 'api_error' },
  upstream_rate_limited: { status: 429, type: 'rate_limit_error' },
  upstream_failed: { status: 502, type: 'api_error' },
  upstream_timeout: { status: 504, type: 'timeout_error' },
  internal: { status: 500, type: 'api_error' },
};

/** Statuses that have a type of their own, where an error carries the status of an upstream. */
const TYPES_BY_STATUS: Readonly<Record<number, string>> = {
  404: 'not_found_error',
  413: 'request_too_large',
  504: 'timeout_error',
  529: 'overloaded_error',
};

function errorBody(error: RelayError, requestId: string): { status: number; body: unknown } {
  const form = ERROR_FORMS[error.code];
  const status = error.status ?? form.status;
  const type = error.status === null ? form.type : (TYPES_BY_STATUS[status] ?? form.type);
  return { status, body: { type: 'error', error: { type, message: error.message }, request_id: requestId } };
}

/** What an answer looks like; it may have members that nobody knows yet. */
const IS_ANSWER: Readonly<Record<string, (body: JsonRecord) => boolean>> = {
  messages: ({ type, content }) => type === 'message' || Array.isArray(content),
  count_tokens: (body) => typeof body['input_tokens'] === 'number',
};

const ACCESS_ERRORS: ReadonlySet<string> = new Set(['authentication_error', 'permission_error', 'billing_error']);

/** The Anthropic Messages protocol, as Claude Code and the SDKs speak it. */
export const anthropic: Protocol = {
  name: 'anthropic',
  requiredMembers: ['model', 'messages'],
  sessionMembers: ['metadata'],
  accountHeaders: [],
  modelPath: ['message', 'model'],
  refusesInStream: false,
  namesModelOnce: true,
  pingEvent: encodeSse({ event: 'ping', data: '{"type": "ping"}' }),

  sessionOf({ headers, member, readBody }: SessionHints): SessionTraits {
    const { 'x-claude-code-session-id': named } = headers;
    const header = typeof named === 'string' ? named : null;
    const metadata = member('metadata');
    const userId = asRecord(metadata)?.['user_id'];
    return {
      userId: typeof userId === 'string' ? userId : null,
      sessionHash: claudeSessionHash({ header, metadata, readBody }),
    };
  },

  sessionNamed: (id: string): string | null => sessionIdOf(id, null),

  kindOf(event: StreamEvent): EventKind {
    const name = eventName(event);
    // A kind of event that came later than this table commits nothing.
    return Object.hasOwn(EVENT_KINDS, name) ? (EVENT_KINDS[name] ?? 'opening') : 'opening';
  },

  namesModel: (event: StreamEvent): boolean => eventName(event) === 'message_start',

  isAnswer(endpoint: string, body: unknown): boolean {
    const members = asRecord(body);
    if (members === null) return false;
    const isError = members['type'] === 'error' || (members['error'] ?? null) !== null;
    return !isError && IS_ANSWER[endpoint]?.(members) === true;
  },

  refusesAccess: (errorType: string): boolean => ACCESS_ERRORS.has(errorType),

  readError(event: StreamEvent): { type: string; message: string } {
    const error = asRecord(asRecord(parseJson(event.data))?.['error']);
    return { type: asText(error?.['type']) ?? 'api_error', message: asText(error?.['message']) ?? '' };
  },

  errorAnswer(error: RelayError, requestId: string): ErrorAnswer {
    const { status, body } = errorBody(error, requestId);
    const headers = { 'content-type': 'application/json', 'request-id': requestId, ...retryHeaders(error) };
    return { status, headers, body };
  },

  refusalEvent(body: Buffer, requestId: string): Buffer {
    const refusal = asRecord(parseJson(body.toString('utf8')));
    if (refusal !== null && 'error' in refusal) {
      return encodeSse({ event: 'error', data: JSON.stringify(refusal) });
    }
    return this.errorEvent(new RelayError('invalid_request', 'The upstream refused the request.'), requestId);
  },

  errorEvent(error: RelayError, requestId: string): Buffer {
    return encodeSse({ event: 'error', data: JSON.stringify(errorBody(error, requestId).body) });
  },
};
