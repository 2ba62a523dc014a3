/**
 * Published surcharges that the price list does not carry, as factors of the standard price. Where a model is served
 * by a faster tier every class of its tokens costs that much more.
 */

/** Anthropic's fast mode, by the price list's id of the model. */
export const FAST_MULTIPLIERS: ReadonlyMap<string, number> = new Map([
  ['claude-opus-4-6', 6],
  ['claude-opus-4-7', 6],
  ['claude-opus-4-8', 2],
  ['claude-opus-5', 2],
  ['claude-opus-5-5', 2],
]);

/** OpenAI's priority processing, by the price list's id of the model. A model that is not listed has no such tier. */
export const PRIORITY_MULTIPLIERS: ReadonlyMap<string, number> = new Map([
  ['gpt-4o', 1.7],
  ['gpt-4o-mini', 5 / 3],
  ['gpt-4.1', 1.75],
  ['gpt-4.1-mini', 1.75],
  ['gpt-4.1-nano', 2],
  ['o3', 1.75],
  ['o4-mini', 20 / 11],
  ['gpt-5', 2],
  ['gpt-5-mini', 1.8],
  ['gpt-5.1', 2],
  ['gpt-5.2', 2],
  ['gpt-5.3-codex', 2],
  ['gpt-5.4', 2],
  ['gpt-5.4-mini', 2],
  ['gpt-5.5', 2.5],
  ['gpt-5.6-luna', 2],
  ['gpt-5.6-sol', 2],
  ['gpt-5.6-terra', 2],
  ['gpt-6-astra', 2],
  ['gpt-6-luna', 2],
  ['gpt-6-sol', 2],
]);
