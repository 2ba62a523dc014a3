import type { TokenUsage } from '@crs/extension-api';
import type { ModelCounters, ModelFigures, StoredHash, StoredKeyUsage, UsageFigures } from './key-usage.js';
import { uncostedField } from './uncosted-tokens.codec.js';

type Tokens = Omit<UsageFigures, 'costUsd' | 'realCostUsd'>;

/** The real cost in USD of tokens of a model, for counters of versions that kept no costs. */
export type PriceTokens = (model: string, usage: TokenUsage) => number;

export interface KeyFigures {
  readonly total: UsageFigures;
  readonly today: UsageFigures;
  readonly month: UsageFigures;
  /** All time, the dearest first. */
  readonly models: readonly ModelFigures[];
}

/** `today` and `month`: the current ones. */
export type UsagePeriod = 'total' | 'today' | 'month';

/** What v1 takes for the input's share where very old counters know only a sum. */
const LEGACY_INPUT_SHARE = 0.3;
/** Prices tokens whose model nobody noted. */
const NO_MODEL = 'unknown';

/** What a key used, from the counters of any version of v1. */
export function keyFiguresOf({ counters, costs, models }: StoredKeyUsage, price: PriceTokens): KeyFigures {
  const figuresIn = (period: UsagePeriod): readonly ModelFigures[] =>
    models.map((model) => modelFiguresIn(period, model, price)).filter(isUsed);
  const [lifetimes, today, month] = [figuresIn('total'), figuresIn('today'), figuresIn('month')];
  // v1 keeps no real cost of a month; its models know it since they have costs of their own.
  const hasRealMonth = models.some((model) => model.month['realCostMicro'] !== undefined);
  const realMonth = hasRealMonth ? String(sumOf(month, 'realCostUsd')) : null;
  return {
    total: withCosts(tokensOf(counters.total, totalField), costs.total, costs.realTotal, lifetimes, price),
    today: withCosts(tokensOf(counters.today), costs.today, costs.realToday, today, price),
    month: withCosts(tokensOf(counters.month), costs.month, realMonth, month, price),
    models: lifetimes.toSorted((a, b) => b.costUsd - a.costUsd || b.allTokens - a.allTokens),
  };
}

/** Whether all that was counted has its cost beside it, so that the models are not needed to tell it. */
export function isCosted({ counters, costs }: Pick<StoredKeyUsage, 'counters' | 'costs'>): boolean {
  const periods = ['total', 'today', 'month'] as const;
  return periods.every((period) => costs[period] !== null || Object.keys(counters[period]).length === 0);
}

/** What a key used of one model in a period. */
export const modelFiguresIn = (period: UsagePeriod, counters: ModelCounters, price: PriceTokens): ModelFigures =>
  period === 'total' ? lifetimeOf(counters, price) : modelFiguresOf(counters.model, counters[period], price);

/** Whether a version that books costs counted the model in the period; without that its tokens are priced when read. */
export function hasStoredCost(period: UsagePeriod, counters: ModelCounters): boolean {
  const hashes = period === 'total' ? [counters.total, counters.month, ...counters.earlierMonths] : [counters[period]];
  return hashes.some((hash) => hash['ratedCostMicro'] !== undefined);
}

/** Costs as stored; without them what the models cost, and without these what the tokens would cost at least. */
function withCosts(
  tokens: Tokens,
  rated: string | null,
  real: string | null,
  models: readonly UsageFigures[],
  price: PriceTokens,
): UsageFigures {
  if (rated !== null) {
    const costUsd = numberIn(rated);
    return { ...tokens, costUsd, realCostUsd: real === null ? costUsd : numberIn(real) };
  }
  if (models.length > 0) {
    return { ...tokens, costUsd: sumOf(models, 'costUsd'), realCostUsd: sumOf(models, 'realCostUsd') };
  }
  const costUsd = price(NO_MODEL, toUsage(tokens));
  return { ...tokens, costUsd, realCostUsd: costUsd };
}

/**
 * All that a key used of a model. The months are the finer record; the lifetime counters reach further back, unless an
 * old database was never migrated and they began only later.
 */
