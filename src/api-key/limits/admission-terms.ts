import { LEASE_MS, LEASE_SET_TTL_MS } from '../../core/lease/lease-keeper.js';
import type { AdmissionRequest } from './admission-request.js';
import type { AdmissionTerms } from './admit-request.script.js';
import { boundedLimits } from './limit-bounds.js';

const MINUTE_MS = 60_000;
/** A wait that is not asked for again has ended after this time. */
const QUEUE_ALIVE_MS = 3000;
/** Far longer than anybody waits: numbers must not begin again while somebody does. */
const QUEUE_TTL_MS = 86_400_000;

/** Whole micro-USD; what is above 0 stays so. */
export const toMicroLimit = (usd: number): number => (usd > 0 ? Math.max(1, Math.round(usd * 1_000_000)) : 0);

/** What the script of admission is told to keep. */
export function termsOf(request: AdmissionRequest, now: number, maxWaiting: number): AdmissionTerms {
  const { principal, isClaudeModel, firstEstimate } = request;
  const limits = boundedLimits(principal.limits);
  const hasWindow = limits.rateLimitRequests > 0 || limits.tokenLimit > 0 || limits.rateLimitCost > 0;
  const windowMs = hasWindow ? limits.rateLimitWindow * MINUTE_MS : 0;
  return {
    now,
    expiresAt: now + LEASE_MS,
    setTtlMs: LEASE_SET_TTL_MS,
    concurrencyLimit: limits.concurrencyLimit,
    windowMs,
    requestLimit: windowMs > 0 ? limits.rateLimitRequests : 0,
    tokenLimit: windowMs > 0 ? limits.tokenLimit : 0,
    windowCostLimit: windowMs > 0 ? toMicroLimit(limits.rateLimitCost) : 0,
    totalLimit: toMicroLimit(limits.totalCostLimit),
    weeklyLimit: isClaudeModel ? toMicroLimit(limits.weeklyOpusCostLimit) : 0,
    dailyLimit: toMicroLimit(limits.dailyCostLimit),
    isClaude: isClaudeModel,
    firstMicroUsd: firstEstimate.microUsd,
    firstTokens: firstEstimate.tokens,
    maxWaiting,
    queueAliveMs: QUEUE_ALIVE_MS,
    queueTtlMs: QUEUE_TTL_MS,
  };
}

/** Whether the script has anything to decide. */
export const hasTerms = (terms: AdmissionTerms): boolean =>
  terms.concurrencyLimit + terms.windowMs + terms.totalLimit + terms.weeklyLimit + terms.dailyLimit > 0;
