import type { Settlement, TokenUsage, UsageRecord, UsageReport } from '@crs/extension-api';
import { keys } from '@crs/store';
import type { Zone } from '../../core/time/zone.js';
import { countedModelName, isClaudeFamily, LONGEST_MODEL_NAME } from '../model-name.js';
import { MOST_MICRO_USD, toMicroUsd } from '../pricing/cost.js';
import { BatchTally } from './batch-tally.js';
import type { BatchWrites, CounterList } from './batch-writes.js';
import type { CountedNames } from './counted-names.js';
import { addRollUps, addWaste, QUOTA_TTL_SECONDS } from './roll-up-writes.js';
import { allTokensOf, countersOf, isLongContext, renamed } from './usage-counters.js';
import { usageRecordJson } from './usage-record.js';

const FOREVER = 0;
const MINUTE_MS = 60_000;
/** One year; v1 stores any number. Admission has the same bound. */
const MOST_WINDOW_MINUTES = 525_600;
const DAY_SECONDS = 86_400;
const TTL = {
  hour: 7 * DAY_SECONDS,
  day: 32 * DAY_SECONDS,
  month: 365 * DAY_SECONDS,
  costHour: 7 * DAY_SECONDS,
  costDay: 30 * DAY_SECONDS,
  costMonth: 90 * DAY_SECONDS,
  claudeWeek: 14 * DAY_SECONDS,
  record: 90 * DAY_SECONDS,
  apiKey: 365 * DAY_SECONDS,
  estimate: 30 * DAY_SECONDS,
} as const;
/** Of each key. */
export const RECORDS_KEPT = 200;

/** The periods that one instant belongs to, as they stand in keys. */
interface Periods {
  readonly day: string;
  readonly month: string;
  readonly hour: string;
  readonly minute: number;
}

/** Everything that requests write, in v1's keys and formats, and what v2 adds under `v2:`. */
export function batchWritesOf(
  settlements: readonly Settlement[],
  names: CountedNames,
  zone: Zone,
  minuteTtlSeconds: number,
): BatchWrites {
  const tally = new BatchTally();
  for (const { record, waste } of settlements) {
    if (record !== null) addUsage(tally, record, names, zone, minuteTtlSeconds);
    for (const each of waste) addWaste(tally, each, names.ofWaste(each.attempt), zone);
  }
  return tally.toWrites();
}

function addUsage(
  tally: BatchTally,
  usage: UsageRecord,
  names: CountedNames,
  zone: Zone,
  minuteTtlSeconds: number,
): void {
  const { report } = usage;
  const atMs = report.at.getTime();
  const periods: Periods = {
    day: zone.day(atMs),
    month: zone.month(atMs),
    hour: zone.hour(atMs),
    minute: zone.minuteBucket(atMs),
  };
  const model = names.ofUsage(usage);
  addCounts(tally, usage, model, periods, minuteTtlSeconds);
  if (usage.real.total > 0) addCosts(tally, usage, periods, zone);
  addIndexes(tally, report, model, periods);
  tally.record(keys.usage.records(report.keyId), TTL.record, RECORDS_KEPT, usageRecordJson(usage));
  addLastUses(tally, usage, periods.day);
  addWindowUse(tally, usage);
  for (const { set, member } of report.admission?.leases ?? []) tally.release(set, member);
  addEstimates(tally, usage, names);
  addRollUps(tally, usage, model, zone);
}

function addCounts(
  tally: BatchTally,
  { report, real, rated }: UsageRecord,
  model: string,
  at: Periods,
  minuteTtlSeconds: number,
): void {
  const { keyId, accountId } = report;
  const micro = { real: boundedMicroUsd(real.total), rated: boundedMicroUsd(rated.total) };
  const of = countersOf(report.usage, micro, isLongContext(report.model, report.usage));
  const k = keys.usage;
  const modelInHour = renamed(of.model, (field) => `model:${model}:${field}`);
  const groups: readonly (readonly [CounterList, readonly (readonly [hash: string, ttlSeconds: number])[]])[] = [
    [
      of.total,
      [
        [k.total(keyId), FOREVER],
        [k.accountTotal(accountId), FOREVER],
      ],
    ],
    [of.keyDay, [[k.daily(keyId, at.day), TTL.day]]],
    [of.owner, ownerHashesOf(keyId, accountId, at)],
    [of.model, modelHashesOf(accountId, model, at)],
    [of.keyModel, keyModelHashesOf(keyId, model, at)],
    [of.keyModelTotal, [[k.keyModelTotal(keyId, model), FOREVER]]],
    [modelInHour, [[k.accountHourly(accountId, at.hour), TTL.hour]]],
    [of.minute, [[k.minute(at.minute), minuteTtlSeconds]]],
  ];
  for (const [counters, hashes] of groups) {
    for (const [hash, ttl] of hashes) tally.count(hash, ttl, counters);
  }
  for (const [hash] of keyModelHashesOf(keyId, model, at)) tally.keepUncosted(hash);
  tally.keepUncosted(k.keyModelTotal(keyId, model));
}

