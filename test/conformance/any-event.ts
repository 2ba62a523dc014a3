import type { StreamEvent } from '@crs/extension-api';
import fc from 'fast-check';

const eventName = fc.option(
  fc.oneof(
    fc.string(),
    fc.constantFrom(
      'message_start',
      'message_delta',
      'content_block_delta',
      'response.created',
      'response.output_text.delta',
      'response.completed',
      'response.failed',
      'error',
    ),
  ),
);

const figure = fc.oneof(fc.nat(), fc.maxSafeInteger(), fc.double(), fc.constant(null));
const figureName = fc.constantFrom(
  'input_tokens',
  'output_tokens',
  'prompt_tokens',
  'completion_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
);
const details = fc.dictionary(fc.constantFrom('cached_tokens', 'cache_write_tokens'), figure);

/** JSON with figures where the APIs have them, likely and absurd ones. */
export const anyUsage: fc.Arbitrary<string> = fc
  .tuple(fc.dictionary(figureName, figure), details, fc.jsonValue())
  .map(([figures, input_tokens_details, choices]) => {
    const usage = { ...figures, input_tokens_details, prompt_tokens_details: input_tokens_details };
    const answers = { usage, message: { usage }, response: { usage } };
    return JSON.stringify({ object: 'chat.completion.chunk', ...answers, choices });
  });

/** An event of a stream, be it one that no API has. */
export const anyEvent: fc.Arbitrary<StreamEvent> = fc.record({
  event: eventName,
  data: fc.oneof(fc.string(), fc.json(), anyUsage),
});
