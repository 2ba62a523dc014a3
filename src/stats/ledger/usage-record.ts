import type { CostBreakdown, PriceTier, UsageRecord, UsageReport } from '@crs/extension-api';
import { scaleCost } from '../pricing/cost.js';
import { allTokensOf, isLongContext } from './usage-counters.js';

/** A report with its price. */
export const priced = (
  report: UsageReport,
  real: CostBreakdown,
  rate: number,
  { usedFallbackPricing, tier }: { readonly usedFallbackPricing: boolean; readonly tier: PriceTier },
): UsageRecord => ({ report, real, rated: scaleCost(real, rate), usedFallbackPricing, tier });

/** One line of `usage:records:{keyId}`: v1's fields in v1's order. `estimated` is new, and there only when it is true. */
export function usageRecordJson({ report, real, rated, usedFallbackPricing }: UsageRecord): string {
  const { usage } = report;
  const isClaude = report.service === 'claude';
  return JSON.stringify({
    timestamp: report.at.toISOString(),
    model: report.model,
    accountId: report.accountId,
    accountType: report.accountType,
    requestId: report.requestId,
    endpoint: report.endpoint,
    method: report.method,
    statusCode: report.statusCode,
    stream: report.stream,
    durationMs: report.durationMs,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cacheCreateTokens: usage.cacheCreateTokens,
    cacheReadTokens: usage.cacheReadTokens,
    ...(isClaude && { ephemeral5mTokens: usage.ephemeral5mTokens, ephemeral1hTokens: usage.ephemeral1hTokens }),
    totalTokens: allTokensOf(usage),
    cost: toMicroPrecision(rated.total),
    realCost: toMicroPrecision(real.total),
    costBreakdown: storedBreakdown(rated, isClaude),
    realCostBreakdown: storedBreakdown(real, isClaude),
    ...(isClaude && { pricingSource: usedFallbackPricing ? 'fallback' : 'dynamic' }),
    ...((isClaude || usedFallbackPricing) && { usedFallbackPricing }),
    isLongContext: isLongContext(report.model, usage),
    ...(report.estimated && { estimated: true }),
    ...(report.usageMissing && { usageMissing: true }),
  });
}

const toMicroPrecision = (usd: number): number => Number(usd.toFixed(6));

/** v1 names the sum of cache writes `cacheCreate` for Claude, and by both names elsewhere. */
function storedBreakdown(cost: CostBreakdown, isClaude: boolean): Partial<CostBreakdown> {
  const { input, output, cacheCreate, cacheWrite, cacheRead, ephemeral5m, ephemeral1h, total } = cost;
  return isClaude
    ? { input, output, cacheCreate, cacheRead, ephemeral5m, ephemeral1h, total }
    : { input, output, cacheCreate, cacheWrite, cacheRead, ephemeral5m, ephemeral1h, total };
}
