import type { StreamEvent } from '@crs/extension-api';
import fc from 'fast-check';

const eventName = fc.option(
  fc.oneof(fc.string(), fc.constantFrom('message_start', 'message_delta', 'content_block_delta', 'response.completed')),
);

const figureName = fc.constantFrom(
  'input_tokens',
  'output_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
);

/** JSON with figures where the APIs have them, likely and absurd ones. */
export const anyUsage: fc.Arbitrary<string> = fc
  .dictionary(figureName, fc.oneof(fc.nat(), fc.maxSafeInteger(), fc.double(), fc.constant(null)))
  .map((usage) => JSON.stringify({ usage, message: { usage }, response: { usage } }));

/** An event of a stream, be it one that no API has. */
export const anyEvent: fc.Arbitrary<StreamEvent> = fc.record({
  event: eventName,
  data: fc.oneof(fc.string(), fc.json(), anyUsage),
});
