import type { CostBreakdown, PriceTier, TokenUsage } from '@crs/extension-api';
import { fallbackPrices } from './fallback-prices.js';
import type { ModelPrices, TokenPrices } from './model-prices.js';

/** What one request used and how it was served. */
export interface BilledRequest {
  readonly model: string;
  readonly usage: TokenUsage;
  readonly betaHeader: string | null;
  readonly speed: string | null;
  readonly serviceTier: string | null;
}

interface RequestCost {
  readonly breakdown: CostBreakdown;
  /** The model has no known price, so the fallback's were taken. */
  readonly usedFallbackPricing: boolean;
  readonly tier: PriceTier;
}

const FAST_MODE_BETA = 'fast-mode-2026-02-01';
/** v1's factor of fast mode for models that publish none. */
const DEFAULT_FAST_MULTIPLIER = 6;
const EXTENDED_CONTEXT_SUFFIX = '[1m]';
const MILLION = 1_000_000;

/**
 * What a request really costs in USD, unrounded, before any multiplier of ours. Two rule sets as in v1: a request whose
 * cache writes are split by lifetime (or whose model asks for the 1M context) prices each lifetime and knows fast mode;
 * every other request prices all cache writes alike and knows the priority tier. The two divide by a million at
 * different points, because v1 does, and so the last digits of its records are met.
 *
 * @param prices null when the model is unknown; it is then priced by the fallback table, never free
 */
export function costOf(request: BilledRequest, prices: ModelPrices | null): RequestCost {
  if (prices === null) {
    const breakdown = costBySimpleRules(request, fallbackPrices(request.model));
    return { breakdown, usedFallbackPricing: true, tier: '' };
  }
  const isDetailed = request.usage.hasCacheSplit || request.model.includes(EXTENDED_CONTEXT_SUFFIX);
  const breakdown = isDetailed ? costBySplitRules(request, prices) : costBySimpleRules(request, prices);
  return { breakdown, usedFallbackPricing: false, tier: tierOf(request, prices, isDetailed) };
}

/** Within a tier a cost is a sum of tokens times prices, so requests of one tier can be priced together. */
function tierOf(request: BilledRequest, prices: ModelPrices, isDetailed: boolean): PriceTier {
  const isLong = pricesFor(request.usage, prices) !== prices.standard;
  const isFaster = isDetailed
    ? isFast(request) && prices.isClaude
    : request.serviceTier === 'priority' && prices.priorityMultiplier !== null;
  if (!isFaster) return isLong ? 'long' : '';
  if (isDetailed) return isLong ? 'fast-long' : 'fast';
  return isLong ? 'priority-long' : 'priority';
}

/**
 * What requests of one model, tier and day cost together, in USD, from their summed tokens: equal to the sum of what
 * `costOf` said of each, as long as the prices are those. That holds because an hour's cache writes are told apart by
 * their tokens alone, and because every factor belongs to a tier.
 *
 * @param prices null when the model is unknown: the fallback's, as for a single request
 */
export function costOfTier(model: string, usage: TierTokens, prices: ModelPrices | null, tier: PriceTier): number {
  const known = prices ?? fallbackPrices(model);
  const isLong = tier === 'long' || tier === 'fast-long' || tier === 'priority-long';
  const ofLength = isLong ? (known.longContext?.prices ?? known.standard) : known.standard;
  const price = withoutGaps(ofLength, known.isClaude);
  const microUsd =
    usage.inputTokens * price.input +
    usage.outputTokens * price.output +
    (usage.cacheCreateTokens - usage.ephemeral1hTokens) * price.cacheWrite +
    usage.ephemeral1hTokens * price.cacheWrite1h +
    usage.cacheReadTokens * price.cacheRead;
  return (microUsd / MILLION) * factorOf(tier, known);
}

/** The tokens that have prices of their own. */
type TierTokens = Omit<TokenUsage, 'hasCacheSplit' | 'ephemeral5mTokens'>;

function factorOf(tier: PriceTier, prices: ModelPrices): number {
  if (tier === 'fast' || tier === 'fast-long') return fastFactorOf(prices);
  return tier === 'priority' || tier === 'priority-long' ? (prices.priorityMultiplier ?? 1) : 1;
}

