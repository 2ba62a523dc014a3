import { keys } from '@crs/store';
import type { StoredHash } from '../key-usage.js';
import { unpackCorrection } from '../recompute/correction.codec.js';
import { NO_FIGURES } from '../roll-up/figures.js';
import { unpackFigures } from '../roll-up/packed-figures.codec.js';
import { modelOfField } from '../roll-up/roll-up-fields.js';
import { type Difference, differencesBetween, type Side, type Subject } from './difference.js';
import {
  costsOf,
  countsOf,
  numberIn,
  sumTold,
  toldByCounters,
  toldByKeyModel,
  toldByRollUp,
  type Told,
} from './figures-compared.js';

const MICRO = 1_000_000;

/** What of a key is compared in one day or month. */
export interface KeyPeriod {
  readonly grain: 'day' | 'month';
  readonly keyId: string;
  /** As in keys: `YYYY-MM-DD`, `YYYY-MM`. */
  readonly period: string;
  readonly models: readonly string[];
  /** Its hours or days, when all of them still have counters; else none. */
  readonly parts: readonly string[];
  /** The models are all that the key used. */
  readonly areModelsKnown: boolean;
  /** The period is in the roll-ups from its beginning. */
  readonly isRolledUp: boolean;
  /** An absent cost is none; when false, it may have expired. */
  readonly areCostsKept: boolean;
}

/** What the store held of it at one moment. */
export interface KeyPeriodBooks {
  readonly total: StoredHash;
  readonly cost: string | null;
  /** Of days only. */
  readonly realCost: string | null;
  readonly rollUp: string | null;
  /** By model and tier, packed. */
  readonly rollUpModels: StoredHash;
  /** By what the costs of the day were corrected after they were booked. */
  readonly corrections: StoredHash;
  readonly parts: readonly { readonly counters: StoredHash; readonly cost: string | null }[];
  readonly models: ReadonlyMap<string, StoredHash>;
}

/** Where the books of a key disagree about a period. */
export function differencesOfKeyPeriod(of: KeyPeriod, books: KeyPeriodBooks): Difference[] {
  const models = sumTold([...books.models.values()].map(toldByKeyModel));
  return [
    ...(of.areModelsKnown ? [...modelDifferences(of, books, models), ...costDifferences(of, books, models)] : []),
    ...(of.parts.length > 0 ? partDifferences(of, books) : []),
    ...(of.isRolledUp ? rollUpDifferences(of, books, models) : []),
  ];
}

/** The figures of a key's roll-up by model, whatever the tier; the fields of an account's are the models themselves. */
export function rolledUpModels(fields: StoredHash, modelOf = modelOfField): ReadonlyMap<string, Told> {
  const models = new Map<string, Told>();
  for (const [field, text] of Object.entries(fields)) {
    const model = modelOf(field);
    models.set(model, sumTold([models.get(model) ?? toldByRollUp(NO_FIGURES), toldByPacked(text)]));
  }
  return models;
}

/** What packed figures tell; a damaged text tells no number. */
export function toldByPacked(text: string | null | undefined): Told {
  if (text === null || text === undefined) return toldByRollUp(NO_FIGURES);
  const figures = unpackFigures(text);
  return figures === null ? { requests: Number.NaN } : toldByRollUp(figures);
}

const aboutOf = ({ keyId, period }: KeyPeriod, check: Subject['check']): Subject => ({ check, keyId, period });

const totalSide = (of: KeyPeriod, books: KeyPeriodBooks): Side => ({
  source: (of.grain === 'day' ? keys.usage.daily : keys.usage.monthly)(of.keyId, of.period),
  told: toldByCounters(books.total),
});

/** The counter of a model of the key in the period. */
export const modelKey = (of: KeyPeriod, model: string): string =>
  (of.grain === 'day' ? keys.usage.keyModelDaily : keys.usage.keyModelMonthly)(of.keyId, model, of.period);

