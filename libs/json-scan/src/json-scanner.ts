const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;

/** A closing bracket is two above its opening one in ASCII, for both kinds. */
const OPEN_TO_CLOSE = 2;
/** A stack as deep as nobody nests on purpose, and small enough to be no attack. */
const MAX_DEPTH = 10_000;
/** Short strings are faster to walk than to hand to the native search. */
const NEAR_BYTES = 48;

/** Why a body is no JSON object, in words that a client can be told. */
export type ScanFault =
  | 'it is not a JSON object'
  | 'the JSON object does not close'
  | 'the brackets of the JSON do not match'
  | 'the JSON is nested too deeply'
  | 'something is missing or misplaced in the JSON object'
  | 'something follows the JSON object';

/**
 * Walks over JSON without building anything. Each method moves `at` behind what it names and says whether it was
 * there; if not, `fault` and `at` tell what is wrong and where.
 */
export class JsonScanner {
  at = 0;
  fault: ScanFault = 'it is not a JSON object';

  constructor(private readonly bytes: Buffer) {}

  get byte(): number | undefined {
    return this.bytes[this.at];
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  skipSpace(): void {
    let byte = this.bytes[this.at];
    while (byte === SPACE || byte === LF || byte === CR || byte === TAB) {
      this.at += 1;
      byte = this.bytes[this.at];
    }
  }

  /** Takes `byte` if it is the next one. */
  take(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false;
    this.at += 1;
    return true;
  }

  /** A missing piece: the end of the body came too early, or something else stands there. */
  failHere(): false {
    return this.fail(
      this.isAtEnd ? 'the JSON object does not close' : 'something is missing or misplaced in the JSON object',
    );
  }

  fail(fault: ScanFault): false {
    this.fault = fault;
    return false;
  }

  skipValue(): boolean {
    const byte = this.byte;
    if (byte === QUOTE) return this.skipString();
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return this.skipNested();
    return this.skipScalar();
  }

  /** From the opening quote to behind the closing one. */
  skipString(): boolean {
    const { bytes } = this;
    let at = this.at + 1;
    for (;;) {
      const near = Math.min(at + NEAR_BYTES, bytes.length);
      while (at < near) {
        const byte = bytes[at];
        if (byte === QUOTE) return this.moveTo(at + 1);
        at += byte === BACKSLASH ? 2 : 1;
      }
      const quote = bytes.indexOf(QUOTE, at);
      // A backslash as the very last byte has moved `at` past the end, where indexOf finds nothing either.
      if (quote === -1) return this.runOut();
      if (!this.isEscaped(quote)) return this.moveTo(quote + 1);
      at = quote + 1;
    }
  }

  /** An odd number of backslashes stands before `quote`: all but the last one are pairs. */
  private isEscaped(quote: number): boolean {
    let first = quote;
    while (this.bytes[first - 1] === BACKSLASH) first -= 1;
    return (quote - first) % 2 === 1;
  }

  /** An object or an array, whatever is in it, as long as its strings and brackets close. */
  private skipNested(): boolean {
    const open: number[] = [];
    while (!this.isAtEnd) {
      const byte = this.byte;
      if (byte === QUOTE) {
        if (!this.skipString()) return false;
        continue;
      }
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (open.length === MAX_DEPTH) return this.fail('the JSON is nested too deeply');
        open.push(byte + OPEN_TO_CLOSE);
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (open.pop() !== byte) return this.fail('the brackets of the JSON do not match');
        if (open.length === 0) return this.moveTo(this.at + 1);
      }
      this.at += 1;
    }
    return this.failHere();
  }

  /** A number, `true`, `false` or `null`: a run of bytes that mean nothing to the structure. */
  private skipScalar(): boolean {
    const start = this.at;
    while (!this.isAtEnd && !isStructural(this.byte)) this.at += 1;
    return this.at > start ? true : this.failHere();
  }

  private runOut(): false {
    this.at = this.bytes.length;
    return this.failHere();
  }

  private moveTo(at: number): true {
    this.at = at;
    return true;
  }
}

function isStructural(byte: number | undefined): boolean {
  switch (byte) {
    case QUOTE:
    case OPEN_BRACE:
    case OPEN_BRACKET:
    case CLOSE_BRACE:
    case CLOSE_BRACKET:
    case COMMA:
    case COLON:
    case SPACE:
    case TAB:
    case LF:
    case CR:
      return true;
    default:
      return false;
  }
}

export const JSON_BYTE = { QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, COMMA, COLON } as const;
