import type { CostBreakdown } from '@crs/extension-api';
import { addFigures } from '../key-figures.js';
import { costOf, withoutGaps } from '../pricing/cost.js';
import { fallbackPrices } from '../pricing/fallback-prices.js';
import type { ModelPrices } from '../pricing/model-prices.js';
import type { ModelUse } from '../stats.service.js';
import { usdText } from './usd-text.js';

/** USD; the parts are at the prices of now. */
export interface ModelCosts {
  readonly input: number;
  readonly output: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
  /** The same as `real`. */
  readonly total: number;
  /** What the upstream charged. */
  readonly real: number;
  /** What counted against the limits. */
  readonly rated: number;
}

/** What was used of one model, in v1's form. */
export interface ModelRow {
  readonly model: string;
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheCreateTokens: number;
  readonly cacheReadTokens: number;
  readonly allTokens: number;
  readonly costs: ModelCosts;
  readonly formatted: Readonly<Record<keyof ModelCosts, string>>;
  /** USD per million tokens. */
  readonly pricing: {
    readonly input: number;
    readonly output: number;
    readonly cacheWrite: number;
    readonly cacheRead: number;
  };
  /** No cost was booked; the tokens are priced as they would be now. */
  readonly isLegacy: boolean;
}

/** @param prices null when the model is unknown */
export function toModelRow(use: ModelUse, prices: ModelPrices | null): ModelRow {
  const { input, output, cacheWrite, cacheRead } = partsOf(use, prices);
  const { standard, isClaude } = prices ?? fallbackPrices(use.model);
  const listed = withoutGaps(standard, isClaude);
  const costs = {
    input,
    output,
    cacheWrite,
    cacheRead,
    total: use.realCostUsd,
    real: use.realCostUsd,
    rated: use.costUsd,
  };
  return {
    model: use.model,
    requests: use.requests,
    inputTokens: use.inputTokens,
    outputTokens: use.outputTokens,
    cacheCreateTokens: use.cacheCreateTokens,
    cacheReadTokens: use.cacheReadTokens,
    allTokens: use.allTokens,
    costs,
    formatted: {
      input: usdText(costs.input),
      output: usdText(costs.output),
      cacheWrite: usdText(costs.cacheWrite),
      cacheRead: usdText(costs.cacheRead),
      total: usdText(costs.total),
      real: usdText(costs.real),
      rated: usdText(costs.rated),
    },
    pricing: {
      input: listed.input,
      output: listed.output,
      cacheWrite: listed.cacheWrite,
      cacheRead: listed.cacheRead,
    },
    isLegacy: !use.isCostStored,
  };
}

/** One use per model, of those of several keys. */
export function mergeUses(uses: readonly ModelUse[]): readonly ModelUse[] {
  const byModel = new Map<string, ModelUse>();
  for (const use of uses) {
    const known = byModel.get(use.model);
    const isCostStored = use.isCostStored && (known?.isCostStored ?? true);
    byModel.set(use.model, known === undefined ? use : { ...addFigures(known, use), isCostStored });
  }
  return [...byModel.values()];
}

/** The most used first, as v1 does. */
export const byTokens = (a: ModelUse, b: ModelUse): number => b.allTokens - a.allTokens || (a.model < b.model ? -1 : 1);

/** At the standard prices: the sum of many requests is no long prompt. */
function partsOf(use: ModelUse, prices: ModelPrices | null): CostBreakdown {
  const hasCacheSplit = use.ephemeral5mTokens + use.ephemeral1hTokens > 0;
  const request = {
    model: use.model,
    usage: { ...use, hasCacheSplit },
    betaHeader: null,
    speed: null,
    serviceTier: null,
  };
  return costOf(request, prices && { ...prices, longContext: null }).breakdown;
}