function lifetimeOf({ model, total, month, earlierMonths }: ModelCounters, price: PriceTokens): ModelFigures {
  const figuresOf = (hash: StoredHash): ModelFigures => modelFiguresOf(model, hash, price);
  const lifetime = figuresOf(total);
  const ofMonths = earlierMonths.map(figuresOf).reduce(addFigures, figuresOf(month));
  const ahead = lifetime.allTokens - ofMonths.allTokens || lifetime.requests - ofMonths.requests;
  return ahead > 0 ? lifetime : ofMonths;
}

/** What one hash of counters says of a model. */
export function modelFiguresOf(model: string, hash: StoredHash, price: PriceTokens): ModelFigures {
  const tokens = tokensOf(hash);
  const rated = hash['ratedCostMicro'];
  const real = hash['realCostMicro'] ?? rated;
  if (rated === undefined) {
    const costUsd = price(model, toUsage(tokens));
    return { model, ...tokens, costUsd, realCostUsd: real === undefined ? costUsd : numberIn(real) / 1_000_000 };
  }
  const uncosted = price(model, toUsage(tokensOf(hash, uncostedField)));
  return {
    model,
    ...tokens,
    costUsd: numberIn(rated) / 1_000_000 + uncosted,
    realCostUsd: numberIn(real) / 1_000_000 + uncosted,
  };
}

function tokensOf(hash: StoredHash, nameOf: (field: string) => string = (field) => field): Tokens {
  const read = (field: string): number => numberIn(hash[nameOf(field)]);
  const undivided = read('tokens');
  const isLegacy = read('inputTokens') === 0 && read('outputTokens') === 0;
  const inputTokens = isLegacy ? Math.round(undivided * LEGACY_INPUT_SHARE) : read('inputTokens');
  const outputTokens = isLegacy ? undivided - inputTokens : read('outputTokens');
  const cacheCreateTokens = read('cacheCreateTokens');
  const cacheReadTokens = read('cacheReadTokens');
  return {
    requests: read('requests'),
    inputTokens,
    outputTokens,
    cacheCreateTokens,
    cacheReadTokens,
    ephemeral5mTokens: read('ephemeral5mTokens'),
    ephemeral1hTokens: read('ephemeral1hTokens'),
    allTokens: read('allTokens') || inputTokens + outputTokens + cacheCreateTokens + cacheReadTokens,
  };
}

const totalField = (field: string): string => `total${field.charAt(0).toUpperCase()}${field.slice(1)}`;

/** Counters of very old versions do not say how long cache writes lived; the shorter life is the usual one. */
const toUsage = (tokens: Tokens): TokenUsage => ({
  inputTokens: tokens.inputTokens,
  outputTokens: tokens.outputTokens,
  cacheCreateTokens: tokens.cacheCreateTokens,
  cacheReadTokens: tokens.cacheReadTokens,
  ephemeral5mTokens: tokens.ephemeral5mTokens,
  ephemeral1hTokens: tokens.ephemeral1hTokens,
  hasCacheSplit: tokens.ephemeral5mTokens + tokens.ephemeral1hTokens > 0,
});

export const isUsed = (figures: UsageFigures): boolean => figures.requests > 0 || figures.allTokens > 0;

const sumOf = (rows: readonly UsageFigures[], field: 'costUsd' | 'realCostUsd'): number =>
  rows.reduce((sum, row) => sum + row[field], 0);

/** The sum of both; what is no figure is taken from the first. */
export const addFigures = <T extends UsageFigures>(a: T, b: UsageFigures): T => ({
  ...a,
  requests: a.requests + b.requests,
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  cacheCreateTokens: a.cacheCreateTokens + b.cacheCreateTokens,
  cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
  ephemeral5mTokens: a.ephemeral5mTokens + b.ephemeral5mTokens,
  ephemeral1hTokens: a.ephemeral1hTokens + b.ephemeral1hTokens,
  allTokens: a.allTokens + b.allTokens,
  costUsd: a.costUsd + b.costUsd,
  realCostUsd: a.realCostUsd + b.realCostUsd,
});

/** A stored number; what is missing or damaged counts as nothing. */
function numberIn(text: string | undefined): number {
  const value = Number(text ?? 0);
  return Number.isFinite(value) ? value : 0;
}
