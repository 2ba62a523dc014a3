import type { TokenUsage, UsageRecord, WasteRecord } from '@crs/extension-api';
import { keys, type RollUpGrain } from '@crs/store';
import type { Zone } from '../../core/time/zone.js';
import { MOST_MICRO_USD, toMicroUsd } from '../pricing/cost.js';
import { type Figures, NO_FIGURES, PACKED } from '../roll-up/figures.js';
import { tieredFieldOf } from '../roll-up/roll-up-fields.js';
import type { BatchTally } from './batch-tally.js';

const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1000;
const TTL_SECONDS: Readonly<Record<RollUpGrain, number>> = {
  hour: 8 * DAY_SECONDS,
  day: 400 * DAY_SECONDS,
  month: 1200 * DAY_SECONDS,
};
export const QUOTA_TTL_SECONDS = 3 * DAY_SECONDS;

type Periods = readonly (readonly [grain: RollUpGrain, period: string])[];

/** What a request, counted under that model, adds to the sums that outlive v1's counters. */
export function addRollUps(tally: BatchTally, usage: UsageRecord, model: string, zone: Zone): void {
  const { keyId, accountId, at } = usage.report;
  const figures = packed(figuresOf(usage));
  const { rollUp } = keys.usage;
  for (const [grain, period] of periodsOf(at, zone)) {
    const ttl = TTL_SECONDS[grain];
    tally.rollUp(rollUp.totals(grain, period, 'model'), ttl, model, figures);
    tally.rollUp(rollUp.totals(grain, period, 'key'), ttl, keyId, figures);
    tally.rollUp(rollUp.totals(grain, period, 'account'), ttl, accountId, figures);
    tally.rollUp(rollUp.keyModels(grain, period, keyId), ttl, tieredFieldOf(model, usage.tier), figures);
    tally.rollUp(rollUp.accountModels(grain, period, accountId), ttl, model, figures);
  }
  addSince(tally, at, [keys.usage.total(keyId), keys.usage.accountTotal(accountId)], zone);
}

/** What an attempt cost that led to no answer: it counts in its account's figures of waste, and in the account's day. */
export function addWaste(tally: BatchTally, { attempt, real }: WasteRecord, model: string, zone: Zone): void {
  const { accountId, at } = attempt;
  const figures = packed({
    ...NO_FIGURES,
    requests: 1,
    ...tokensOf(attempt.usage),
    realMicroUsd: microUsd(real.total),
  });
  const field = `${accountId}|${model}`;
  for (const [grain, period] of periodsOf(at, zone)) {
    tally.rollUp(keys.usage.rollUp.waste(grain, period), TTL_SECONDS[grain], field, figures);
  }
  addSince(tally, at, [keys.usage.accountTotal(accountId)], zone);
  if (real.total <= 0) return;
  const quotaDay = zone.quotaPeriodStart(at.getTime(), attempt.quotaResetTime).key;
  tally.sum(keys.account.quotaCost(accountId, quotaDay), QUOTA_TTL_SECONDS, real.total);
}

/**
 * Where v1 has counted something, the day of the first booking may have begun without us. Of an old v1 only the counters
 * of the key and the account tell that, until its index sets are built.
 */
function addSince(tally: BatchTally, at: Date, countedBefore: readonly string[], zone: Zone): void {
  const { rollUp, globalTotal, index } = keys.usage;
  tally.first({
    key: rollUp.since,
    value: zone.day(at.getTime() + DAY_MS),
    fresh: zone.day(at.getTime()),
    witnesses: [globalTotal, index.migrated, index.modelMonths, ...countedBefore],
  });
}

const periodsOf = (at: Date, zone: Zone): Periods => [
  ['hour', zone.hour(at.getTime())],
  ['day', zone.day(at.getTime())],
  ['month', zone.month(at.getTime())],
];

const figuresOf = ({ report, real, rated, usedFallbackPricing }: UsageRecord): Figures => ({
  requests: 1,
  ...tokensOf(report.usage),
  realMicroUsd: microUsd(real.total),
  ratedMicroUsd: microUsd(rated.total),
  estimatedRequests: report.estimated || report.usageMissing ? 1 : 0,
  unpricedRequests: usedFallbackPricing ? 1 : 0,
});

const tokensOf = ({ hasCacheSplit, ...tokens }: TokenUsage): Omit<TokenUsage, 'hasCacheSplit'> => tokens;

const microUsd = (usd: number): number => Math.min(toMicroUsd(usd), MOST_MICRO_USD);

const packed = (figures: Figures): readonly number[] => PACKED.map((name) => figures[name]);
