import type { TokenUsage, UsageReport } from '@crs/extension-api';
import { keys } from '@crs/store';
import type { Zone } from '../core/time/zone.js';
import type { CounterList, EstimateUpdate, HashKey, LastUse, UsageWrites, WindowUse } from './book-usage.script.js';
import { countedModelName, isClaudeFamily } from './model-name.js';
import { MOST_MICRO_USD, toMicroUsd } from './pricing/cost.js';
import { allTokensOf, countersOf, isLongContext, KEEP_UNCOSTED, renamed } from './usage-counters.js';
import { usageRecordJson, type PricedUsage } from './usage-record.js';

const FOREVER = 0;
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
  quota: 3 * DAY_SECONDS,
  estimate: 30 * DAY_SECONDS,
} as const;
const RECORDS_KEPT = 200;
/** A client may name any model; a longer name is not worth remembering. */
const LONGEST_LEARNED_MODEL = 200;

/** The periods that one instant belongs to, as they stand in keys. */
interface Periods {
  readonly day: string;
  readonly month: string;
  readonly hour: string;
  readonly minute: number;
}

type Counts = UsageWrites['counts'];
type Sum = UsageWrites['sums'][number];
type Member = UsageWrites['members'][number];

/** Everything that one request writes, in v1's keys and formats, and what v2 adds under `v2:`. */
export function usageWritesOf(usage: PricedUsage, zone: Zone, minuteTtlSeconds: number): UsageWrites {
  const { report } = usage;
  const atMs = report.at.getTime();
  const periods: Periods = {
    day: zone.day(atMs),
    month: zone.month(atMs),
    hour: zone.hour(atMs),
    minute: zone.minuteBucket(atMs),
  };
  const model = countedModelName(report.model);
  return {
    counts: countsOf(usage, model, periods, minuteTtlSeconds),
    sums: usage.real.total > 0 ? costsOf(usage, model, periods, zone) : [],
    seeds: usage.real.total > 0 ? seedsOf(report, periods) : [],
    members: indexesOf(report, model, periods),
    records: [[keys.usage.records(report.keyId), TTL.record, RECORDS_KEPT, usageRecordJson(usage)]],
    lastUses: lastUsesOf(report),
    windows: windowsOf(usage),
    releases: report.admission?.leases.map(({ set, member }) => [set, member]) ?? [],
    estimates: estimatesOf(usage),
  };
}

function countsOf(usage: PricedUsage, model: string, at: Periods, minuteTtlSeconds: number): Counts {
  const { report, real, rated } = usage;
  const { keyId, accountId } = report;
  const micro = { real: toMicroUsd(real.total), rated: toMicroUsd(rated.total) };
  const of = countersOf(report.usage, micro, isLongContext(report.model, report.usage));
  const k = keys.usage;
  const modelHashes: HashKey[] = [
    [k.modelDaily(model, at.day), TTL.day],
    [k.modelMonthly(model, at.month), TTL.month],
    [k.modelHourly(model, at.hour), TTL.hour],
    [k.accountModelDaily(accountId, model, at.day), TTL.day],
    [k.accountModelMonthly(accountId, model, at.month), TTL.month],
    [k.accountModelHourly(accountId, model, at.hour), TTL.hour],
    [k.globalTotal, FOREVER],
    [k.globalDaily(at.day), TTL.day],
    [k.globalMonthly(at.month), TTL.month],
  ];
  const ownerHashes: HashKey[] = [
    [k.monthly(keyId, at.month), TTL.month],
    [k.hourly(keyId, at.hour), TTL.hour],
    [k.accountDaily(accountId, at.day), TTL.day],
    [k.accountMonthly(accountId, at.month), TTL.month],
    [k.accountHourly(accountId, at.hour), TTL.hour],
  ];
  const keyModelHashes: HashKey[] = [
    [k.keyModelDaily(keyId, model, at.day), TTL.day],
    [k.keyModelMonthly(keyId, model, at.month), TTL.month],
    [k.keyModelHourly(keyId, model, at.hour), TTL.hour],
  ];
  const modelInHour = renamed(of.model, (field) => `model:${model}:${field}`);
  return [
    {
      counters: of.total,
      hashes: [
        [k.total(keyId), FOREVER],
        [k.accountTotal(accountId), FOREVER],
      ],
    },
    { counters: of.keyDay, hashes: [[k.daily(keyId, at.day), TTL.day]] },
    { counters: of.owner, hashes: ownerHashes },
    { counters: of.model, hashes: modelHashes },
    { counters: of.keyModel, hashes: keyModelHashes, keep: KEEP_UNCOSTED },
    { counters: of.keyModelTotal, hashes: [[k.keyModelTotal(keyId, model), FOREVER]], keep: KEEP_UNCOSTED },
    { counters: modelInHour, hashes: [[k.accountHourly(accountId, at.hour), TTL.hour]] },
    { counters: of.minute, hashes: [[k.minute(at.minute), minuteTtlSeconds]] },
  ];
}

