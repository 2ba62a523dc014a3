import type { StoredHash } from '../key-usage.js';
import { allTokensOf, type Figures } from '../roll-up/figures.js';

const MICRO = 1_000_000;
/** Classes of tokens that every version counts. */
const CLASSES = ['inputTokens', 'outputTokens', 'cacheCreateTokens', 'cacheReadTokens'] as const;
/** Old versions did not split cache writes. */
const SPLIT = ['ephemeral5mTokens', 'ephemeral1hTokens'] as const;
const COSTS = ['costUsd', 'realCostUsd'] as const;

export const FIGURE_NAMES = ['requests', ...CLASSES, 'allTokens', 'tokens', ...SPLIT, ...COSTS] as const;
export type FigureName = (typeof FIGURE_NAMES)[number];

/** Figures of one source; what it does not tell is left out, what it tells wrongly is NaN. */
export type Told = Readonly<Partial<Record<FigureName, number>>>;

export const isCost = (name: FigureName): boolean => name === 'costUsd' || name === 'realCostUsd';

/** Requests of a version that did not split cache writes count as none of either class. */
const isSplit = (name: FigureName): boolean => name === 'ephemeral5mTokens' || name === 'ephemeral1hTokens';

/** Any number as the store prints it; an absent one is 0, another text NaN. */
export function numberIn(text: string | null | undefined): number {
  if (text === null || text === undefined) return 0;
  return /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

/**
 * What a hash of counters tells.
 *
 * @param nameOf how the hash calls a figure: totals of a lifetime have another name
 */
export function toldByCounters(hash: StoredHash, nameOf: (name: FigureName) => string = (name) => name): Told {
  const read = (name: FigureName): number => numberIn(hash[nameOf(name)]);
  const requests = { requests: read('requests') };
  // Very old hashes have the sum of input and output alone.
  if (read('inputTokens') === 0 && read('outputTokens') === 0 && read('tokens') > 0) {
    return { ...requests, tokens: read('tokens') };
  }
  const classes = Object.fromEntries(CLASSES.map((name) => [name, read(name)]));
  const optional = [...SPLIT, 'tokens' as const, 'allTokens' as const].filter((name) => nameOf(name) in hash);
  return { ...requests, ...classes, ...Object.fromEntries(optional.map((name) => [name, read(name)])) };
}

/** What the counters of a key and model tell: also costs, unless some of its requests were booked before there were any. */
export function toldByKeyModel(hash: StoredHash): Told {
  const told = toldByCounters(hash);
  const tokens = { tokens: (told.inputTokens ?? 0) + (told.outputTokens ?? 0) };
  const isCosted = 'ratedCostMicro' in hash && !Object.keys(hash).some((field) => field.startsWith('uncosted'));
  if (!isCosted && told.requests !== 0) return { ...told, ...tokens };
  const costs = {
    costUsd: numberIn(hash['ratedCostMicro']) / MICRO,
    realCostUsd: numberIn(hash['realCostMicro']) / MICRO,
  };
  return { ...told, ...tokens, ...costs };
}

export const toldByRollUp = (figures: Figures): Told => ({
  requests: figures.requests,
  inputTokens: figures.inputTokens,
  outputTokens: figures.outputTokens,
  cacheCreateTokens: figures.cacheCreateTokens,
  cacheReadTokens: figures.cacheReadTokens,
  allTokens: allTokensOf(figures),
  ephemeral5mTokens: figures.ephemeral5mTokens,
  ephemeral1hTokens: figures.ephemeral1hTokens,
  costUsd: figures.ratedMicroUsd / MICRO,
  realCostUsd: figures.realMicroUsd / MICRO,
});

/** Nothing at all, told of every figure that is always counted. */
export const NOTHING_TOLD: Told = toldByCounters({});

/** The sum of several sources: of what one of them with requests does not tell, the sum tells nothing either. */
export function sumTold(all: Iterable<Told>): Told {
  const sum = new Map<FigureName, number>();
  const untold = new Set<FigureName>();
  for (const told of all) {
    for (const name of FIGURE_NAMES) {
      const value = told[name];
      if (value !== undefined) sum.set(name, (sum.get(name) ?? 0) + value);
      else if (!isSplit(name) && told.requests !== 0) untold.add(name);
    }
  }
  return Object.fromEntries([...sum].filter(([name]) => !untold.has(name)));
}

/** Without the costs, or nothing but them. */
export const countsOf = (told: Told): Told => pick(told, (name) => !isCost(name));
export const costsOf = (told: Told): Told => pick(told, isCost);

const pick = (told: Told, isWanted: (name: FigureName) => boolean): Told =>
  Object.fromEntries(
    FIGURE_NAMES.flatMap((name) => (isWanted(name) && told[name] !== undefined ? [[name, told[name]]] : [])),
  );
