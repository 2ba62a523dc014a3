import type { DialectName } from '../../test/support/client-dialects.ts';

/** The text of every good answer. */
export const TEXT = 'The whole answer: na\u{ef}ve caf\u{e9}, \u{6f22}\u{5b57}, and a pinch of \u{1f9c2} at the end.';

/** The pieces of a good stream, as bytes, for what the simulated upstream does not do by itself. */
export interface RawStream {
  /** The answer has begun. */
  readonly start: string;
  /** A piece of text is about to come. */
  readonly block: string;
  /** Means nothing. */
  readonly ping: string;
  /** The end of the answer, by the protocol's own error. */
  readonly overloaded: string;
  /** The whole text. */
  readonly content: string;
  /** Ends the text, but not the answer. */
  readonly blockEnd: string;
  /** Ends the answer. */
  readonly end: string;
}

const DELTAS = [TEXT.slice(0, 11), TEXT.slice(11, 24), TEXT.slice(24)];

const named = (event: string, fields: object): string =>
  `event: ${event}\ndata: ${JSON.stringify({ type: event, ...fields })}\n\n`;

const MODEL = 'claude-sonnet-4-5';
const usage = { input_tokens: 10, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
const MESSAGE_DELTA = { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 20 } };

const messages: RawStream = {
  start: named('message_start', {
    message: { id: 'msg_1', type: 'message', role: 'assistant', model: MODEL, content: [], stop_reason: null, usage },
  }),
  block: named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  ping: named('ping', {}),
  overloaded: named('error', { error: { type: 'overloaded_error', message: 'Overloaded' } }),
  content: DELTAS.map((text) => named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })).join(
    '',
  ),
  blockEnd: named('content_block_stop', { index: 0 }),
  end: named('message_delta', MESSAGE_DELTA) + named('message_stop', {}),
};

const ITEM = { id: 'msg_1', type: 'message', role: 'assistant' };
const PART = { type: 'output_text', text: TEXT, annotations: [] };
const DONE = { ...ITEM, status: 'completed', content: [PART] };
const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const RESPONSE = { id: 'resp_1', object: 'response', model: 'gpt-5.5', error: null };
const FIGURES = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 30,
};
const OVERLOADED = { code: 'server_is_overloaded', message: 'Our servers are currently overloaded.' };

const responses: RawStream = {
  start:
    named('response.created', { response: { ...RESPONSE, status: 'in_progress', output: [] } }) +
    named('response.in_progress', { response: { ...RESPONSE, status: 'in_progress', output: [] } }),
  block:
    named('response.output_item.added', { output_index: 0, item: { ...ITEM, status: 'in_progress', content: [] } }) +
    named('response.content_part.added', { ...at, part: { ...PART, text: '' } }),
  ping: named('keepalive', {}),
  overloaded: named('response.failed', { response: { ...RESPONSE, status: 'failed', error: OVERLOADED, output: [] } }),
  content: DELTAS.map((delta) => named('response.output_text.delta', { ...at, delta })).join(''),
  blockEnd:
    named('response.output_text.done', { ...at, text: TEXT }) +
    named('response.content_part.done', { ...at, part: PART }) +
    named('response.output_item.done', { output_index: 0, item: DONE }),
  end: named('response.completed', {
    response: { ...RESPONSE, status: 'completed', output: [DONE], usage: FIGURES },
  }),
};

export const RAW_STREAMS: Readonly<Record<DialectName, RawStream>> = { 'claude-console': messages, codex: responses };