type Hashes = readonly (readonly [hash: string, ttlSeconds: number])[];

const ownerHashesOf = (keyId: string, accountId: string, { day, month, hour }: Periods): Hashes => [
  [keys.usage.monthly(keyId, month), TTL.month],
  [keys.usage.hourly(keyId, hour), TTL.hour],
  [keys.usage.accountDaily(accountId, day), TTL.day],
  [keys.usage.accountMonthly(accountId, month), TTL.month],
  [keys.usage.accountHourly(accountId, hour), TTL.hour],
];

const modelHashesOf = (accountId: string, model: string, { day, month, hour }: Periods): Hashes => [
  [keys.usage.modelDaily(model, day), TTL.day],
  [keys.usage.modelMonthly(model, month), TTL.month],
  [keys.usage.modelHourly(model, hour), TTL.hour],
  [keys.usage.accountModelDaily(accountId, model, day), TTL.day],
  [keys.usage.accountModelMonthly(accountId, model, month), TTL.month],
  [keys.usage.accountModelHourly(accountId, model, hour), TTL.hour],
  [keys.usage.globalTotal, FOREVER],
  [keys.usage.globalDaily(day), TTL.day],
  [keys.usage.globalMonthly(month), TTL.month],
];

const keyModelHashesOf = (keyId: string, model: string, { day, month, hour }: Periods): Hashes => [
  [keys.usage.keyModelDaily(keyId, model, day), TTL.day],
  [keys.usage.keyModelMonthly(keyId, model, month), TTL.month],
  [keys.usage.keyModelHourly(keyId, model, hour), TTL.hour],
];

/** One absurd price must not make the sums of its neighbours unreadable. */
const boundedMicroUsd = (usd: number): number => Math.min(toMicroUsd(usd), MOST_MICRO_USD);

function addCosts(tally: BatchTally, { report, real, rated }: UsageRecord, at: Periods, zone: Zone): void {
  const { keyId, accountId } = report;
  const k = keys.usage;
  const atMs = report.at.getTime();
  // Databases up to v1.1.162 have no real costs: these were the rated ones.
  tally.seed(k.costRealTotal(keyId), k.costTotal(keyId));
  tally.seed(k.costRealDaily(keyId, at.day), k.costDaily(keyId, at.day));
  tally.seed(k.opusRealTotal(keyId), k.opusTotal(keyId));
  tally.sum(k.costDaily(keyId, at.day), TTL.costDay, rated.total);
  tally.sum(k.costMonthly(keyId, at.month), TTL.costMonth, rated.total);
  tally.sum(k.costHourly(keyId, at.hour), TTL.costHour, rated.total);
  tally.sum(k.costTotal(keyId), FOREVER, rated.total);
  tally.sum(k.costRealTotal(keyId), FOREVER, real.total);
  tally.sum(k.costRealDaily(keyId, at.day), TTL.costDay, real.total);
  if (report.service === 'claude' && isClaudeFamily(countedModelName(report.model))) {
    const week = zone.weekPeriod(atMs, report.weeklyResetDay, report.weeklyResetHour);
    // The week in which this version begins goes on with what an old v1 counted under another name.
    const oldWeek = k.opusWeekly(keyId, zone.oldWeekPeriod(atMs, report.weeklyResetDay, report.weeklyResetHour));
    tally.seed(k.opusRealWeekly(keyId, week), oldWeek);
    tally.seed(k.opusWeekly(keyId, week), oldWeek);
    tally.sum(k.opusWeekly(keyId, week), TTL.claudeWeek, rated.total);
    tally.sum(k.opusTotal(keyId), FOREVER, rated.total);
    tally.sum(k.opusRealWeekly(keyId, week), TTL.claudeWeek, real.total);
    tally.sum(k.opusRealTotal(keyId), FOREVER, real.total);
  }
  const quotaDay = zone.quotaPeriodStart(atMs, report.quotaResetTime).key;
  tally.sum(keys.account.quotaCost(accountId, quotaDay), QUOTA_TTL_SECONDS, rated.total);
}

