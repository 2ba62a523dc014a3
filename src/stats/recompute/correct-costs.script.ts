import { defineScript, type StoreTransaction } from '@crs/store';
import { packCorrection, sumOf, unpackCorrection } from './correction.codec.js';

/** Everything that the correction of one key's day, or of one account's, writes. */
export interface CostWrites {
  /** Row of the first hash, what the caller read of it, what it shall be; empty = none. */
  readonly corrections: readonly (readonly [field: string, expected: string, next: string])[];
  readonly ttlSeconds: number;
  /** Added to the corrections by model: real, rated, unpriced. */
  readonly models: readonly (readonly [model: string, by: CostNumbers])[];
  /** At which places of packed figures the three numbers stand. */
  readonly positions: CostNumbers;
  /** Added to packed figures that exist. */
  readonly figures: readonly (readonly [hash: string, field: string, by: CostNumbers])[];
  /** Added to fields of hashes that exist. */
  readonly counters: readonly (readonly [hash: string, field: string, by: number])[];
  /** Added to sums that exist; decimal text. */
  readonly sums: readonly (readonly [key: string, amount: string])[];
}

export type CostNumbers = readonly [real: number, rated: number, unpriced: number];

/** See correct-costs.lua: both do the same. False: somebody else was faster, nothing was written. */
export const correctCosts = defineScript({
  name: 'correct-costs',
  source: new URL('./correct-costs.lua', import.meta.url),
  transaction: (tx, keys, args) => {
    const [corrections, models] = keys as readonly [string, string];
    const [json] = args as readonly [string];
    const writes = JSON.parse(json) as CostWrites;
    if (writes.corrections.some(([field, expected]) => (tx.hget(corrections, field) ?? '') !== expected)) return 0;
    for (const [field, , next] of writes.corrections) storeCorrection(tx, corrections, field, next, writes.ttlSeconds);
    for (const row of writes.models) addToModel(tx, models, row, writes.ttlSeconds);
    for (const row of writes.figures) addToFigures(tx, row, writes.positions);
    for (const [hash, field, by] of writes.counters) {
      if (tx.type(hash) === 'hash' && tx.hget(hash, field) !== null) ignoreRefusal(() => tx.hincrby(hash, field, by));
    }
    for (const [key, amount] of writes.sums) {
      if (tx.type(key) === 'string') ignoreRefusal(() => tx.incrbyfloat(key, Number(amount)));
    }
    return 1;
  },
  parse: (reply) => reply === 1,
});

function storeCorrection(tx: StoreTransaction, hash: string, field: string, text: string, ttlSeconds: number): void {
  if (text === '') {
    tx.hdel(hash, field);
    return;
  }
  tx.hset(hash, { [field]: text });
  tx.expire(hash, ttlSeconds);
}

function addToModel(
  tx: StoreTransaction,
  hash: string,
  [model, [real, rated, unpriced]]: CostWrites['models'][number],
  ttlSeconds: number,
): void {
  const before = unpackCorrection(tx.hget(hash, model) ?? '');
  const sum = sumOf(before, { realMicroUsd: real, ratedMicroUsd: rated, unpricedRequests: unpriced });
  storeCorrection(tx, hash, model, packCorrection(sum), ttlSeconds);
}

function addToFigures(
  tx: StoreTransaction,
  [hash, field, by]: CostWrites['figures'][number],
  positions: CostNumbers,
): void {
  const text = tx.type(hash) === 'hash' ? tx.hget(hash, field) : null;
  const figures = text === null ? null : numbersOf(text);
  if (figures === null) return;
  const [atReal, atRated, atUnpriced] = positions;
  const [real, rated, unpriced] = by;
  for (const [at, amount] of [[atReal, real] as const, [atRated, rated] as const, [atUnpriced, unpriced] as const]) {
    while (figures.length <= at) figures.push(0);
    figures[at] = Math.max(0, Number(figures[at]) + amount);
  }
  tx.hset(hash, { [field]: figures.join(' ') });
}

/** Null: not the figures of a roll-up. */
function numbersOf(text: string): number[] | null {
  const parts = text.split(' ');
  return parts.every((part) => /^\d{1,16}$/.test(part)) ? parts.map(Number) : null;
}

/** A counter that holds something else is left alone; any other error ends the transaction. */
function ignoreRefusal(command: () => unknown): void {
  try {
    command();
  } catch (error: unknown) {
    if (!(error instanceof Error) || !/^(?:WRONGTYPE|ERR) /.test(error.message)) throw error;
  }
}
