import type { TokenUsage } from '@crs/extension-api';
import type { CounterList } from './batch-writes.js';

/** Above this a figure of an upstream is no count of tokens, and counters must stay exact integers. */
const MOST_TOKENS = 1e12;
/** Input, cache included, from which v1 calls a request of a `[1m]` model a long one. */
const LONG_CONTEXT_TOKENS = 200_000;

/** Whole, never negative tokens, whatever an upstream said. */
export function countableUsage(usage: TokenUsage): TokenUsage {
  return {
    inputTokens: countable(usage.inputTokens),
    outputTokens: countable(usage.outputTokens),
    cacheCreateTokens: countable(usage.cacheCreateTokens),
    cacheReadTokens: countable(usage.cacheReadTokens),
    ephemeral5mTokens: countable(usage.ephemeral5mTokens),
    ephemeral1hTokens: countable(usage.ephemeral1hTokens),
    hasCacheSplit: usage.hasCacheSplit,
  };
}

const countable = (tokens: number): number =>
  Number.isNaN(tokens) ? 0 : Math.min(Math.max(Math.trunc(tokens), 0), MOST_TOKENS);

/** Tokens of every class together. */
export const allTokensOf = (usage: TokenUsage): number =>
  usage.inputTokens + usage.outputTokens + usage.cacheCreateTokens + usage.cacheReadTokens;

export const isLongContext = (model: string, usage: TokenUsage): boolean =>
  model.includes('[1m]') && allTokensOf(usage) - usage.outputTokens > LONG_CONTEXT_TOKENS;

/** v1's counters of one request in its several field sets. */
interface UsageCounters {
  /** Per model and global. */
  readonly model: CounterList;
  /** Per key and account: adds `tokens`. */
  readonly owner: CounterList;
  /** As `owner` for a day of a key: adds the figures of long requests where there are any. */
  readonly keyDay: CounterList;
  /** Lifetime of a key or account: the same with `total` before each name. */
  readonly total: CounterList;
  /** Per key and model: adds both costs. */
  readonly keyModel: CounterList;
  /** Lifetime per key and model; v1 leaves `allTokens` out. */
  readonly keyModelTotal: CounterList;
  readonly minute: CounterList;
}

export function countersOf(
  usage: TokenUsage,
  microUsd: { readonly real: number; readonly rated: number },
  isLong: boolean,
): UsageCounters {
  const split = ['ephemeral5mTokens', usage.ephemeral5mTokens, 'ephemeral1hTokens', usage.ephemeral1hTokens];
  const classes = [
    ...['inputTokens', usage.inputTokens, 'outputTokens', usage.outputTokens],
    ...['cacheCreateTokens', usage.cacheCreateTokens, 'cacheReadTokens', usage.cacheReadTokens],
  ];
  const all = ['allTokens', allTokensOf(usage)];
  const requests = ['requests', 1];
  const model = [...classes, ...all, ...requests, ...split];
  const owner = ['tokens', usage.inputTokens + usage.outputTokens, ...model];
  const costs = ['realCostMicro', microUsd.real, 'ratedCostMicro', microUsd.rated];
  const long = isLong
    ? [
        ...['longContextInputTokens', usage.inputTokens, 'longContextOutputTokens', usage.outputTokens],
        ...['longContextRequests', 1],
      ]
    : [];
  return {
    model,
    owner,
    keyDay: [...owner, ...long],
    total: renamed([...owner, ...long], (field) => `total${field.charAt(0).toUpperCase()}${field.slice(1)}`),
    keyModel: [...model, ...costs],
    keyModelTotal: [...classes, ...requests, ...split, ...costs],
    minute: [...requests, 'totalTokens', allTokensOf(usage), ...classes],
  };
}

/** The same counters under other names: an account's hour holds those of its models beside its own. */
export const renamed = (counters: CounterList, rename: (field: string) => string): CounterList =>
  counters.map((item) => (typeof item === 'string' ? rename(item) : item));
