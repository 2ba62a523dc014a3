import { calcPrice, findProvider, type ModelInfo, type ModelPrice } from '@pydantic/genai-prices';
import type { ModelPrices, TokenPrices } from './model-prices.js';
import { FAST_MULTIPLIERS, PRIORITY_MULTIPLIERS } from './tier-multipliers.js';

/** One price, or one that rises with the length of the input. */
type Price = NonNullable<ModelPrice[string]>;
type ListedPrices = Readonly<Record<'input' | 'output', Price>> &
  Readonly<Record<'cacheWrite' | 'cacheWrite1h' | 'cacheRead', Price | undefined>>;

/**
 * The published prices of a model at an instant, or null when the list does not have exactly that model. The only file
 * that knows the price package.
 */
export function findListedPrices(model: string, at: Date): ModelPrices | null {
  const found = calcPrice({}, model, { timestamp: at });
  if (found === null) return null;
  const { input_mtok: input, output_mtok: output, ...more } = found.model_price;
  // Embeddings, images and speech are listed, too, but not by tokens in and out.
  if (input === undefined || output === undefined) return null;
  const listed: ListedPrices = {
    input,
    output,
    cacheWrite: more['cache_write_mtok'],
    cacheWrite1h: more['cache_write_1h_mtok'],
    cacheRead: more['cache_read_mtok'],
  };
  const isClaude = found.provider.id === 'anthropic';
  return {
    standard: pricesFor(listed, 0),
    // Anthropic took its surcharge on long prompts back; the list keeps it for retired models as history.
    longContext: isClaude ? null : longContextOf(listed),
    isClaude,
    priorityMultiplier: PRIORITY_MULTIPLIERS.get(found.model.id) ?? null,
    fastMultiplier: FAST_MULTIPLIERS.get(found.model.id) ?? null,
  };
}

/** The names of a vendor's models that are billed by tokens in and out, with all that they are called besides. */
export function listModelIds(vendor: string): readonly string[] {
  const models = findProvider({ providerId: vendor })?.models ?? [];
  return models
    .filter(({ prices }) => pricesOf(prices).some(isBilledByTokens))
    .flatMap(({ id, match }) => [id, ...namesOf(match)]);
}

/** Whole names, not beginnings of them. */
function namesOf(match: ModelInfo['match']): readonly string[] {
  if ('or' in match) return match.or.flatMap(namesOf);
  return 'equals' in match ? [match.equals] : [];
}

const pricesOf = (prices: ModelInfo['prices']): readonly ModelPrice[] =>
  Array.isArray(prices) ? prices.map((dated) => dated.prices) : [prices];

const isBilledByTokens = (price: ModelPrice): boolean =>
  price['input_mtok'] !== undefined && price['output_mtok'] !== undefined;

function longContextOf(listed: ListedPrices): ModelPrices['longContext'] {
  const prices = Object.values(listed);
  const starts = prices.flatMap((price) => (typeof price === 'object' ? price.tiers.map(({ start }) => start) : []));
  if (starts.length === 0) return null;
  const aboveTokens = Math.min(...starts);
  return { aboveTokens, prices: pricesFor(listed, aboveTokens + 1) };
}

const pricesFor = (listed: ListedPrices, inputTokens: number): TokenPrices => ({
  input: priceAt(listed.input, inputTokens),
  output: priceAt(listed.output, inputTokens),
  cacheWrite: findPriceAt(listed.cacheWrite, inputTokens),
  cacheWrite1h: findPriceAt(listed.cacheWrite1h, inputTokens),
  cacheRead: findPriceAt(listed.cacheRead, inputTokens),
});

const findPriceAt = (price: Price | undefined, inputTokens: number): number | null =>
  price === undefined ? null : priceAt(price, inputTokens);

function priceAt(price: Price, inputTokens: number): number {
  if (typeof price === 'number') return price;
  return price.tiers.findLast((tier) => inputTokens > tier.start)?.price ?? price.base;
}
