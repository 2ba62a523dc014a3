import type {
  AdmissionTicket,
  CostBreakdown,
  LeaseRef,
  PriceTier,
  Settlement,
  TokenUsage,
  UsageRecord,
  UsageReport,
  WastedAttempt,
  WasteRecord,
} from '@crs/extension-api';
import type { KnownInput } from './request-journal.js';

/** A value as it comes out of JSON: the same, with texts for instants. */
export type Plain<T> = T extends Date
  ? string
  : T extends string | number | boolean | null
    ? T
    : { readonly [K in keyof T]: Plain<T[K]> };

type Check<T> = (value: unknown) => value is Plain<T>;

/** One check for each member; the compiler sees to it that none is forgotten. Members that are not named are let be. */
function object<T extends object>(members: {
  readonly [K in keyof Required<T>]: (value: unknown) => boolean;
}): Check<T> {
  const checks = Object.entries<(value: unknown) => boolean>(members);
  return (value): value is Plain<T> => {
    if (typeof value !== 'object' || value === null) return false;
    const found = value as Readonly<Record<string, unknown>>;
    return checks.every(([name, holds]) => holds(found[name]));
  };
}

export const listOf =
  <T>(holds: Check<T>): Check<readonly T[]> =>
  (value): value is Plain<readonly T[]> =>
    Array.isArray(value) && value.every(holds);

const orNull =
  (holds: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === null || holds(value);

export const isText: Check<string> = (value) => typeof value === 'string';
/** JSON has no NaN and no infinity: they were written as null. */
const isNumber: Check<number> = (value) => typeof value === 'number';
const isFlag: Check<boolean> = (value) => typeof value === 'boolean';
const isInstant = (value: unknown): boolean => isText(value) && !Number.isNaN(Date.parse(value));
export const isBatchNumber = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;

const SERVICES: ReadonlySet<unknown> = new Set<UsageReport['service']>(['claude', 'codex']);
const TIERS: ReadonlySet<unknown> = new Set<PriceTier>(['', 'fast', 'priority', 'long', 'fast-long', 'priority-long']);
const isService = (value: unknown): boolean => SERVICES.has(value);
const isTier = (value: unknown): boolean => TIERS.has(value);
const isRates = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).every(isNumber);

const isUsage = object<TokenUsage>({
  inputTokens: isNumber,
  outputTokens: isNumber,
  cacheCreateTokens: isNumber,
  cacheReadTokens: isNumber,
  ephemeral5mTokens: isNumber,
  ephemeral1hTokens: isNumber,
  hasCacheSplit: isFlag,
});

const isTicket = object<AdmissionTicket>({
  leases: listOf(object<LeaseRef>({ set: isText, member: isText })),
  model: isText,
});

export const isReport = object<UsageReport>({
  requestId: isText,
  at: isInstant,
  keyId: isText,
  weeklyResetDay: isNumber,
  weeklyResetHour: isNumber,
  rateLimitWindowMinutes: isNumber,
  keyServiceRates: isRates,
  accountId: isText,
  accountType: isText,
  accountRecordPrefix: isText,
  quotaResetTime: isText,
  service: isService,
  model: isText,
  endpoint: isText,
  method: isText,
  statusCode: isNumber,
  stream: isFlag,
  durationMs: isNumber,
  usage: isUsage,
  estimated: isFlag,
  usageMissing: isFlag,
  betaHeader: orNull(isText),
  speed: orNull(isText),
  serviceTier: orNull(isText),
  admission: orNull(isTicket),
});

const isCost = object<CostBreakdown>({
  input: isNumber,
  output: isNumber,
  cacheCreate: isNumber,
  cacheWrite: isNumber,
  cacheRead: isNumber,
  ephemeral5m: isNumber,
  ephemeral1h: isNumber,
  total: isNumber,
});

const isRecord = object<UsageRecord>({
  report: isReport,
  real: isCost,
  rated: isCost,
  usedFallbackPricing: isFlag,
  tier: isTier,
});

const isAttempt = object<WastedAttempt>({
  at: isInstant,
  accountId: isText,
  quotaResetTime: isText,
  service: isService,
  model: isText,
  usage: isUsage,
  betaHeader: orNull(isText),
  speed: orNull(isText),
  serviceTier: orNull(isText),
});

export const isWastes = listOf(isAttempt);

export const isSettlement = object<Settlement>({
  requestId: isText,
  record: orNull(isRecord),
  waste: listOf(object<WasteRecord>({ attempt: isAttempt, real: isCost })),
});

export const isKnownInput = object<KnownInput>({
  model: orNull(isText),
  usage: isUsage,
  speed: orNull(isText),
  serviceTier: orNull(isText),
});
