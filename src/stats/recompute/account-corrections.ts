import { allTokensOf, type Figures } from '../roll-up/figures.js';
import { type Correction, differenceOf, isNothing, NO_CORRECTION, unpackCorrection } from './correction.codec.js';
import { sharesOf } from './shares.js';
import { zip } from './zip.js';

/** What an account served of a model on a day, and by what it was corrected. */
export interface AccountRow {
  readonly accountId: string;
  readonly model: string;
  readonly figures: Figures;
  /** As it is stored; undefined = never. */
  readonly correction: string | undefined;
}

export interface AccountCorrection {
  readonly accountId: string;
  readonly model: string;
  readonly stored: string;
  readonly correction: Correction;
  readonly change: Correction;
}

/**
 * Divides what a day's costs were corrected by, model by model, among the accounts that served it. Accounts' rows know no
 * tiers and no keys, so each gets as much as it had of what was booked: the accounts still add up to the keys, and what
 * is put back for the keys is put back for the accounts. Requests get a price, or lose it, where they had none, or one.
 *
 * @param byModel the corrections of the day by model, of all keys
 * @returns those that change
 */
export function accountCorrections(
  byModel: ReadonlyMap<string, Correction>,
  rows: readonly AccountRow[],
): readonly AccountCorrection[] {
  const models = [...new Set(rows.map(({ model }) => model))];
  return models.flatMap((model) => {
    const ofModel = rows.filter((row) => row.model === model);
    return divide(byModel.get(model) ?? NO_CORRECTION, ofModel).filter(({ change }) => !isNothing(change));
  });
}

function divide(total: Correction, rows: readonly AccountRow[]): readonly AccountCorrection[] {
  const known = rows.map((row) => ({
    ...row,
    correction: unpackCorrection(row.correction),
    stored: row.correction ?? '',
  }));
  const tokens = rows.map(({ figures }) => allTokensOf(figures));
  const bookedOf = (field: keyof Correction): readonly number[] =>
    known.map(({ figures, correction }) => Math.max(0, figures[field] - correction[field]));
  const share = (field: 'realMicroUsd' | 'ratedMicroUsd'): readonly number[] => {
    const booked = bookedOf(field);
    return sharesOf(total[field], booked.some((cost) => cost > 0) ? booked : tokens);
  };
  const unpriced = bookedOf('unpricedRequests');
  const priced = zip(known, unpriced).map(([{ figures }, without]) => Math.max(0, figures.requests - without));
  const shares = zip(
    zip(share('realMicroUsd'), share('ratedMicroUsd')),
    sharesOf(total.unpricedRequests, total.unpricedRequests < 0 ? unpriced : priced),
  );
  return zip(known, shares).map(([row, [[realMicroUsd, ratedMicroUsd], unpricedRequests]]) => {
    const correction = { realMicroUsd, ratedMicroUsd, unpricedRequests };
    const { accountId, model, stored } = row;
    return { accountId, model, stored, correction, change: differenceOf(correction, row.correction) };
  });
}
