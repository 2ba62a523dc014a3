import { keys } from '@crs/store';
import type { StoredHash } from '../key-usage.js';
import { type Difference, differencesBetween, differencesWithin } from './difference.js';
import { countsOf, costsOf, NOTHING_TOLD, sumTold, type Told, toldByCounters } from './figures-compared.js';
import { rolledUpModels, toldByPacked } from './key-period.js';

/** What the store held of an account's day at one moment. */
export interface AccountDayBooks {
  readonly total: StoredHash;
  readonly models: ReadonlyMap<string, StoredHash>;
  readonly rollUp: string | null;
  readonly rollUpModels: StoredHash;
}

/** What was counted of all keys together: at the beginning, or at the end of the reading of the keys. */
export interface SharedDayBooks {
  readonly all: StoredHash;
  readonly models: ReadonlyMap<string, { readonly counters: StoredHash; readonly rollUp: string | null }>;
}

/** What the keys of a day add up to. */
export class KeySums {
  private total: Told = NOTHING_TOLD;
  private readonly counted = new Map<string, Told>();
  private readonly rolledUp = new Map<string, Told>();

  add(total: StoredHash, models: ReadonlyMap<string, StoredHash>, rollUpModels: StoredHash): void {
    this.total = sumTold([this.total, toldByCounters(total)]);
    for (const [model, hash] of models) addTo(this.counted, model, toldByCounters(hash));
    for (const [model, told] of rolledUpModels(rollUpModels)) addTo(this.rolledUp, model, told);
  }

  get all(): Told {
    return this.total;
  }

  get models(): readonly string[] {
    return [...new Set([...this.counted.keys(), ...this.rolledUp.keys()])];
  }

  countedOf(model: string): Told {
    return this.counted.get(model) ?? NOTHING_TOLD;
  }

  rolledUpOf(model: string): Told {
    return this.rolledUp.get(model) ?? toldByPacked(null);
  }
}

const addTo = (sums: Map<string, Told>, name: string, told: Told): void => {
  sums.set(name, sumTold([sums.get(name) ?? NOTHING_TOLD, told]));
};

/** Where the books of an account disagree about a day. */
export function differencesOfAccountDay(
  accountId: string,
  day: string,
  books: AccountDayBooks,
  isRolledUp: boolean,
): Difference[] {
  const k = keys.usage;
  const about = { period: day, accountId };
  const total = { source: k.accountDaily(accountId, day), told: toldByCounters(books.total) };
  const models = {
    source: k.accountModelDaily(accountId, '*', day),
    told: sumTold([...books.models.values()].map((hash) => toldByCounters(hash))),
  };
  const found = differencesBetween({ ...about, check: 'models-of-account' }, total, models);
  return isRolledUp ? [...found, ...accountRollUpDifferences(accountId, day, books)] : found;
}

function accountRollUpDifferences(accountId: string, day: string, books: AccountDayBooks): Difference[] {
  const k = keys.usage;
  const about = { period: day, accountId };
  const left = { source: `${k.rollUp.totals('day', day, 'account')} ${accountId}`, told: toldByPacked(books.rollUp) };
  const byModel = rolledUpModels(books.rollUpModels, String);
  const source = k.rollUp.accountModels('day', day, accountId);
  const names = [...new Set([...books.models.keys(), ...byModel.keys()])];
  return [
    ...differencesBetween({ ...about, check: 'roll-up-account' }, left, {
      source: k.accountDaily(accountId, day),
      told: toldByCounters(books.total),
    }),
    // v1 counts no costs by account.
    ...differencesBetween(
      { ...about, check: 'roll-up-account' },
      { ...left, told: costsOf(left.told) },
      {
        source,
        told: costsOf(sumTold([toldByPacked(null), ...byModel.values()])),
      },
    ),
    ...names.flatMap((model) =>
      differencesBetween(
        { ...about, check: 'roll-up-account-model', model },
        { source: `${source} ${model}`, told: byModel.get(model) ?? toldByPacked(null) },
        { source: k.accountModelDaily(accountId, model, day), told: toldByCounters(books.models.get(model) ?? {}) },
      ),
    ),
  ];
}

/** Where what all keys used together disagrees with what each of them did. */
export function differencesOfSharedDay(
  day: string,
  [before, after]: readonly [SharedDayBooks, SharedDayBooks],
  sums: KeySums,
  isRolledUp: boolean,
): Difference[] {
  const k = keys.usage;
  const models = [...new Set([...before.models.keys(), ...after.models.keys(), ...sums.models])];
  // Old versions counted nothing of all keys together.
  const isKept = isRolledUp || Object.keys(before.all).length > 0;
  const all = differencesWithin(
    { check: 'all-keys', period: day },
    k.globalDaily(day),
    [toldByCounters(before.all), toldByCounters(after.all)],
    { source: k.daily('*', day), told: sums.all },
  );
  return [
    ...(isKept ? all : []),
    ...models.flatMap((model) => modelDifferences(day, model, [before, after], sums, isRolledUp)),
  ];
}

function modelDifferences(
  day: string,
  model: string,
  [before, after]: readonly [SharedDayBooks, SharedDayBooks],
  sums: KeySums,
  isRolledUp: boolean,
): Difference[] {
  const k = keys.usage;
  const about = { period: day, model };
  const [first, last] = [before.models.get(model), after.models.get(model)];
  const counted: readonly [Told, Told] = [toldByCounters(first?.counters ?? {}), toldByCounters(last?.counters ?? {})];
  const found = differencesWithin({ ...about, check: 'keys-of-model' }, k.modelDaily(model, day), counted, {
    source: k.keyModelDaily('*', model, day),
    told: sums.countedOf(model),
  });
  if (!isRolledUp) return found;
  const source = `${k.rollUp.totals('day', day, 'model')} ${model}`;
  const rolledUp: readonly [Told, Told] = [toldByPacked(first?.rollUp), toldByPacked(last?.rollUp)];
  return [
    ...found,
    // Both were read in one step.
    ...differencesBetween(
      { ...about, check: 'roll-up-model' },
      { source, told: countsOf(rolledUp[1]) },
      {
        source: k.modelDaily(model, day),
        told: counted[1],
      },
    ),
    ...differencesWithin({ ...about, check: 'roll-up-model' }, source, [costsOf(rolledUp[0]), costsOf(rolledUp[1])], {
      source: k.rollUp.keyModels('day', day, '*'),
      told: costsOf(sums.rolledUpOf(model)),
    }),
  ];
}
