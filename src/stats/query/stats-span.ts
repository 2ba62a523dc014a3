import type { RollUpGrain } from '@crs/store';
import { ValidationFailedException } from '../../core/http/validation.js';
import type { Zone } from '../../core/time/zone.js';
import { DAY_MS, HOUR_MS, periodAt } from '../roll-up/periods.js';

/** What was asked for: days of the zone (`to` included), or instants at which a day or hour begins (`to` excluded). */
export interface SpanInput {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Null: the span as a whole. */
  readonly granularity: RollUpGrain | null;
}

/** A stretch of time, epoch ms, `to` excluded. Both begin a day of the zone; with hours, an hour. */
export interface StatsSpan {
  readonly from: number;
  readonly to: number;
  readonly granularity: RollUpGrain | null;
}

const DAY_TEXT = /^\d{4}-\d{2}-\d{2}$/;
const DEFAULT_DAYS = 30;
const DEFAULT_MONTHS = 12;
const MONTHS_OF_31_DAYS = 36 * 31;

/** The longest span of each granularity. */
const LONGEST: Readonly<Record<RollUpGrain | 'whole', { readonly days: number; readonly words: string }>> = {
  hour: { days: 8, words: '8 days by hour; ask by day for more' },
  day: { days: 400, words: '400 days by day; ask by month for more' },
  month: { days: MONTHS_OF_31_DAYS, words: '36 months' },
  whole: { days: MONTHS_OF_31_DAYS, words: '36 months' },
};

/**
 * The span that is meant; without dates the last 30 days, by hour the last 24 hours, by month the last 12 months.
 *
 * @throws ValidationFailedException naming the field that does not fit
 */
export function spanOf({ from, to, granularity }: SpanInput, zone: Zone, now: number): StatsSpan {
  const end = to === undefined ? defaultEnd(granularity, zone, now) : endOf(to, granularity, zone);
  const start = from === undefined ? defaultStart(end, granularity, zone) : startOf('from', from, granularity, zone);
  if (start >= end && to !== undefined) throw refused('from', 'from must lie before to');
  if (start > now && from === undefined) throw refused('to', 'to lies too far in the future: give from, too');
  if (start > now) throw refused('from', 'from lies in the future');
  const { days, words } = LONGEST[granularity ?? 'whole'];
  if (end - start > days * DAY_MS) throw refused('from', `from and to may be at most ${words}`);
  return { from: start, to: end, granularity };
}

function endOf(text: string, granularity: RollUpGrain | null, zone: Zone): number {
  const startsAt = startOf('to', text, granularity, zone);
  return DAY_TEXT.test(text) ? startsAt + DAY_MS : startsAt;
}

function startOf(field: 'from' | 'to', text: string, granularity: RollUpGrain | null, zone: Zone): number {
  const atMs = zone.findDayStart(text) ?? Date.parse(text);
  if (granularity === 'hour') {
    if (atMs % HOUR_MS !== 0) throw refused(field, `${field} must be a day, or an instant at which an hour begins`);
  } else if (zone.dayStart(atMs) !== atMs) {
    const begins = new Date(zone.dayStart(atMs)).toISOString();
    throw refused(
      field,
      `${field} must be a day, or an instant at which a day begins in the configured zone: ${begins}`,
    );
  }
  return atMs;
}

const defaultEnd = (granularity: RollUpGrain | null, zone: Zone, now: number): number =>
  granularity === 'hour' ? periodAt('hour', now, zone).endsAt : zone.nextDay(now);

function defaultStart(end: number, granularity: RollUpGrain | null, zone: Zone): number {
  if (granularity === 'hour') return end - DAY_MS;
  if (granularity !== 'month') return end - DEFAULT_DAYS * DAY_MS;
  let month = periodAt('month', end - 1, zone);
  for (let back = 1; back < DEFAULT_MONTHS; back += 1) month = periodAt('month', month.startsAt - 1, zone);
  return month.startsAt;
}

const refused = (field: string, message: string): ValidationFailedException =>
  new ValidationFailedException([{ field, message }]);

/** The span of the same length directly before. */
export const spanBefore = ({ from, to, granularity }: StatsSpan): StatsSpan => ({
  from: from - (to - from),
  to: from,
  granularity,
});

/** How an answer names its span: by its days, the last included, where it consists of whole ones, else by instants. */
export function textsOfSpan({ from, to }: StatsSpan, zone: Zone): { readonly from: string; readonly to: string } {
  const isOfDays = zone.dayStart(from) === from && zone.dayStart(to) === to;
  return isOfDays
    ? { from: zone.day(from), to: zone.day(to - 1) }
    : { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}
