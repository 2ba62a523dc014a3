import { RelayError, type StreamEvent } from '@crs/extension-api';
import { asRecord, asText, type JsonRecord, parseJson } from '@crs/platform-kit';
import { encodeSse } from '@crs/sse';
import { openAiError } from '../openai-errors.js';
import type { EventKind, Protocol } from '../protocol.js';
import { responses } from '../responses.js';

const DONE = '[DONE]';

/** OpenAI's chat completions, as clients speak it. Sessions and errors are those of the Responses protocol. */
export const chatCompletions: Protocol = {
  ...responses,
  requiredMembers: ['model', 'messages'],
  modelPath: ['model'],
  /** The SDKs throw an error by its status; one that comes as an event they tell without it. */
  refusesInStream: false,

  kindOf(event: StreamEvent): EventKind {
    if (event.data === DONE) return 'final';
    const chunk = asRecord(parseJson(event.data));
    if (event.event === 'error' || (chunk?.['error'] ?? null) !== null) return 'error';
    if (chunk === null || !Array.isArray(chunk['choices'])) return 'opening';
    return chunk['choices'].some(saysSomething) ? 'content' : 'opening';
  },

  namesModel: (event: StreamEvent): boolean => event.data !== DONE,

  isAnswer(_endpoint: string, body: unknown): boolean {
    const { choices, error } = asRecord(body) ?? {};
    return Array.isArray(choices) && (error ?? null) === null;
  },

  refusalEvent(body: Buffer, requestId: string): Buffer {
    const error = asRecord(asRecord(parseJson(body.toString('utf8')))?.['error']);
    if (error !== null && asText(error['message']) !== null) return encodeError(error);
    return this.errorEvent(new RelayError('invalid_request', 'The upstream refused the request.'), requestId);
  },

  errorEvent: (error: RelayError): Buffer => encodeError(openAiError(error)),
};

/** Kinds of content come and go: whatever a delta holds beside the role is content, and so is the reason of the end. */
function saysSomething(choice: unknown): boolean {
  const { delta, finish_reason: reason } = asRecord(choice) ?? {};
  if ((reason ?? null) !== null) return true;
  return Object.entries(asRecord(delta) ?? {}).some(([name, value]) => name !== 'role' && !isEmpty(value));
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

const encodeError = (error: JsonRecord): Buffer => encodeSse({ event: null, data: JSON.stringify({ error }) });
