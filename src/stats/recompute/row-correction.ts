import type { PriceTier } from '@crs/extension-api';
import { costOfTier, MOST_MICRO_USD } from '../pricing/cost.js';
import type { FoundPrices } from '../pricing/price-book.js';
import type { Figures } from '../roll-up/figures.js';
import { modelOfField } from '../roll-up/roll-up-fields.js';
import { type Correction, differenceOf, unpackCorrection } from './correction.codec.js';

const MICRO = 1_000_000;
/** Each request was booked in whole micro-USD, so a sum of them may be off by half of one for each. */
const ROUNDING_PER_REQUEST = 0.5;
/** What adding floating-point numbers in another order may make of a sum. */
const ROUNDING_OF_SUMS = 1e-9;

/** What a row of a day's roll-up is, and was made of. */
export interface StoredRow {
  /** `{model}` or `{model}|{tier}`. */
  readonly field: string;
  readonly figures: Figures;
  /** As it is stored; undefined = the row was never corrected. */
  readonly correction: string | undefined;
}

/** What a row will be. */
export interface RowCorrection {
  readonly field: string;
  readonly model: string;
  /** The model has no known price: the fallback's was taken. */
  readonly isUnknown: boolean;
  readonly before: Correction;
  readonly after: Correction;
  /** What was stored as the row's correction, and what will be. */
  readonly storedCorrection: string;
  readonly correction: Correction;
  /** After minus before. */
  readonly change: Correction;
}

/** What a row's model costs, and at which rate it counts where nothing tells the rate of that time. */
export interface RowPrices {
  readonly found: FoundPrices | null;
  readonly rate: number;
}

/**
 * Prices a row again. The stored corrections tell what was booked, so a price that is put back restores that to the
 * micro-USD: where the prices give what was booked, but for rounding, it stays what was booked. The key pays as much of
 * the real cost as it did then; the rates of that time are not known otherwise.
 */
export function correctRow(row: StoredRow, { found, rate }: RowPrices): RowCorrection {
  const { field, figures } = row;
  const model = modelOfField(field);
  const before: Correction = figures;
  const known = unpackCorrection(row.correction);
  const booked = differenceOf(before, known);
  const exact = costOfTier(model, figures, found?.prices ?? null, tierOf(field, model)) * MICRO;
  const isAsBooked =
    Math.abs(exact - booked.realMicroUsd) <= figures.requests * ROUNDING_PER_REQUEST + exact * ROUNDING_OF_SUMS;
  const unpriced = isAsBooked ? booked.unpricedRequests : figures.requests;
  const after: Correction = {
    ...(isAsBooked ? costsOf(booked) : repriced(exact, booked, rate)),
    unpricedRequests: found === null ? unpriced : 0,
  };
  return {
    field,
    model,
    isUnknown: found === null,
    before: { ...costsOf(before), unpricedRequests: before.unpricedRequests },
    after,
    storedCorrection: row.correction ?? '',
    correction: differenceOf(after, booked),
    change: differenceOf(after, before),
  };
}

function repriced(exact: number, booked: Correction, rate: number): Omit<Correction, 'unpricedRequests'> {
  const ratio = booked.realMicroUsd > 0 ? booked.ratedMicroUsd / booked.realMicroUsd : rate;
  return {
    realMicroUsd: Math.min(Math.round(exact), MOST_MICRO_USD),
    ratedMicroUsd: Math.min(Math.round(exact * ratio), MOST_MICRO_USD),
  };
}

const costsOf = ({ realMicroUsd, ratedMicroUsd }: Correction): Omit<Correction, 'unpricedRequests'> => ({
  realMicroUsd,
  ratedMicroUsd,
});

/** Only a known tier is taken off the name of a model, so the rest is one. */
const tierOf = (field: string, model: string): PriceTier => field.slice(model.length + 1) as PriceTier;
