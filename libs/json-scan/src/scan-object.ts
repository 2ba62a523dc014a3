import type { ByteSpan } from './byte-span.js';
import { JsonScanner, type ScanFault } from './json-scanner.js';
import { NameReader } from './name-reader.js';
import { walkMembers } from './walk-members.js';

export type { ScanFault };

export type ObjectScan =
  /** `spans` holds those of the asked members that are there. */
  | { readonly kind: 'object'; readonly spans: ReadonlyMap<string, ByteSpan> }
  /** `at` is the byte where it was noticed. */
  | { readonly kind: 'invalid'; readonly at: number; readonly reason: ScanFault };

/**
 * Finds members of the object that `body` is, by name, without parsing their values. A name that stands there twice
 * means its last value, as in `JSON.parse`; a name written with escapes is the same name.
 *
 * Only the outermost level is checked: below it, strings and brackets must close and nothing more. So a body may be an
 * object here and no JSON to `JSON.parse`, never the other way round (but for nesting beyond 10,000 levels).
 */
export function scanObject(body: Buffer, names: readonly string[]): ObjectScan {
  const scanner = new JsonScanner(body);
  const reader = new NameReader(body, names);
  const spans = new Map<string, ByteSpan>();
  const isObject = walkMembers(scanner, ({ name, value }) => {
    const wanted = reader.read(name);
    if (wanted !== null) spans.set(wanted, value);
  });
  return isObject ? { kind: 'object', spans } : { kind: 'invalid', at: scanner.at, reason: scanner.fault };
}
