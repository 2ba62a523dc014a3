import { notAnInteger, overflow } from './reply-error.js';
import type { ReplyError } from './reply-error.js';

const CANONICAL = /^(?:0|-?[1-9]\d*)$/;
const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

/** A 64-bit integer in the only spelling that Redis takes: no plus, no leading zero, no blank. */
function parse(text: string, refuse: () => ReplyError): bigint {
  if (!CANONICAL.test(text)) throw refuse();
  const value = BigInt(text);
  if (value < MIN || value > MAX) throw refuse();
  return value;
}

/**
 * The sum as text. Counters beyond 2^53 stay exact, as in Redis; only the reply is a number.
 *
 * @throws ReplyError `refuse` when the stored text is no integer; `ERR value is not an integer or out of range` when
 * the increment is none; `ERR increment or decrement would overflow` beyond 64 bits.
 */
export function addInteger(stored: string, by: number, refuse: () => ReplyError = notAnInteger): string {
  const increment = parse(String(by), notAnInteger);
  const sum = parse(stored, refuse) + increment;
  if (sum < MIN || sum > MAX) throw overflow();
  return sum.toString();
}

/** A whole number that a command takes as an argument (an index, a time to live). */
export function requireInteger(value: number): number {
  if (!Number.isSafeInteger(value)) throw notAnInteger();
  return value;
}
