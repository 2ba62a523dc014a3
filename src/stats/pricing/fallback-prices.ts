import type { ModelPrices, TokenPrices } from './model-prices.js';

// v1's table knows one price of cache writes, whatever their lifetime.
const SONNET: TokenPrices = { input: 3, output: 15, cacheWrite: 3.75, cacheWrite1h: 3.75, cacheRead: 0.3 };
const OPUS: TokenPrices = { input: 15, output: 75, cacheWrite: 18.75, cacheWrite1h: 18.75, cacheRead: 1.5 };
const HAIKU: TokenPrices = { input: 0.25, output: 1.25, cacheWrite: 0.3, cacheWrite1h: 0.3, cacheRead: 0.03 };

/** v1's table of last resort, for models that no price list knows. Everything else costs as Sonnet does. */
const BY_MODEL: ReadonlyMap<string, TokenPrices> = new Map([
  ['claude-3-opus-20240229', OPUS],
  ['claude-opus-4-1-20250805', OPUS],
  ['claude-3-5-haiku-20241022', HAIKU],
  ['claude-3-haiku-20240307', HAIKU],
]);

/** Prices for a model that the price book does not know: never free. */
export function fallbackPrices(model: string): ModelPrices {
  return {
    standard: BY_MODEL.get(model) ?? SONNET,
    longContext: null,
    isClaude: true,
    priorityMultiplier: null,
    fastMultiplier: null,
  };
}
