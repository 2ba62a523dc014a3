import type { BookRules } from './book-rules.js';
import type { Difference } from './difference.js';

/** How many differences a report names one by one: whoever has more reads them in several steps. */
const MOST_NAMED = 1000;

/** What one check of the books is about, and what it has found so far. */
export class Checkup {
  private readonly found: Difference[] = [];
  private readonly said = new Set<string>();
  private count = 0;

  constructor(
    /** Null: all keys, and what they add up to. */
    readonly keyId: string | null,
    readonly rules: BookRules,
    readonly signal: AbortSignal,
  ) {}

  add(differences: readonly Difference[]): void {
    this.count += differences.length;
    this.found.push(...differences.slice(0, MOST_NAMED - this.found.length));
  }

  /** Something that explains what was found, or was not compared; each is said once. */
  note(text: string): void {
    this.said.add(text);
  }

  get total(): number {
    return this.count;
  }

  get differences(): readonly Difference[] {
    return this.found;
  }

  get notes(): readonly string[] {
    return [...this.said];
  }
}
