import type { DialectName } from '../../test/support/client-dialects.ts';

const SENT_AT_ONCE = 64 * 1024;
const FLOOD_EVENTS = 320;

/** What every answer here says of its input; of messages in the first event already, of Responses in the last one. */
export const INPUT_TOKENS = 1_000;

/** The pieces of a stream. Each is written at once, and counts as one event. */
interface Pieces {
  readonly start: string;
  readonly block: string;
  readonly delta: (text: string) => string;
  readonly end: string;
}

const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

const usage = { input_tokens: INPUT_TOKENS, output_tokens: 1 };
const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [], usage };

const messages: Pieces = {
  start: event('message_start', { message: MESSAGE }),
  block: event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  delta: (text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
  end:
    event('content_block_stop', { index: 0 }) +
    event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 20 } }) +
    event('message_stop', {}),
};

const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const RESPONSE = { id: 'resp_1', object: 'response', model: 'gpt-5.5', output: [] };

const responses: Pieces = {
  start: event('response.created', { response: { ...RESPONSE, status: 'in_progress' } }),
  block: event('response.content_part.added', { ...at, part: { type: 'output_text', text: '' } }),
  delta: (delta) => event('response.output_text.delta', { ...at, delta }),
  end: event('response.completed', { response: { ...RESPONSE, status: 'completed', usage } }),
};

/** Streams of an upstream, event by event. */
export interface Streams {
  /** A few words. */
  readonly words: readonly string[];
  /** 20 MiB, as fast as it is taken. */
  readonly flood: readonly string[];
  /** The first event tells the input. */
  readonly tellsInputFirst: boolean;
}

function streamsOf({ start, block, delta, end }: Pieces, tellsInputFirst: boolean): Streams {
  const piece = delta('x'.repeat(SENT_AT_ONCE));
  return {
    words: [start, block, delta('A few '), delta('words.'), end],
    flood: [start, block, ...Array.from({ length: FLOOD_EVENTS }, () => piece), end],
    tellsInputFirst,
  };
}

export const STREAMS: Readonly<Record<DialectName, Streams>> = {
  'claude-console': streamsOf(messages, true),
  codex: streamsOf(responses, false),
};

/** How much of the flood so many events are. */
export function floodMib(events: number): number {
  return (events * SENT_AT_ONCE) / 1_048_576;
}