/** Only Anthropic has a fast mode; a model that publishes no factor has v1's. */
const fastFactorOf = (prices: ModelPrices): number =>
  prices.isClaude ? (prices.fastMultiplier ?? DEFAULT_FAST_MULTIPLIER) : 1;

/** The same cost times a factor: what the key pays where its service is rated. */
export function scaleCost(cost: CostBreakdown, factor: number): CostBreakdown {
  return {
    input: cost.input * factor,
    output: cost.output * factor,
    cacheCreate: cost.cacheCreate * factor,
    cacheWrite: cost.cacheWrite * factor,
    cacheRead: cost.cacheRead * factor,
    ephemeral5m: cost.ephemeral5m * factor,
    ephemeral1h: cost.ephemeral1h * factor,
    total: cost.total * factor,
  };
}

/** The largest estimate of one request: a billion USD, which all scripts can still add up exactly. */
export const MOST_MICRO_USD = 999_999_999_999_999;

/** A cost in whole micro-USD. */
export const toMicroUsd = (usd: number): number => Math.round(usd * MILLION);

function costBySplitRules(request: BilledRequest, model: ModelPrices): CostBreakdown {
  const { usage } = request;
  const prices = withoutGaps(pricesFor(usage, model), model.isClaude);
  const factor = isFast(request) ? fastFactorOf(model) : 1;
  const usd = (tokens: number, perMillion: number): number => tokens * (perMillion / MILLION) * factor;
  // Writes that the split leaves out are of the default lifetime, 5 minutes.
  const tokens5m = Math.max(usage.ephemeral5mTokens, usage.cacheCreateTokens - usage.ephemeral1hTokens);
  const ephemeral5m = usd(tokens5m, prices.cacheWrite);
  const ephemeral1h = usd(usage.ephemeral1hTokens, prices.cacheWrite1h);
  return withTotal({
    input: usd(usage.inputTokens, prices.input),
    output: usd(usage.outputTokens, prices.output),
    cacheCreate: ephemeral5m + ephemeral1h,
    cacheRead: usd(usage.cacheReadTokens, prices.cacheRead),
    ephemeral5m,
    ephemeral1h,
  });
}

function costBySimpleRules(request: BilledRequest, model: ModelPrices): CostBreakdown {
  const { usage } = request;
  const prices = withoutGaps(pricesFor(usage, model), model.isClaude);
  const factor = request.serviceTier === 'priority' ? (model.priorityMultiplier ?? 1) : 1;
  const usd = (tokens: number, perMillion: number): number => (tokens / MILLION) * perMillion * factor;
  return withTotal({
    input: usd(usage.inputTokens, prices.input),
    output: usd(usage.outputTokens, prices.output),
    cacheCreate: usd(usage.cacheCreateTokens, prices.cacheWrite),
    cacheRead: usd(usage.cacheReadTokens, prices.cacheRead),
    ephemeral5m: 0,
    ephemeral1h: 0,
  });
}

function withTotal(parts: Omit<CostBreakdown, 'cacheWrite' | 'total'>): CostBreakdown {
  const total = parts.input + parts.output + parts.cacheCreate + parts.cacheRead;
  return { ...parts, cacheWrite: parts.cacheCreate, total };
}

function pricesFor(usage: TokenUsage, model: ModelPrices): TokenPrices {
  const inputTokens = usage.inputTokens + usage.cacheCreateTokens + usage.cacheReadTokens;
  const long = model.longContext;
  return long !== null && inputTokens > long.aboveTokens ? long.prices : model.standard;
}

/** Anthropic derives its cache prices from the input price; others bill the cache as input. */
export function withoutGaps(prices: TokenPrices, isClaude: boolean): { readonly [K in keyof TokenPrices]: number } {
  const cacheWrite = prices.cacheWrite ?? prices.input * (isClaude ? 1.25 : 1);
  return {
    input: prices.input,
    output: prices.output,
    cacheWrite,
    cacheWrite1h: prices.cacheWrite1h ?? (isClaude ? prices.input * 2 : cacheWrite),
    cacheRead: prices.cacheRead ?? prices.input * (isClaude ? 0.1 : 1),
  };
}

const isFast = (request: BilledRequest): boolean =>
  request.speed === 'fast' && (request.betaHeader ?? '').includes(FAST_MODE_BETA);
