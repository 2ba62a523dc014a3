import type { BlockFields } from './sse-event.js';

export const LF = 0x0a;
export const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const DATA = Buffer.from('data');
const EVENT = Buffer.from('event');

/** Where the text of a stream's first block begins: a byte order mark there is no part of it. */
export function textStart(bytes: Buffer, from: number): number {
  return bytes.subarray(from, from + BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? from + BYTE_ORDER_MARK.length
    : from;
}

/**
 * Reads the fields of one whole block, `[from, to)` of `bytes`, the last line end included. Null when it has no data
 * line: then there is nothing to tell (a comment, a lone `retry`).
 *
 * @param hasCr some line may end in a carriage return; without any, the search for line ends is native
 */
export function parseBlock(bytes: Buffer, from: number, to: number, hasCr: boolean): BlockFields | null {
  const lines: number[] = [];
  let event: string | null = null;
  let at = from;
  while (at < to) {
    const end = hasCr ? lineEnd(bytes, at, to) : bytes.indexOf(LF, at);
    const data = valueStart(bytes, at, end, DATA);
    if (data !== -1) {
      lines.push(data, end);
    } else {
      const name = valueStart(bytes, at, end, EVENT);
      if (name !== -1) event = name === end ? null : bytes.toString('utf8', name, end);
    }
    at = end + 1;
  }
  return lines.length === 0 ? null : { event, lines };
}

/** Whether `bytes`, lines of a block that has not ended, hold more than comments: then an event has begun. */
export function hasField(bytes: Buffer): boolean {
  let atLineStart = true;
  for (const byte of bytes) {
    const isLineEnd = byte === LF || byte === CR;
    if (atLineStart && !isLineEnd && byte !== COLON) return true;
    atLineStart = isLineEnd;
  }
  return false;
}

function lineEnd(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== LF && bytes[at] !== CR) at += 1;
  return at;
}

/** Where the value of the line `[at, end)` begins when its field is `name`, else -1. A line of only a name has none. */
function valueStart(bytes: Buffer, at: number, end: number, name: Buffer): number {
  const nameEnd = at + name.length;
  if (nameEnd > end) return -1;
  for (let i = 0; i < name.length; i += 1) if (bytes[at + i] !== name[i]) return -1;
  if (nameEnd === end) return end;
  if (bytes[nameEnd] !== COLON) return -1;
  return bytes[nameEnd + 1] === SPACE ? nameEnd + 2 : nameEnd + 1;
}