function addIndexes(tally: BatchTally, { keyId, accountId }: UsageReport, model: string, at: Periods): void {
  const { index } = keys.usage;
  tally.member(index.daily(at.day), TTL.day, keyId);
  tally.member(index.hourly(at.hour), TTL.hour, keyId);
  tally.member(index.modelDaily(at.day), TTL.day, model);
  tally.member(index.modelHourly(at.hour), TTL.hour, model);
  tally.member(index.modelMonthly(at.month), TTL.month, model);
  tally.member(index.modelMonths, FOREVER, at.month);
  tally.member(index.keyModelDaily(at.day), TTL.day, `${keyId}:${model}`);
  tally.member(index.keyModelHourly(at.hour), TTL.hour, `${keyId}:${model}`);
  tally.member(index.accountDaily(at.day), TTL.day, accountId);
  tally.member(index.accountHourly(at.hour), TTL.hour, accountId);
  tally.member(index.accountModelDaily(at.day), TTL.day, `${accountId}:${model}`);
  tally.member(index.accountModelHourly(at.hour), TTL.hour, `${accountId}:${model}`);
  tally.member(keys.usage.keyModels(keyId), FOREVER, model);
}

function addLastUses(tally: BatchTally, { report, real }: UsageRecord, day: string): void {
  const { at, keyId, accountId, accountRecordPrefix, service, usage } = report;
  const when = { at: at.toISOString(), score: at.getTime() };
  tally.lastUse({
    ...when,
    record: keys.apiKey.record(keyId),
    ttlSeconds: TTL.apiKey,
    index: keys.apiKey.byLastUsedAt,
    member: keyId,
    counters: [],
    dailyCosts: [],
  });
  tally.lastUse({
    ...when,
    record: keys.account.record(accountRecordPrefix, accountId),
    ttlSeconds: FOREVER,
    index: '',
    member: accountId,
    counters: recordCountersOf(service, usage),
    dailyCosts: service === 'codex' && real.total > 0 ? [[day, boundedMicroUsd(real.total)]] : [],
  });
}

/** v1 counts the tokens and the daily costs of a Codex account in its record, too. */
const recordCountersOf = (service: UsageReport['service'], usage: TokenUsage): CounterList =>
  service === 'codex' ? ['totalUsedTokens', allTokensOf(usage)] : [];

function addWindowUse(tally: BatchTally, { report, rated }: UsageRecord): void {
  const { keyId, rateLimitWindowMinutes } = report;
  if (rateLimitWindowMinutes <= 0) return;
  const lengthMs = Math.ceil(Math.min(rateLimitWindowMinutes, MOST_WINDOW_MINUTES) * MINUTE_MS);
  tally.windowUse(keys.limits.windowStart(keyId), lengthMs, {
    at: report.at.getTime(),
    sums: [
      [keys.limits.windowTokens(keyId), String(allTokensOf(report.usage))],
      [keys.limits.windowCost(keyId), String(rated.total)],
    ],
  });
}

/** What the next request of this key and model will be taken to cost. Figures that are no final ones teach nothing. */
function addEstimates(tally: BatchTally, { report, rated }: UsageRecord, names: CountedNames): void {
  const tokens = allTokensOf(report.usage);
  const model = report.admission?.model.toWellFormed();
  if (model === undefined || model === '' || model.length > LONGEST_MODEL_NAME || tokens === 0) return;
  if (report.estimated || report.usageMissing || !names.learns(report.keyId, model)) return;
  tally.learn({
    hash: keys.limits.estimates(report.keyId),
    ttlSeconds: TTL.estimate,
    actuals: [
      [`c:${model}`, boundedMicroUsd(rated.total)],
      [`t:${model}`, tokens],
    ],
  });
}