function modelDifferences(of: KeyPeriod, books: KeyPeriodBooks, models: Told): Difference[] {
  const right = { source: modelKey(of, '*'), told: countsOf(models) };
  return differencesBetween(aboutOf(of, 'models'), totalSide(of, books), right);
}

function costDifferences(of: KeyPeriod, books: KeyPeriodBooks, models: Told): Difference[] {
  const { keyId, period } = of;
  const k = keys.usage;
  const about = aboutOf(of, 'cost');
  const right = { source: modelKey(of, '*'), told: costsOf(models) };
  const compare = (source: string, name: 'costUsd' | 'realCostUsd', stored: string | null): Difference[] => {
    if (stored === null && !of.areCostsKept) return [];
    return differencesBetween(about, { source, told: { [name]: numberIn(stored) } }, right, models.requests ?? 0);
  };
  if (of.grain === 'month') return compare(k.costMonthly(keyId, period), 'costUsd', books.cost);
  // Old versions kept no real costs.
  const hasReal = books.realCost !== null || of.isRolledUp;
  return [
    ...compare(k.costDaily(keyId, period), 'costUsd', books.cost),
    ...(hasReal ? compare(k.costRealDaily(keyId, period), 'realCostUsd', books.realCost) : []),
  ];
}

/** Hours are not corrected when a day is priced again. */
function partDifferences(of: KeyPeriod, books: KeyPeriodBooks): Difference[] {
  const { keyId, period } = of;
  const k = keys.usage;
  const isDay = of.grain === 'day';
  const about = aboutOf(of, isDay ? 'hours' : 'days');
  const part = isDay ? `${period}:*` : `${period}-*`;
  const counters = {
    source: (isDay ? k.hourly : k.daily)(keyId, part),
    told: sumTold([toldByCounters({}), ...books.parts.map(({ counters: each }) => toldByCounters(each))]),
  };
  const costs = {
    source: (isDay ? k.costHourly : k.costDaily)(keyId, part),
    told: { costUsd: books.parts.reduce((sum, { cost }) => sum + numberIn(cost), correctedUsd(books.corrections)) },
  };
  const cost = {
    source: (isDay ? k.costDaily : k.costMonthly)(keyId, period),
    told: { costUsd: numberIn(books.cost) },
  };
  return [...differencesBetween(about, totalSide(of, books), counters), ...differencesBetween(about, cost, costs)];
}

/** By how much the rated cost of a key's day was corrected, USD. */
export const correctedUsd = (corrections: StoredHash): number =>
  Object.values(corrections).reduce((sum, text) => sum + unpackCorrection(text).ratedMicroUsd, 0) / MICRO;

function rollUpDifferences(of: KeyPeriod, books: KeyPeriodBooks, models: Told): Difference[] {
  const { keyId, period, grain } = of;
  const { rollUp } = keys.usage;
  const total = totalSide(of, books);
  const left = { source: `${rollUp.totals(grain, period, 'key')} ${keyId}`, told: toldByPacked(books.rollUp) };
  const byModel = rolledUpModels(books.rollUpModels);
  const names = [...new Set([...books.models.keys(), ...byModel.keys()])];
  return [
    ...differencesBetween(aboutOf(of, 'roll-up-key'), left, total),
    ...differencesBetween(
      aboutOf(of, 'roll-up-key'),
      { ...left, told: costsOf(left.told) },
      {
        source: modelKey(of, '*'),
        told: costsOf(models),
      },
    ),
    ...names.flatMap((model) =>
      differencesBetween(
        { ...aboutOf(of, 'roll-up-key-model'), model },
        {
          source: `${rollUp.keyModels(grain, period, keyId)} ${model}`,
          told: byModel.get(model) ?? toldByPacked(null),
        },
        { source: modelKey(of, model), told: toldByKeyModel(books.models.get(model) ?? {}) },
      ),
    ),
  ];
}
