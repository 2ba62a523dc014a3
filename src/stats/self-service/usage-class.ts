import type { UsageFigures } from '../key-usage.js';

const DAY_MS = 86_400_000;
const MINUTES_OF_DAY = 1440;

/** Figures of a period under v1's names; `tokens` are all tokens, as v1 answers them. */
export interface UsageClass {
  readonly tokens: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheCreateTokens: number;
  readonly cacheReadTokens: number;
  readonly allTokens: number;
  readonly requests: number;
}

/** Over the life of a key so far, its days begun; two decimals. */
export interface UsageAverages {
  /** Requests a minute. */
  readonly rpm: number;
  /** Tokens a minute. */
  readonly tpm: number;
  readonly dailyRequests: number;
  readonly dailyTokens: number;
}

export const toUsageClass = (figures: UsageFigures): UsageClass => ({
  tokens: figures.allTokens,
  inputTokens: figures.inputTokens,
  outputTokens: figures.outputTokens,
  cacheCreateTokens: figures.cacheCreateTokens,
  cacheReadTokens: figures.cacheReadTokens,
  allTokens: figures.allTokens,
  requests: figures.requests,
});

/** @param createdAt null: nobody knows, which counts as today */
export function averagesOf(total: UsageFigures, createdAt: Date | null, atMs: number): UsageAverages {
  const lifeMs = createdAt === null ? 0 : atMs - createdAt.getTime();
  const days = Math.max(1, Math.ceil(lifeMs / DAY_MS));
  return {
    rpm: rounded(total.requests / days / MINUTES_OF_DAY),
    tpm: rounded(total.allTokens / days / MINUTES_OF_DAY),
    dailyRequests: rounded(total.requests / days),
    dailyTokens: rounded(total.allTokens / days),
  };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
