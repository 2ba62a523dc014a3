import type { ByteSpan } from './byte-span.js';

/** A copy of `body` with `replacement`, as a JSON string, in place of the span. Every other byte stays as it is. */
export function replaceSpan(body: Buffer, span: ByteSpan, replacement: string): Buffer {
  return Buffer.concat([
    body.subarray(0, span.start),
    Buffer.from(JSON.stringify(replacement), 'utf8'),
    body.subarray(span.end),
  ]);
}
