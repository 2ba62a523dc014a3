import { NO_TOKENS, toAccountId, toApiKeyId, type UsageReport, type WastedAttempt } from '@crs/extension-api';
import { costOf } from '../../src/stats/pricing/cost.js';
import { PriceBook } from '../../src/stats/pricing/price-book.js';
import type { UsageRecord } from '@crs/extension-api';
import { priced } from '../../src/stats/ledger/usage-record.js';

/** A plain Claude request: 1203 tokens in, 457 out, 811 + 307 written to the cache, 20011 read from it. */
export function testUsageReport(change: Partial<UsageReport> = {}): UsageReport {
  return {
    requestId: 'req-1',
    at: new Date('2026-11-23T04:05:00.678Z'),
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
    stream: false,
    durationMs: 18,
    usage: {
      inputTokens: 1203,
      outputTokens: 457,
      cacheCreateTokens: 1118,
      cacheReadTokens: 20_011,
      ephemeral5mTokens: 811,
      ephemeral1hTokens: 307,
      hasCacheSplit: true,
    },
    estimated: false,
    usageMissing: false,
    betaHeader: null,
    speed: null,
    serviceTier: null,
    admission: null,
    ...change,
  };
}

/** A stream that told 4000 tokens of input and then nothing more. */
export function testWastedAttempt(change: Partial<WastedAttempt> = {}): WastedAttempt {
  return {
    at: new Date('2026-11-23T04:04:59.100Z'),
    accountId: toAccountId('0c2e4a3e-54a5-4b0e-9d3a-0f1c9a1d7b66'),
    quotaResetTime: '00:00',
    service: 'claude',
    model: 'claude-sonnet-4-5-20250929',
    usage: { ...NO_TOKENS, inputTokens: 4000 },
    betaHeader: null,
    speed: null,
    serviceTier: null,
    ...change,
  };
}

const prices = new PriceBook();

/** The report as the recorder passes it on: priced by the real price book, times a rate. */
export function testPricedUsage(report: UsageReport = testUsageReport(), rate = 1): UsageRecord {
  const cost = costOf(report, prices.findPrices(report.model, report.at));
  return priced(report, cost.breakdown, rate, cost);
}
