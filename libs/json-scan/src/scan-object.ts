import { JSON_BYTE, JsonScanner, type ScanFault } from './json-scanner.js';

export type { ScanFault };

/** `[start, end)` in bytes; the quotes of a string and the brackets of an object belong to it. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

export type ObjectScan =
  /** `spans` holds those of the asked members that are there. */
  | { readonly kind: 'object'; readonly spans: ReadonlyMap<string, ByteSpan> }
  /** `at` is the byte where it was noticed. */
  | { readonly kind: 'invalid'; readonly at: number; readonly reason: ScanFault };

/** `\uXXXX` is the longest way to write one unit of a name. */
const LONGEST_ESCAPE = 6;

/**
 * Finds members of the object that `body` is, by name, without parsing their values. A name that stands there twice
 * means its last value, as in `JSON.parse`; a name written with escapes is the same name.
 *
 * Only the outermost level is checked: below it, strings and brackets must close and nothing more. So a body may be an
 * object here and no JSON to `JSON.parse`, never the other way round (but for nesting beyond 10,000 levels).
 */
export function scanObject(body: Buffer, names: readonly string[]): ObjectScan {
  const scanner = new JsonScanner(body);
  const spans = new Map<string, ByteSpan>();
  if (scanMembers(scanner, new NameReader(body, names), spans)) return { kind: 'object', spans };
  return { kind: 'invalid', at: scanner.at, reason: scanner.fault };
}

function scanMembers(scanner: JsonScanner, reader: NameReader, spans: Map<string, ByteSpan>): boolean {
  scanner.skipSpace();
  if (!scanner.take(JSON_BYTE.OPEN_BRACE)) return scanner.fail('it is not a JSON object');
  scanner.skipSpace();
  if (!scanner.take(JSON_BYTE.CLOSE_BRACE)) {
    do {
      if (!scanMember(scanner, reader, spans)) return false;
    } while (scanner.take(JSON_BYTE.COMMA));
    if (!scanner.take(JSON_BYTE.CLOSE_BRACE)) return scanner.failHere();
  }
  scanner.skipSpace();
  return scanner.isAtEnd ? true : scanner.fail('something follows the JSON object');
}

/** One `"name": value`, with the white space around it. */
function scanMember(scanner: JsonScanner, reader: NameReader, spans: Map<string, ByteSpan>): boolean {
  scanner.skipSpace();
  const nameStart = scanner.at;
  if (scanner.byte !== JSON_BYTE.QUOTE) return scanner.failHere();
  if (!scanner.skipString()) return false;
  const name = reader.read(nameStart, scanner.at);
  scanner.skipSpace();
  if (!scanner.take(JSON_BYTE.COLON)) return scanner.failHere();
  scanner.skipSpace();
  const start = scanner.at;
  if (!scanner.skipValue()) return false;
  if (name !== null) spans.set(name, { start, end: scanner.at });
  scanner.skipSpace();
  return true;
}

/** Tells whether a member is one of those asked for. */
class NameReader {
  private readonly wanted: ReadonlySet<string>;
  private readonly longest: number;

  constructor(
    private readonly body: Buffer,
    names: readonly string[],
  ) {
    this.wanted = new Set(names);
    this.longest = names.reduce((longest, name) => Math.max(longest, name.length), 0) * LONGEST_ESCAPE;
  }

  /** The name in `[start, end)`, quotes included, if it was asked for. */
  read(start: number, end: number): string | null {
    if (end - start - 2 > this.longest) return null;
    const text = this.body.toString('utf8', start + 1, end - 1);
    const name = text.includes('\\') ? unescape(`"${text}"`) : text;
    return name !== null && this.wanted.has(name) ? name : null;
  }
}

function unescape(json: string): string | null {
  try {
    return String(JSON.parse(json));
  } catch {
    return null;
  }
}
