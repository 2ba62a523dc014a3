import { notAFloat, ReplyError } from './reply-error.js';

/** `units / 10^scale`, exactly. */
interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

const SPELLING = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;
const INFINITE = /^[+-]?inf(?:inity)?$/i;
/** Decimals that Redis prints of a float. */
const PRINTED_DECIMALS = 17;
/** What Redis' widest float can hold; also bounds the work that one text can cause. */
const MAX_EXPONENT = 4932;
const MAX_LENGTH = 5 * 1024;

function parse(text: string): Decimal {
  if (INFINITE.test(text)) throw new ReplyError('ERR increment would produce NaN or Infinity');
  const [matched, sign, whole = '', fraction = '', exponentText = '0'] = SPELLING.exec(text) ?? [];
  const digits = whole + fraction;
  if (matched === undefined || digits === '' || text.length >= MAX_LENGTH) throw notAFloat();
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > MAX_EXPONENT) throw notAFloat();
  const scale = fraction.length - exponent;
  const units = BigInt(digits) * (sign === '-' ? -1n : 1n);
  return scale >= 0 ? { units, scale } : { units: units * 10n ** BigInt(-scale), scale: 0 };
}

/** Half to even, as printf does. */
function divideRounded(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  const twice = 2n * (value - quotient * divisor);
  const distance = twice < 0n ? -twice : twice;
  if (distance < divisor || (distance === divisor && quotient % 2n === 0n)) return quotient;
  return quotient + (value < 0n ? -1n : 1n);
}

function print({ units, scale }: Decimal): string {
  const decimals = Math.min(scale, PRINTED_DECIMALS);
  const rounded = divideRounded(units, 10n ** BigInt(scale - decimals));
  const digits = (rounded < 0n ? -rounded : rounded).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return (rounded < 0n ? '-' : '') + whole + (fraction === '' ? '' : `.${fraction}`);
}

/**
 * The sum as INCRBYFLOAT prints it: no exponent, at most 17 decimals, no trailing zeros.
 *
 * The sum is exact. Redis adds in the machine's `long double`, so from about 100 upwards its last printed digits may
 * differ from these, and differ between machines.
 *
 * @throws ReplyError `ERR value is not a valid float`, `ERR increment would produce NaN or Infinity`.
 */
export function addDecimal(stored: string, by: number): string {
  const a = parse(stored);
  const b = parse(String(by));
  const scale = Math.max(a.scale, b.scale);
  const units = a.units * 10n ** BigInt(scale - a.scale) + b.units * 10n ** BigInt(scale - b.scale);
  return print({ units, scale });
}

/** A sorted set's score as text: whole numbers and infinities as Redis prints them. */
export function printScore(score: number): string {
  if (Number.isFinite(score)) return String(score);
  return score > 0 ? 'inf' : '-inf';
}

export function requireScore(score: number): number {
  if (Number.isNaN(score)) throw notAFloat();
  return score;
}
