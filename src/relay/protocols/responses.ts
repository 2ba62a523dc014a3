import { RelayError, type StreamEvent } from '@crs/extension-api';
import { asRecord, asText, type JsonRecord, parseJson } from '@crs/platform-kit';
import { encodeSse } from '@crs/sse';
import { codexSessionHash, codexSessionNamed, SESSION_MEMBERS } from '../../scheduler/codex-session-hash.js';
import { eventName } from './event-name.js';
import { openAiError, openAiErrorAnswer } from './openai-errors.js';
import type { ErrorAnswer, EventKind, Protocol, SessionHints, SessionTraits } from './protocol.js';

const EVENT_KINDS: ReadonlyMap<string, EventKind> = new Map<string, EventKind>([
  ['ping', 'ping'],
  ['keepalive', 'ping'],
  ['response.created', 'opening'],
  ['response.queued', 'opening'],
  ['response.in_progress', 'opening'],
  ['response.output_item.added', 'opening'],
  ['response.content_part.added', 'opening'],
  ['response.completed', 'final'],
  ['response.incomplete', 'final'],
  ['response.failed', 'error'],
  ['error', 'error'],
]);

/** Kinds of pieces come and go; all of them end so. */
const CONTENT = /\.(?:delta|done|partial_image)$/;

/** These carry the whole response object, which names the model. */
const WHOLE_RESPONSE = /^response\.(?:created|queued|in_progress|completed|incomplete|failed)$/;

/** Types and codes by which an upstream speaks of its account, whatever the request. */
const ACCESS_ERRORS: ReadonlySet<string> = new Set([
  'authentication_error',
  'permission_error',
  'permission_denied',
  'billing_error',
  'billing_hard_limit_reached',
  'billing_not_active',
  'account_deactivated',
  'invalid_api_key',
  'insufficient_quota',
  'usage_limit_reached',
  'usage_not_included',
]);

const isAccessError = (type: string): boolean => ACCESS_ERRORS.has(type);

/** OpenAI's Responses protocol, as Codex and the SDKs speak it. */
export const responses: Protocol = {
  name: 'openai',
  requiredMembers: ['model', 'input'],
  sessionMembers: SESSION_MEMBERS,
  accountHeaders: ['x-codex-turn-state'],
  modelPath: ['response', 'model'],
  refusesInStream: true,
  namesModelOnce: false,
  // A comment: every reader of event streams skips it, and no client knows an event that means nothing.
  pingEvent: Buffer.from(': ping\n\n'),

  sessionOf: (hints: SessionHints): SessionTraits => ({ userId: null, sessionHash: codexSessionHash(hints) }),

  sessionNamed: codexSessionNamed,

  kindOf(event: StreamEvent): EventKind {
    const name = eventName(event);
    // A kind of event that came later than this table commits nothing.
    return EVENT_KINDS.get(name) ?? (CONTENT.test(name) ? 'content' : 'opening');
  },

  namesModel: (event: StreamEvent): boolean => WHOLE_RESPONSE.test(eventName(event)),

  /** A response, or a thread made short (`response.compaction`). */
  isAnswer(_endpoint: string, body: unknown): boolean {
    const { output, error, status } = asRecord(body) ?? {};
    return Array.isArray(output) && (error ?? null) === null && status !== 'failed';
  },

  refusesAccess: isAccessError,

  readError: (event: StreamEvent): { type: string; message: string } => readError(asRecord(parseJson(event.data))),

  errorAnswer: (error: RelayError, requestId: string): ErrorAnswer => openAiErrorAnswer(error, requestId),

  refusalEvent(body: Buffer, requestId: string): Buffer {
    const error = asRecord(asRecord(parseJson(body.toString('utf8')))?.['error']);
    if (error !== null && asText(error['message']) !== null) return failedEvent(error, requestId);
    return this.errorEvent(new RelayError('invalid_request', 'The upstream refused the request.'), requestId);
  },

  errorEvent: (error: RelayError, requestId: string): Buffer => failedEvent(openAiError(error), requestId),
};

/**
 * The error of `response.failed` stands in its response; that of an `error` event in `error`, or its members beside the
 * event's own type. A code says more than a type, unless the type says whose fault it is.
 */
function readError(event: JsonRecord | null): { type: string; message: string } {
  const told = asRecord(event?.['response'])?.['error'] ?? event?.['error'];
  const error = asRecord(told) ?? { message: told, ...event, type: null };
  const names = [asText(error['code']), asText(error['type'])].filter((name) => name !== null);
  const type = names.find(isAccessError) ?? names[0] ?? 'server_error';
  return { type, message: asText(error['message']) ?? '' };
}

/** Clients find the reason by its code. */
function failedEvent(error: JsonRecord, requestId: string): Buffer {
  const { code, type } = error;
  const response = { id: requestId, object: 'response', status: 'failed', error: { ...error, code: code ?? type } };
  return encodeSse({ event: 'response.failed', data: JSON.stringify({ type: 'response.failed', response }) });
}
