import type { HeaderMap } from '@crs/extension-api';

/** Where a reset is named, the most telling first. */
const RESET_HEADERS = [
  'retry-after',
  'anthropic-ratelimit-unified-reset',
  'x-ratelimit-reset-requests',
  'x-codex-ratelimit-reset',
];
const RESET_FIELDS = ['resets_in_seconds', 'resets_at', 'reset_seconds'];

/** Numbers from here on are epoch seconds, and a thousand times higher epoch milliseconds; below, seconds from now. */
const FIRST_EPOCH_SECONDS = 1_000_000_000;
const FIRST_EPOCH_MS = FIRST_EPOCH_SECONDS * 1000;

/** No limit lasts for longer than a month: whatever names a later time is no time, but garbage. */
const FURTHEST_MS = 31 * 24 * 60 * 60 * 1000;

/** Date.parse makes a date of nearly everything; only these are meant as one. */
const DATES: readonly RegExp[] = [
  /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/i,
  /^[a-z]{3}, \d{2} [a-z]{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/i,
];
const DURATION = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/;
const DURATION_UNITS_MS = [3_600_000, 60_000, 1000, 1];

/**
 * When a rate limit ends, by the first header or field of the body that names a time to come, within a month. Null when
 * none does: then nothing is known, and the account must not be parked for long.
 */
export function findReset(headers: HeaderMap, fields: Readonly<Record<string, unknown>>, now: Date): Date | null {
  return firstReset([...RESET_HEADERS.map((name) => headers[name]), ...RESET_FIELDS.map((name) => fields[name])], now);
}

/** The first of the values that is a time to come, within a month: seconds from now, an epoch, a duration or a date. */
export function firstReset(values: readonly unknown[], now: Date): Date | null {
  for (const value of values) {
    const restMs = (readTime(value, now.getTime()) ?? Number.NaN) - now.getTime();
    if (restMs > 0 && restMs <= FURTHEST_MS) return new Date(now.getTime() + restMs);
  }
  return null;
}

/** Seconds (`120`, `0.5`), epochs, durations (`6m0s`, `20ms`), ISO and HTTP dates, as epoch ms; null for all else. */
function readTime(value: unknown, nowMs: number): number | null {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first !== 'string' && typeof first !== 'number') return null;
  const text = String(first).trim();
  if (/^\d+(\.\d+)?$/.test(text)) return readNumber(Number(text), nowMs);
  const duration = DURATION.exec(text);
  if (duration !== null && text !== '') return nowMs + durationMs(duration);
  return DATES.some((shape) => shape.test(text)) ? Date.parse(text) : null;
}

/** "At once" is a second from now: the limit has just been met, and a mark must have some length. */
function readNumber(value: number, nowMs: number): number {
  if (value >= FIRST_EPOCH_MS) return value;
  if (value >= FIRST_EPOCH_SECONDS) return value * 1000;
  return nowMs + Math.max(1, value) * 1000;
}

function durationMs(match: RegExpExecArray): number {
  return DURATION_UNITS_MS.reduce((sum, unitMs, i) => sum + Number(match[i + 1] ?? 0) * unitMs, 0);
}
