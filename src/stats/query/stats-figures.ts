import type { UsageFigures } from '../key-usage.js';
import { addFigures, allTokensOf, type Figures, NO_FIGURES } from '../roll-up/figures.js';

/** Figures as answers show them: costs in USD, to six decimals. */
export interface StatsFigures extends UsageFigures {
  readonly estimatedRequests: number;
  readonly unpricedRequests: number;
}

const MICRO = 1_000_000;

export const toStatsFigures = (figures: Figures): StatsFigures => ({
  requests: figures.requests,
  inputTokens: figures.inputTokens,
  outputTokens: figures.outputTokens,
  cacheCreateTokens: figures.cacheCreateTokens,
  cacheReadTokens: figures.cacheReadTokens,
  ephemeral5mTokens: figures.ephemeral5mTokens,
  ephemeral1hTokens: figures.ephemeral1hTokens,
  allTokens: allTokensOf(figures),
  costUsd: figures.ratedMicroUsd / MICRO,
  realCostUsd: figures.realMicroUsd / MICRO,
  estimatedRequests: figures.estimatedRequests,
  unpricedRequests: figures.unpricedRequests,
});

export const totalOf = (rows: readonly { readonly figures: Figures }[]): Figures =>
  rows.reduce((sum, { figures }) => addFigures(sum, figures), NO_FIGURES);

/** A part of a whole between 0 and 1, to four decimals; 0 of nothing. */
export const shareOf = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 10_000;
