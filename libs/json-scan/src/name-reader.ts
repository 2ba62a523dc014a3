import type { ByteSpan } from './byte-span.js';

/** `\uXXXX` is the longest way to write one unit of a name. */
const LONGEST_ESCAPE = 6;

/** Tells whether a member is one of those asked for. */
export class NameReader {
  private readonly wanted: ReadonlySet<string>;
  private readonly longest: number;

  constructor(
    private readonly body: Buffer,
    names: readonly string[],
  ) {
    this.wanted = new Set(names);
    this.longest = names.reduce((longest, name) => Math.max(longest, name.length), 0) * LONGEST_ESCAPE;
  }

  /** The name at a place, quotes included, if it was asked for. */
  read({ start, end }: ByteSpan): string | null {
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
