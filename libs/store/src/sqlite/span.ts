/** The part of an ordered collection that a range names. */
interface Span {
  readonly offset: number;
  readonly length: number;
}

/** Redis' indexes: from 0, negative ones from the end, `stop` included, beyond the ends cut. Null = nothing. */
export function resolveSpan(start: number, stop: number, size: number): Span | null {
  const first = Math.max(start < 0 ? size + start : start, 0);
  const last = Math.min(stop < 0 ? size + stop : stop, size - 1);
  return first > last ? null : { offset: first, length: last - first + 1 };
}
