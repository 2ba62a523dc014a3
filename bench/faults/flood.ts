const SENT_AT_ONCE = 64 * 1024;
const FLOOD_EVENTS = 320;

/** What every answer here says of its input, in the first event already. */
export const INPUT_TOKENS = 1_000;

const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

const usage = { input_tokens: INPUT_TOKENS, output_tokens: 1 };
const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [], usage };
const START = event('message_start', { message: MESSAGE });
const BLOCK = event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
const delta = (text: string): string => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
const END =
  event('content_block_stop', { index: 0 }) +
  event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 20 } }) +
  event('message_stop', {});

/** A stream of a few words. */
export const WORDS: readonly string[] = [START, BLOCK, delta('A few '), delta('words.'), END];

/** A stream of 20 MiB, as fast as it is taken. */
export const FLOOD: readonly string[] = [
  START,
  BLOCK,
  ...Array.from({ length: FLOOD_EVENTS }, () => delta('x'.repeat(SENT_AT_ONCE))),
  END,
];

/** How much of the flood so many events are. */
export function floodMib(events: number): number {
  return (events * SENT_AT_ONCE) / 1_048_576;
}
