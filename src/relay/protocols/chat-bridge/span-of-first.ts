import type { ByteSpan } from '@crs/extension-api';

const START = Buffer.byteLength('{"model":');

/** Where the model stands in a body that begins with it. */
export function spanOfFirst(model: string): ByteSpan {
  return { start: START, end: START + Buffer.byteLength(JSON.stringify(model)) };
}
