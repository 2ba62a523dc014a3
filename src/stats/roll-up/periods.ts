import type { RollUpGrain } from '@crs/store';
import type { Period, Zone } from '../../core/time/zone.js';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** Longer than any month, and shorter than any two. */
const INTO_THE_NEXT_MONTH_MS = 32 * DAY_MS;

/** The period of a grain that an instant (epoch ms) lies in. */
export function periodAt(grain: RollUpGrain, atMs: number, zone: Zone): Period {
  if (grain === 'hour') {
    // Zones are whole hours away from UTC.
    const startsAt = Math.floor(atMs / HOUR_MS) * HOUR_MS;
    return { key: zone.hour(atMs), startsAt, endsAt: startsAt + HOUR_MS };
  }
  if (grain === 'day') return { key: zone.day(atMs), startsAt: zone.dayStart(atMs), endsAt: zone.nextDay(atMs) };
  const startsAt = monthStart(atMs, zone);
  return { key: zone.month(atMs), startsAt, endsAt: monthStart(startsAt + INTO_THE_NEXT_MONTH_MS, zone) };
}

/** Every period that begins in `[from, to)` when `from` begins one. */
export function periodsBetween(grain: RollUpGrain, from: number, to: number, zone: Zone): Period[] {
  const periods: Period[] = [];
  for (let at = from; at < to;) {
    const period = periodAt(grain, at, zone);
    periods.push(period);
    at = period.endsAt;
  }
  return periods;
}

const monthStart = (atMs: number, zone: Zone): number =>
  zone.dayStart(atMs) - (Number(zone.day(atMs).slice(8)) - 1) * DAY_MS;
