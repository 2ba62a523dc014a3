import { keys } from '@crs/store';
import type { Zone } from '../../core/time/zone.js';
import type { StoredHash } from '../key-usage.js';
import { type Difference, differenceOf, differencesBetween, shortagesOf, type Subject } from './difference.js';
import { numberIn, sumTold, toldByCounters, type Told } from './figures-compared.js';
import { correctedUsd } from './key-period.js';
import { type BookedRecord, readRecord } from './record-read.js';

/** How many records v1 and this gateway keep of a key. */
export const RECORDS_KEPT = 200;

/** What a key's life is compared by. */
export interface KeyLife {
  readonly keyId: string;
  /** Days of the span whose counters are kept, in order. */
  readonly days: readonly LifeDay[];
}

interface LifeDay {
  readonly period: string;
  readonly isRolledUp: boolean;
}

/** What the store held of it at one moment. */
export interface KeyLifeBooks {
  readonly total: StoredHash;
  readonly costTotal: string | null;
  /** Counters of every month that is kept. */
  readonly months: readonly StoredHash[];
  readonly monthCosts: readonly (string | null)[];
  /** Newest first. */
  readonly records: readonly string[];
  readonly days: readonly DayBooks[];
}

interface DayBooks extends LifeDay {
  readonly counters: StoredHash;
  readonly cost: string | null;
  readonly corrections: StoredHash;
}

/** Where the records and totals of a key disagree with its counters. */
export function differencesOfKeyLife(of: KeyLife, books: KeyLifeBooks, zone: Zone): Difference[] {
  const records = books.records.map(readRecord);
  return [
    ...totalDifferences(of, books),
    ...unreadable(of, books, records),
    ...twice(of, records, zone),
    ...books.days.flatMap((day) => recordDifferences(of, day, records, zone)),
  ];
}

function totalDifferences({ keyId }: KeyLife, books: KeyLifeBooks): Difference[] {
  const about: Subject = { check: 'total', period: 'total', keyId };
  const k = keys.usage;
  const nameInTotal = (name: string): string => `total${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const total = { source: k.total(keyId), told: toldByCounters(books.total, nameInTotal) };
  const months = { source: k.monthly(keyId, '*'), told: sumTold(books.months.map((hash) => toldByCounters(hash))) };
  const costOfMonths = books.monthCosts.reduce((sum, text) => sum + numberIn(text), 0);
  return [
    ...shortagesOf(about, total, months),
    ...shortagesOf(
      about,
      { source: k.costTotal(keyId), told: { costUsd: numberIn(books.costTotal) } },
      { source: k.costMonthly(keyId, '*'), told: { costUsd: costOfMonths } },
    ),
  ];
}

type Records = readonly (BookedRecord | null)[];

function unreadable({ keyId }: KeyLife, books: KeyLifeBooks, records: Records): Difference[] {
  const bad = records.filter((record) => record === null).length;
  if (bad === 0) return [];
  const source = keys.usage.records(keyId);
  const about: Subject = { check: 'record-unreadable', period: 'total', keyId };
  return [
    differenceOf(
      about,
      'requests',
      { source, value: books.records.length },
      { source, value: books.records.length - bad },
    ),
  ];
}

function twice({ keyId, days }: KeyLife, records: Records, zone: Zone): Difference[] {
  const source = keys.usage.records(keyId);
  const counts = new Map<string, { count: number; day: string }>();
  for (const record of records) {
    if (typeof record?.requestId !== 'string') continue;
    const before = counts.get(record.requestId)?.count ?? 0;
    counts.set(record.requestId, { count: before + 1, day: zone.day(record.atMs) });
  }
  const asked = new Set(days.map(({ period }) => period));
  return [...counts]
    .filter(([, { count, day }]) => count > 1 && asked.has(day))
    .map(([requestId, { count, day }]) =>
      differenceOf(
        { check: 'record-twice', period: day, keyId },
        requestId,
        { source, value: count },
        { source, value: 1 },
      ),
    );
}

/** Compares a day of which no record can have been pushed out of the list. */
function recordDifferences({ keyId }: KeyLife, stored: DayBooks, records: Records, zone: Zone): Difference[] {
  const { period, isRolledUp } = stored;
  const oldest = records.at(-1) ?? null;
  const isComplete = records.length < RECORDS_KEPT || (oldest !== null && zone.day(oldest.atMs) < period);
  // A list that is not there at all may be one that an old version never wrote.
  if (!isComplete || records.includes(null) || (records.length === 0 && !isRolledUp)) return [];
  const ofDay = records.filter((record) => record !== null).filter(({ atMs }) => zone.day(atMs) === period);
  const told = sumTold([NO_RECORDS, ...ofDay.map((record) => record.told)]);
  const about: Subject = { check: 'records', period, keyId };
  const source = keys.usage.records(keyId);
  const booked = numberIn(stored.cost) - correctedUsd(stored.corrections);
  const cost = { source: keys.usage.costDaily(keyId, period), told: { costUsd: booked } };
  return [
    ...differencesBetween(
      about,
      { source, told },
      {
        source: keys.usage.daily(keyId, period),
        told: toldByCounters(stored.counters),
      },
    ),
    ...(isCostTold(stored) ? differencesBetween(about, { source, told }, cost, ofDay.length) : []),
  ];
}

/** The cost of a day is kept for two days less than its counters. */
const isCostTold = ({ cost, counters }: DayBooks): boolean => cost !== null || numberIn(counters['requests']) === 0;

const NO_RECORDS: Told = { ...toldByCounters({}), allTokens: 0, costUsd: 0 };
