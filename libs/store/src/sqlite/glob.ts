/** One step of a pattern: any number of bytes, or one byte that is (or with `negated` is not) among some. */
type Token =
  { readonly kind: 'many' } | { readonly kind: 'one'; readonly bytes: ReadonlySet<number>; readonly negated: boolean };

export interface Glob {
  /** The literal text with which every match begins. */
  readonly prefix: string;
  matches(text: string): boolean;
}

/** Bytes as characters of a string: one character per byte, so that patterns are read with string methods. */
const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');

const literal = (byte: string): Token => ({ kind: 'one', bytes: new Set([byte.charCodeAt(0)]), negated: false });

/**
 * Redis' patterns: `*` any bytes, `?` one byte, `[abc]` `[a-z]` `[^a]` one byte of a class, `\` takes the next byte as
 * it is. They speak of bytes of UTF-8: `?` is no whole character of non-ASCII text. A class that is never closed ends
 * with the pattern, as in Redis.
 */
export function compileGlob(pattern: string): Glob {
  const tokens = parse(bytesOf(pattern));
  return {
    prefix: pattern.replace(/[*?[\\].*$/s, ''),
    matches: (text) => matches(tokens, bytesOf(text)),
  };
}

function parse(pattern: string): Token[] {
  const tokens: Token[] = [];
  let rest = pattern;
  while (rest !== '') {
    const [token, length] = nextToken(rest);
    tokens.push(token);
    rest = rest.slice(length);
  }
  return tokens;
}

/** The first token of a pattern that is not empty, and how many bytes it takes. */
function nextToken(pattern: string): [Token, number] {
  if (pattern.startsWith('*')) return [{ kind: 'many' }, 1];
  if (pattern.startsWith('?')) return [{ kind: 'one', bytes: new Set(), negated: true }, 1];
  if (pattern.startsWith('[')) return nextClass(pattern);
  if (pattern.startsWith('\\') && pattern.length > 1) return [literal(pattern.charAt(1)), 2];
  return [literal(pattern.charAt(0)), 1];
}

/** One member of a class: an escaped byte, a range, or a byte. What closes the class is none. */
const CLASS_MEMBER = /\\[^]|[^\]]-[^]|[^\]]/y;

function nextClass(pattern: string): [Token, number] {
  const negated = pattern.startsWith('[^');
  const bytes = new Set<number>();
  let at = negated ? 2 : 1;
  for (;;) {
    CLASS_MEMBER.lastIndex = at;
    const member = CLASS_MEMBER.exec(pattern)?.[0];
    if (member === undefined) break;
    const isEscaped = member.length === 2;
    addRange(bytes, member.charCodeAt(isEscaped ? 1 : 0), member.charCodeAt(member.length - 1));
    at += member.length;
  }
  return [{ kind: 'one', bytes, negated }, at + (pattern.charAt(at) === ']' ? 1 : 0)];
}

function addRange(bytes: Set<number>, from: number, to: number): void {
  for (let code = Math.min(from, to); code <= Math.max(from, to); code += 1) bytes.add(code);
}

/** Goes back to the last `*` only, which is enough and keeps the work within length x length. */
function matches(tokens: readonly Token[], text: string): boolean {
  let token = 0;
  let at = 0;
  let retryToken = -1;
  let retryAt = 0;
  while (at < text.length) {
    const current = tokens[token];
    if (current?.kind === 'many') {
      retryToken = token += 1;
      retryAt = at;
    } else if (current?.kind === 'one' && current.bytes.has(text.charCodeAt(at)) !== current.negated) {
      token += 1;
      at += 1;
    } else if (retryToken >= 0) {
      token = retryToken;
      at = retryAt += 1;
    } else {
      return false;
    }
  }
  return tokens.slice(token).every((rest) => rest.kind === 'many');
}