function costsOf({ report, real, rated }: PricedUsage, model: string, at: Periods, zone: Zone): Sum[] {
  const { keyId, accountId } = report;
  const k = keys.usage;
  const realUsd = String(real.total);
  const ratedUsd = String(rated.total);
  const atMs = report.at.getTime();
  const week = zone.weekPeriod(atMs, report.weeklyResetDay, report.weeklyResetHour);
  const quotaDay = zone.quotaPeriodStart(atMs, report.quotaResetTime).key;
  const ofClaude: Sum[] = [
    [k.opusWeekly(keyId, week), TTL.claudeWeek, ratedUsd],
    [k.opusTotal(keyId), FOREVER, ratedUsd],
    [k.opusRealWeekly(keyId, week), TTL.claudeWeek, realUsd],
    [k.opusRealTotal(keyId), FOREVER, realUsd],
  ];
  return [
    [k.costDaily(keyId, at.day), TTL.costDay, ratedUsd],
    [k.costMonthly(keyId, at.month), TTL.costMonth, ratedUsd],
    [k.costHourly(keyId, at.hour), TTL.costHour, ratedUsd],
    [k.costTotal(keyId), FOREVER, ratedUsd],
    [k.costRealTotal(keyId), FOREVER, realUsd],
    [k.costRealDaily(keyId, at.day), TTL.costDay, realUsd],
    ...(report.service === 'claude' && isClaudeFamily(model) ? ofClaude : []),
    [keys.account.quotaCost(accountId, quotaDay), TTL.quota, ratedUsd],
  ];
}

/** Databases up to v1.1.162 have no real costs: these were the rated ones. */
function seedsOf({ keyId }: UsageReport, at: Periods): UsageWrites['seeds'] {
  const k = keys.usage;
  return [
    [k.costRealTotal(keyId), k.costTotal(keyId)],
    [k.costRealDaily(keyId, at.day), k.costDaily(keyId, at.day)],
    [k.opusRealTotal(keyId), k.opusTotal(keyId)],
  ];
}

function indexesOf({ keyId, accountId }: UsageReport, model: string, at: Periods): Member[] {
  const { index } = keys.usage;
  return [
    [index.daily(at.day), TTL.day, keyId],
    [index.hourly(at.hour), TTL.hour, keyId],
    [index.modelDaily(at.day), TTL.day, model],
    [index.modelHourly(at.hour), TTL.hour, model],
    [index.modelMonthly(at.month), TTL.month, model],
    [index.modelMonths, FOREVER, at.month],
    [index.keyModelDaily(at.day), TTL.day, `${keyId}:${model}`],
    [index.keyModelHourly(at.hour), TTL.hour, `${keyId}:${model}`],
    [index.accountDaily(at.day), TTL.day, accountId],
    [index.accountHourly(at.hour), TTL.hour, accountId],
    [index.accountModelDaily(at.day), TTL.day, `${accountId}:${model}`],
    [index.accountModelHourly(at.hour), TTL.hour, `${accountId}:${model}`],
    [keys.usage.keyModels(keyId), FOREVER, model],
  ];
}

function lastUsesOf({ at, keyId, accountId, accountRecordPrefix, service, usage }: UsageReport): LastUse[] {
  const when = { at: at.toISOString(), score: at.getTime() };
  return [
    {
      ...when,
      record: keys.apiKey.record(keyId),
      ttlSeconds: TTL.apiKey,
      index: keys.apiKey.byLastUsedAt,
      member: keyId,
      counters: [],
    },
    {
      ...when,
      record: keys.account.record(accountRecordPrefix, accountId),
      ttlSeconds: FOREVER,
      index: '',
      member: accountId,
      counters: recordCountersOf(service, usage),
    },
  ];
}

/** v1 counts the tokens of a Codex account in its record, too. */
const recordCountersOf = (service: UsageReport['service'], usage: TokenUsage): CounterList =>
  service === 'codex' ? ['totalUsedTokens', allTokensOf(usage)] : [];

function windowsOf({ report, rated }: PricedUsage): WindowUse[] {
  if (report.rateLimitWindowMinutes <= 0) return [];
  const { keyId } = report;
  return [
    {
      start: keys.limits.windowStart(keyId),
      lengthMs: report.rateLimitWindowMinutes * 60_000,
      at: report.at.getTime(),
      sums: [
        [keys.limits.windowTokens(keyId), String(allTokensOf(report.usage))],
        [keys.limits.windowCost(keyId), String(rated.total)],
      ],
    },
  ];
}

/** What the next request of this key and model will be taken to cost. Figures that are a floor teach nothing. */
function estimatesOf({ report, rated }: PricedUsage): EstimateUpdate[] {
  const tokens = allTokensOf(report.usage);
  const model = report.admission?.model.toWellFormed();
  if (model === undefined || model.length > LONGEST_LEARNED_MODEL || report.estimated || tokens === 0) return [];
  return [
    {
      hash: keys.limits.estimates(report.keyId),
      ttlSeconds: TTL.estimate,
      actuals: [
        [`c:${model}`, Math.min(toMicroUsd(rated.total), MOST_MICRO_USD)],
        [`t:${model}`, tokens],
      ],
    },
  ];
}
