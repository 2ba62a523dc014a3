import type { ModelPrices, TokenPrices } from './model-prices.js';

/** Where prices come from, the strongest first. */
export type PriceSource = 'override' | 'file' | 'list' | 'fallback';

/** What an administrator says a model costs, from a day on, in USD per million tokens. */
export interface PriceOverride extends TokenPrices {
  /** The first day, `YYYY-MM-DD` in the configured zone; null = since ever. */
  readonly from: string | null;
  /** Null: the prices hold for prompts of every length. */
  readonly longContext: ModelPrices['longContext'];
  /** Null: as published for the model, else the engine's own. */
  readonly fastMultiplier: number | null;
  /** Null: as published for the model, else none. */
  readonly priorityMultiplier: number | null;
}

/** The prices of each model, oldest first, one per day at most. */
export type PriceHistories = ReadonlyMap<string, readonly PriceOverride[]>;

/** The standard prices of an override. */
export const standardOf = (own: PriceOverride): TokenPrices => ({
  input: own.input,
  output: own.output,
  cacheWrite: own.cacheWrite,
  cacheWrite1h: own.cacheWrite1h,
  cacheRead: own.cacheRead,
});

/** The prices that are in force on a day; null where none has begun. */
export const findInForce = (history: readonly PriceOverride[], day: string): PriceOverride | null =>
  history.findLast(({ from }) => from === null || from <= day) ?? null;

/** Prices that an administrator has set, kept in memory so that a request can be priced at once. */
export abstract class PriceOverrides {
  /** Another number after every change. */
  abstract readonly version: number;
  /** Exactly that name, in force at that instant. */
  abstract find(model: string, at: Date): FoundOverride | null;
}

export interface FoundOverride {
  readonly source: 'override' | 'file';
  readonly prices: PriceOverride;
}
