import { ValidationFailedException } from '../../core/http/validation.js';
import type { Zone } from '../../core/time/zone.js';
import { DAY_MS } from '../roll-up/periods.js';

const DEFAULT_DAYS = 31;
const MOST_DAYS = 400;

/**
 * Epoch ms of the first midnight and of the one after the last day.
 *
 * @throws ValidationFailedException naming what does not fit
 */
export function doctorSpanOf(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  zone: Zone,
  now: number,
): { readonly from: number; readonly to: number } {
  const end = to === undefined ? zone.nextDay(now) : dayStart('to', to, zone) + DAY_MS;
  const start = from === undefined ? end - DEFAULT_DAYS * DAY_MS : dayStart('from', from, zone);
  if (start >= end && to !== undefined) throw refused('from', 'from must not lie after to');
  if (start > now && from === undefined) throw refused('to', 'to lies too far in the future: give from, too');
  if (start > now) throw refused('from', 'from lies in the future');
  if (end - start > MOST_DAYS * DAY_MS) throw refused('from', `from and to may be at most ${MOST_DAYS} days apart`);
  return { from: start, to: end };
}

function dayStart(field: string, text: string, zone: Zone): number {
  const startsAt = zone.findDayStart(text);
  if (startsAt === null) throw refused(field, `${field} must be a day, YYYY-MM-DD`);
  return startsAt;
}

const refused = (field: string, message: string): ValidationFailedException =>
  new ValidationFailedException([{ field, message }]);
