import {
  type CostBreakdown,
  NO_TOKENS,
  type Settlement,
  toAccountId,
  toApiKeyId,
  type TokenUsage,
  type UsageRecord,
  type UsageReport,
  type WasteRecord,
} from '@crs/extension-api';
import fc from 'fast-check';
import type { KnownInput } from '../request-journal.js';

const anyFigure = fc.double({ noNaN: true, noDefaultInfinity: true }).map((figure) => figure + 0);
const anyTextOrNull = fc.option(fc.string());
const anyInstant = fc.date({ noInvalidDate: true });
const anyService = fc.constantFrom('claude', 'codex');
const anyAccount = fc.string().map(toAccountId);

const anyUsage: fc.Arbitrary<TokenUsage> = fc.record({
  inputTokens: fc.nat(),
  outputTokens: fc.nat(),
  cacheCreateTokens: fc.nat(),
  cacheReadTokens: fc.nat(),
  ephemeral5mTokens: fc.nat(),
  ephemeral1hTokens: fc.nat(),
  hasCacheSplit: fc.boolean(),
});

export const anyInput: fc.Arbitrary<KnownInput> = fc.record({
  model: anyTextOrNull,
  usage: anyUsage,
  speed: anyTextOrNull,
  serviceTier: anyTextOrNull,
});

export const anyReport: fc.Arbitrary<UsageReport> = fc.record({
  requestId: fc.uuid(),
  at: anyInstant,
  keyId: fc.string().map(toApiKeyId),
  weeklyResetDay: fc.nat(6),
  weeklyResetHour: fc.nat(23),
  rateLimitWindowMinutes: fc.nat(),
  keyServiceRates: fc.dictionary(fc.string(), anyFigure, { noNullPrototype: true }),
  accountId: anyAccount,
  accountType: fc.string(),
  accountRecordPrefix: fc.string(),
  quotaResetTime: fc.string(),
  service: anyService,
  model: fc.string(),
  endpoint: fc.string(),
  method: fc.string(),
  statusCode: fc.nat(),
  stream: fc.boolean(),
  durationMs: anyFigure,
  usage: anyUsage,
  estimated: fc.boolean(),
  usageMissing: fc.boolean(),
  betaHeader: anyTextOrNull,
  speed: anyTextOrNull,
  serviceTier: anyTextOrNull,
  admission: fc.option(
    fc.record({ leases: fc.array(fc.record({ set: fc.string(), member: fc.string() })), model: fc.string() }),
  ),
});

const anyCost: fc.Arbitrary<CostBreakdown> = fc.record({
  input: anyFigure,
  output: anyFigure,
  cacheCreate: anyFigure,
  cacheWrite: anyFigure,
  cacheRead: anyFigure,
  ephemeral5m: anyFigure,
  ephemeral1h: anyFigure,
  total: anyFigure,
});

const anyRecord: fc.Arbitrary<UsageRecord> = fc.record({
  report: anyReport,
  real: anyCost,
  rated: anyCost,
  usedFallbackPricing: fc.boolean(),
  tier: fc.constantFrom('', 'fast', 'priority', 'long', 'fast-long', 'priority-long'),
});

const anyWaste: fc.Arbitrary<WasteRecord> = fc.record({
  attempt: fc.record({
    at: anyInstant,
    accountId: anyAccount,
    quotaResetTime: fc.string(),
    service: anyService,
    model: fc.string(),
    usage: anyUsage,
    betaHeader: anyTextOrNull,
    speed: anyTextOrNull,
    serviceTier: anyTextOrNull,
  }),
  real: anyCost,
});

export const anySettlement: fc.Arbitrary<Settlement> = fc.record({
  requestId: fc.uuid(),
  record: fc.option(anyRecord),
  waste: fc.array(anyWaste, { maxLength: 2 }),
});

const AT = new Date('2026-11-23T04:05:00.678Z');
const COST: CostBreakdown = {
  input: 0.003,
  output: 0.006,
  cacheCreate: 0.001,
  cacheWrite: 0.001,
  cacheRead: 0,
  ephemeral5m: 0.0005,
  ephemeral1h: 0.0005,
  total: 0.01,
};

/** A plain report: what is told apart is its request, and the status by which a case knows one note from another. */
export const reportOf = (requestId: string, change: Partial<UsageReport> = {}): UsageReport => ({
  requestId,
  at: AT,
  keyId: toApiKeyId('30144e38-6515-4949-a4b8-0e3db27a30f2'),
  weeklyResetDay: 1,
  weeklyResetHour: 0,
  rateLimitWindowMinutes: 0,
  keyServiceRates: {},
  accountId: toAccountId('799e2112-a6d8-4c77-9f9f-c408f3d18922'),
  accountType: 'claude-console',
  accountRecordPrefix: 'claude_console_account',
  quotaResetTime: '00:00',
  service: 'claude',
  model: 'claude-sonnet-4-5-20250929',
  endpoint: '/api/v1/messages',
  method: 'POST',
  statusCode: 200,
  stream: true,
  durationMs: 18,
  usage: NO_TOKENS,
  estimated: true,
  usageMissing: false,
  betaHeader: null,
  speed: null,
  serviceTier: null,
  admission: null,
  ...change,
});

export const inputOf = (inputTokens: number): KnownInput => ({
  model: 'claude-sonnet-4-5-20250929',
  usage: { ...NO_TOKENS, inputTokens },
  speed: null,
  serviceTier: null,
});

/** A settlement with a record; `waste` attempts beside it, and `leases` that it ends. */
export function settlementOf(requestId: string, { waste = 0, leases = 0 } = {}): Settlement {
  const held = Array.from({ length: leases }, (_, at) => ({ set: 'concurrency:key-1', member: `m-${at}` }));
  const report = reportOf(requestId, { admission: leases === 0 ? null : { leases: held, model: 'claude-opus-5-5' } });
  const { at, accountId, quotaResetTime, service, model, usage, betaHeader, speed, serviceTier } = report;
  const attempt = { at, accountId, quotaResetTime, service, model, usage, betaHeader, speed, serviceTier };
  return {
    requestId,
    record: { report, real: COST, rated: COST, usedFallbackPricing: false, tier: '' },
    waste: Array.from({ length: waste }, () => ({ attempt, real: COST })),
  };
}

/** The request is over, and there is nothing to book. */
export const emptySettlement = (requestId: string): Settlement => ({ requestId, record: null, waste: [] });
