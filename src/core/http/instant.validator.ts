import { ValidateBy } from 'class-validator';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * A date, or an instant that says its offset from UTC: without one it would mean another time on every machine.
 * Days that the calendar does not have are refused, not carried over into the next month.
 */
export function isInstant(value: unknown): value is string {
  if (typeof value !== 'string' || !(DAY.test(value) || INSTANT.test(value))) return false;
  const day = value.slice(0, 10);
  return isDate(value) && isDate(day) && new Date(day).toISOString().startsWith(day);
}

const isDate = (text: string): boolean => !Number.isNaN(new Date(text).getTime());

export const IsInstant = (): PropertyDecorator =>
  ValidateBy({
    name: 'isInstant',
    validator: {
      validate: isInstant,
      defaultMessage: () => '$property must be an ISO 8601 date or instant such as 2030-01-31 or 2030-01-31T12:00:00Z',
    },
  });
