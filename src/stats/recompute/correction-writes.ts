import type { ApiKeySummary } from '@crs/extension-api';
import { keys } from '@crs/store';
import type { Zone } from '../../core/time/zone.js';
import { isClaudeFamily } from '../model-name.js';
import { PACKED } from '../roll-up/figures.js';
import type { CostNumbers, CostWrites } from './correct-costs.script.js';
import { type Correction, isNothing, NO_CORRECTION, packCorrection, sumOf } from './correction.codec.js';
import type { AccountCorrection } from './account-corrections.js';
import type { RowCorrection } from './row-correction.js';

/** A correction must outlive the row of the day, which is kept 400 days after its last booking. */
const TTL_SECONDS = 402 * 86_400;
const POSITIONS: CostNumbers = [
  PACKED.indexOf('realMicroUsd'),
  PACKED.indexOf('ratedMicroUsd'),
  PACKED.indexOf('unpricedRequests'),
];
const MICRO = 1_000_000;

type Sums = CostWrites['sums'];

/** Whose day is corrected. The summary is null when the key is gone for good. */
export interface CorrectedDay {
  readonly keyId: string;
  readonly key: ApiKeySummary | null;
  readonly day: string;
  /** Epoch ms. */
  readonly startsAt: number;
}

/** Everything that the corrections of a key's day change: the roll-ups of day and month, and v1's counters of the key. */
export function keyWritesOf(of: CorrectedDay, rows: readonly RowCorrection[], zone: Zone): CostWrites {
  const { rollUp } = keys.usage;
  const { keyId, day } = of;
  const month = zone.month(of.startsAt);
  const changed = rows.filter(({ change }) => !isNothing(change));
  const models = byModel(changed);
  const total = changed.reduce((sum, { change }) => sumOf(sum, change), NO_CORRECTION);
  const periods = [['day', day] as const, ['month', month] as const];
  return {
    corrections: changed.map((row) => [row.field, row.storedCorrection, packCorrection(row.correction)]),
    ttlSeconds: TTL_SECONDS,
    models: [...models].map(([model, change]) => [model, numbersOf(change)]),
    positions: POSITIONS,
    figures: periods.flatMap(([grain, period]) => [
      ...changed.map(
        ({ field, change }) => [rollUp.keyModels(grain, period, keyId), field, numbersOf(change)] as const,
      ),
      ...[...models].map(
        ([model, change]) => [rollUp.totals(grain, period, 'model'), model, numbersOf(change)] as const,
      ),
      [rollUp.totals(grain, period, 'key'), keyId, numbersOf(total)] as const,
    ]),
    counters: [...models].flatMap(([model, change]) => countersOf(keyId, model, day, month, change)),
    sums: [...costSums(keyId, day, month, total), ...claudeSums(of, models, zone)].filter(
      ([, amount]) => amount !== '0',
    ),
  };
}

/** What the corrections of an account's day change: the account's roll-ups of day and month. */
export function accountWritesOf(
  accountId: string,
  day: string,
  month: string,
  models: readonly AccountCorrection[],
): CostWrites {
  const { rollUp } = keys.usage;
  const total = models.reduce((sum, { change }) => sumOf(sum, change), NO_CORRECTION);
  const periods = [['day', day] as const, ['month', month] as const];
  return {
    corrections: models.map(({ model, stored, correction }) => [model, stored, packCorrection(correction)]),
    ttlSeconds: TTL_SECONDS,
    models: [],
    positions: POSITIONS,
    figures: periods.flatMap(([grain, period]) => [
      ...models.map(
        ({ model, change }) => [rollUp.accountModels(grain, period, accountId), model, numbersOf(change)] as const,
      ),
      [rollUp.totals(grain, period, 'account'), accountId, numbersOf(total)] as const,
    ]),
    counters: [],
    sums: [],
  };
}

function byModel(rows: readonly RowCorrection[]): ReadonlyMap<string, Correction> {
  const models = new Map<string, Correction>();
  for (const { model, change } of rows) models.set(model, sumOf(models.get(model) ?? NO_CORRECTION, change));
  return models;
}

const numbersOf = ({ realMicroUsd, ratedMicroUsd, unpricedRequests }: Correction): CostNumbers => [
  realMicroUsd,
  ratedMicroUsd,
  unpricedRequests,
];

function countersOf(
  keyId: string,
  model: string,
  day: string,
  month: string,
  { realMicroUsd, ratedMicroUsd }: Correction,
): CostWrites['counters'] {
  const k = keys.usage;
  const hashes = [
    k.keyModelDaily(keyId, model, day),
    k.keyModelMonthly(keyId, model, month),
    k.keyModelTotal(keyId, model),
  ];
  return hashes.flatMap((hash) => [
    [hash, 'realCostMicro', realMicroUsd] as const,
    [hash, 'ratedCostMicro', ratedMicroUsd] as const,
  ]);
}

function costSums(keyId: string, day: string, month: string, { realMicroUsd, ratedMicroUsd }: Correction): Sums {
  const k = keys.usage;
  const [real, rated] = [usdText(realMicroUsd), usdText(ratedMicroUsd)];
  return [
    [k.costDaily(keyId, day), rated],
    [k.costMonthly(keyId, month), rated],
    [k.costTotal(keyId), rated],
    [k.costRealTotal(keyId), real],
    [k.costRealDaily(keyId, day), real],
  ];
}

/** A day in which the key's week begins is divided between two weeks, nobody knows how: those stay as they are. */
function claudeSums({ keyId, key, startsAt }: CorrectedDay, models: ReadonlyMap<string, Correction>, zone: Zone): Sums {
  const k = keys.usage;
  const ofClaude = [...models].filter(([model]) => isClaudeFamily(model));
  const total = ofClaude.reduce((sum, [, change]) => sumOf(sum, change), NO_CORRECTION);
  const [real, rated] = [usdText(total.realMicroUsd), usdText(total.ratedMicroUsd)];
  const weekAt = (atMs: number): string | null =>
    key === null ? null : zone.weekPeriod(atMs, key.weeklyResetDay, key.weeklyResetHour);
  const week = weekAt(startsAt);
  const isWhole = week !== null && week === weekAt(zone.nextDay(startsAt) - 1);
  return [
    [k.opusTotal(keyId), rated],
    [k.opusRealTotal(keyId), real],
    ...(isWhole ? [[k.opusWeekly(keyId, week), rated] as const, [k.opusRealWeekly(keyId, week), real] as const] : []),
  ];
}

const usdText = (microUsd: number): string => String(microUsd / MICRO);
