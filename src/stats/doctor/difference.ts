import { type FigureName, FIGURE_NAMES, isCost, type Told } from './figures-compared.js';

/** What is compared with what; each has a hint of its own. */
export const CHECKS = [
  'models',
  'hours',
  'days',
  'cost',
  'all-keys',
  'keys-of-model',
  'models-of-account',
  'roll-up-key',
  'roll-up-key-model',
  'roll-up-account',
  'roll-up-account-model',
  'roll-up-model',
  'records',
  'record-twice',
  'record-unreadable',
  'total',
] as const;
export type Check = (typeof CHECKS)[number];

/** Where a value was read: a key of the store, with `*` for several that were summed. */
export interface ReadValue {
  readonly source: string;
  /** Costs in USD; null: what is stored there is no number. */
  readonly value: number | null;
}

/** Two places of the books that do not agree. */
export interface Difference {
  readonly check: Check;
  readonly keyId: string | null;
  readonly keyName: string | null;
  readonly accountId: string | null;
  readonly model: string | null;
  /** `YYYY-MM-DD`, `YYYY-MM`, or `total`. */
  readonly period: string;
  /** Name of the figure; for records, the request id. */
  readonly figure: string;
  readonly left: ReadValue;
  readonly right: ReadValue;
  readonly hint: string;
}

/** Of what a comparison is. */
export interface Subject {
  readonly check: Check;
  readonly period: string;
  readonly keyId?: string;
  readonly accountId?: string;
  readonly model?: string;
}

export interface Side {
  readonly source: string;
  readonly told: Told;
}

const NO_ROLL_UP_OF_V1 =
  'The statistics read the roll-up, limits and v1 the counter. Requests that v1 booked are in the counter alone.';

const HINTS: Readonly<Record<Check, string>> = {
  models:
    'The counter of the key and those of its models were always written together: one of them was changed or lost.',
  hours: 'The hours and their day were always written together: one of them was changed or lost.',
  days: 'The days and their month were always written together: one of them was changed or lost.',
  cost: 'The cost limits of the key use the first one. It was set by hand, or the counters of its models were.',
  'all-keys':
    'A key that was deleted for good with its counters explains a smaller sum; else a counter was changed or lost.',
  'keys-of-model':
    'A key that was deleted for good with its counters explains a smaller sum; else a counter was changed or lost.',
  'models-of-account':
    'The counter of the account and those of its models were always written together: one was changed or lost.',
  'roll-up-key': NO_ROLL_UP_OF_V1,
  'roll-up-key-model': NO_ROLL_UP_OF_V1,
  'roll-up-account': NO_ROLL_UP_OF_V1,
  'roll-up-account-model': NO_ROLL_UP_OF_V1,
  'roll-up-model': NO_ROLL_UP_OF_V1,
  records:
    'The records of the day are complete, and do not add up to what was counted. At midnight v1 may put one request into two days.',
  'record-twice': 'One request is in the list more than once: look whether it was counted twice on that day.',
  'record-unreadable': 'This entry of the list is no record: it was not written by a gateway.',
  total: 'What was used since the beginning cannot be less than in its months: the total was reset or lost.',
};

/** Adding floating-point numbers in another order makes no greater difference than this, in USD and of the sum. */
const ROUNDING_OF_SUMS = 1e-9;
/** A cost that is kept in whole micro-USD is off by half of one at most for each request. */
const ROUNDING_PER_REQUEST = 0.5e-6;

/** @param roundedRequests of how many requests one of the sides rounded the cost to whole micro-USD */
export function differencesBetween(about: Subject, left: Side, right: Side, roundedRequests = 0): Difference[] {
  return differing(about, left, right, (name, a, b) => Math.abs(a - b) <= tolerance(name, a, roundedRequests));
}

/** Where the left side is less than the right one. */
export function shortagesOf(about: Subject, left: Side, right: Side): Difference[] {
  return differing(about, left, right, (name, a, b) => b - a <= tolerance(name, b, 0));
}

/**
 * Where a sum that took a while to read is less than a counter was before, or more than it was afterwards: counters only
 * grow, so requests that were booked meanwhile make no difference.
 */
export function differencesWithin(
  about: Subject,
  source: string,
  span: readonly [Told, Told],
  sum: Side,
): Difference[] {
  const [before, after] = span;
  return [
    ...shortagesOf(about, sum, { source, told: before }).map(swapped),
    ...shortagesOf(about, { source, told: after }, sum),
  ];
}

const swapped = (difference: Difference): Difference => ({
  ...difference,
  left: difference.right,
  right: difference.left,
});

/** A fault that is no comparison of figures. */
export const differenceOf = (about: Subject, figure: string, left: ReadValue, right: ReadValue): Difference => ({
  check: about.check,
  keyId: about.keyId ?? null,
  keyName: null,
  accountId: about.accountId ?? null,
  model: about.model ?? null,
  period: about.period,
  figure,
  left,
  right,
  hint: HINTS[about.check],
});

function differing(
  about: Subject,
  left: Side,
  right: Side,
  agrees: (name: FigureName, a: number, b: number) => boolean,
): Difference[] {
  return FIGURE_NAMES.flatMap((name) => {
    const [a, b] = [left.told[name], right.told[name]];
    if (a === undefined || b === undefined || agrees(name, a, b)) return [];
    return [differenceOf(about, name, readValue(left, a), readValue(right, b))];
  });
}

const tolerance = (name: FigureName, value: number, roundedRequests: number): number =>
  isCost(name) ? ROUNDING_OF_SUMS * Math.max(1, Math.abs(value)) + ROUNDING_PER_REQUEST * roundedRequests : 0;

const readValue = ({ source }: Side, value: number): ReadValue => ({
  source,
  value: Number.isNaN(value) ? null : value,
});
