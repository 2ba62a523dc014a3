import type { StreamEvent } from '@crs/extension-api';
import fc from 'fast-check';

type Json = Readonly<Record<string, unknown>>;

/** 33 tokens of input, however they were read, and 7 of output. */
export const MESSAGE_USAGE: Json = {
  input_tokens: 10,
  cache_creation_input_tokens: 3,
  cache_read_input_tokens: 20,
  output_tokens: 7,
};

export const messagesEvent = (type: string, data: Json = {}): StreamEvent => ({
  event: type,
  data: JSON.stringify({ type, ...data }),
});

export const MESSAGE_START = messagesEvent('message_start', {
  message: { usage: { ...MESSAGE_USAGE, output_tokens: 1 } },
});
export const MESSAGE_STOP = messagesEvent('message_stop');

const anyBlock: fc.Arbitrary<Json> = fc.oneof(
  fc.string().map((text) => ({ type: 'text', text })),
  fc.string().map((thinking) => ({ type: 'thinking', thinking, signature: 'x' })),
  fc
    .record({ id: fc.uuid(), name: fc.constantFrom('f', 'g'), input: fc.dictionary(fc.string(), fc.jsonValue()) })
    .map((call) => ({ type: 'tool_use', ...call })),
  fc.constant({ type: 'server_tool_use', id: 'srv', name: 'web_search', input: { query: 'x' } }),
  fc.constant({ type: 'web_search_tool_result', tool_use_id: 'srv', content: [] }),
  fc.constant({ type: 'redacted_thinking', data: 'x' }),
);

const STOP_REASONS = ['end_turn', 'tool_use', 'max_tokens', 'stop_sequence', 'refusal', 'pause_turn', 'of_tomorrow'];

/** An answer of the Messages protocol, and the size of its pieces where it is streamed. */
export const anyMessage = fc.record({
  content: fc.array(anyBlock, { maxLength: 5 }),
  stop_reason: fc.constantFrom(...STOP_REASONS),
  pieceSize: fc.integer({ min: 1, max: 9 }),
});

/** The stream of an answer. @param ending what `message_delta` tells */
export function messagesStream(content: readonly Json[], ending: Json, pieceSize = 3): readonly StreamEvent[] {
  return [
    MESSAGE_START,
    messagesEvent('ping'),
    ...content.flatMap((block, index) => blockEvents(block, index, pieceSize)),
    messagesEvent('message_delta', { delta: ending, usage: { input_tokens: null, output_tokens: 7 } }),
    MESSAGE_STOP,
  ];
}

function blockEvents(block: Json, index: number, size: number): readonly StreamEvent[] {
  const { empty, deltas } = inPieces(block, size);
  return [
    messagesEvent('content_block_start', { index, content_block: { ...block, ...empty } }),
    ...deltas.map((delta) => messagesEvent('content_block_delta', { index, delta })),
    messagesEvent('content_block_stop', { index }),
  ];
}

function inPieces(block: Json, size: number): { readonly empty: Json; readonly deltas: readonly Json[] } {
  const { text, thinking, input } = block;
  if (typeof text === 'string') {
    return { empty: { text: '' }, deltas: cut(text, size).map((piece) => ({ type: 'text_delta', text: piece })) };
  }
  if (typeof thinking === 'string') {
    const deltas = cut(thinking, size).map((piece) => ({ type: 'thinking_delta', thinking: piece }));
    return { empty: { thinking: '' }, deltas };
  }
  if (typeof input !== 'object' || input === null) return { empty: {}, deltas: [] };
  // The real upstream begins with an empty piece, and leaves it at that where there is no input.
  const json = Object.keys(input).length === 0 ? '' : JSON.stringify(input);
  const pieces = ['', ...cut(json, size)];
  return { empty: { input: {} }, deltas: pieces.map((piece) => ({ type: 'input_json_delta', partial_json: piece })) };
}

const cut = (text: string, size: number): readonly string[] => text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? [];
