/** `[start, end)` in bytes; the quotes of a string and the brackets of an object belong to it. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}
