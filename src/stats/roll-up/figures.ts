/** What a number of requests used and cost. Whole numbers; costs in micro-USD. */
export interface Figures {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheCreateTokens: number;
  readonly cacheReadTokens: number;
  /** Parts of `cacheCreateTokens`, where the upstream split them. */
  readonly ephemeral5mTokens: number;
  readonly ephemeral1hTokens: number;
  readonly realMicroUsd: number;
  readonly ratedMicroUsd: number;
  /** How many of the requests have estimated figures. */
  readonly estimatedRequests: number;
  /** How many of the requests were priced by the fallback table. */
  readonly unpricedRequests: number;
}

/** The order in which a roll-up packs its figures, as decimal numbers separated by spaces. Only ever appended to. */
export const PACKED: readonly (keyof Figures)[] = [
  'requests',
  'inputTokens',
  'outputTokens',
  'cacheCreateTokens',
  'cacheReadTokens',
  'ephemeral5mTokens',
  'ephemeral1hTokens',
  'realMicroUsd',
  'ratedMicroUsd',
  'estimatedRequests',
  'unpricedRequests',
];

export const NO_FIGURES: Figures = {
  requests: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheCreateTokens: 0,
  cacheReadTokens: 0,
  ephemeral5mTokens: 0,
  ephemeral1hTokens: 0,
  realMicroUsd: 0,
  ratedMicroUsd: 0,
  estimatedRequests: 0,
  unpricedRequests: 0,
};

export const addFigures = (a: Figures, b: Figures): Figures => ({
  requests: a.requests + b.requests,
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  cacheCreateTokens: a.cacheCreateTokens + b.cacheCreateTokens,
  cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
  ephemeral5mTokens: a.ephemeral5mTokens + b.ephemeral5mTokens,
  ephemeral1hTokens: a.ephemeral1hTokens + b.ephemeral1hTokens,
  realMicroUsd: a.realMicroUsd + b.realMicroUsd,
  ratedMicroUsd: a.ratedMicroUsd + b.ratedMicroUsd,
  estimatedRequests: a.estimatedRequests + b.estimatedRequests,
  unpricedRequests: a.unpricedRequests + b.unpricedRequests,
});

export const allTokensOf = (figures: Figures): number =>
  figures.inputTokens + figures.outputTokens + figures.cacheCreateTokens + figures.cacheReadTokens;

/** Whether there is anything to show. */
export const isUsed = (figures: Figures): boolean => figures.requests > 0 || allTokensOf(figures) > 0;
