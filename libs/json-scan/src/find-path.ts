import type { ByteSpan } from './byte-span.js';
import { scanObject } from './scan-object.js';

/**
 * Where the value at a path of member names stands, or null when it is not there, something on the way is not an
 * object, or the JSON does not hold together.
 *
 * @example findPath(Buffer.from('{"message":{"model":"a"}}'), ['message', 'model']) // { start: 20, end: 23 }
 */
export function findPath(body: Buffer, path: readonly [string, ...string[]]): ByteSpan | null {
  let span: ByteSpan = { start: 0, end: body.length };
  for (const name of path) {
    const scan = scanObject(body.subarray(span.start, span.end), [name]);
    const found = scan.kind === 'object' ? scan.spans.get(name) : undefined;
    if (found === undefined) return null;
    span = { start: span.start + found.start, end: span.start + found.end };
  }
  return span;
}
