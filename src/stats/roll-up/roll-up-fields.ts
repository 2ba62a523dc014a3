import type { PriceTier } from '@crs/extension-api';

const TIERS: Readonly<Record<PriceTier, true>> = {
  '': true,
  fast: true,
  priority: true,
  long: true,
  'fast-long': true,
  'priority-long': true,
};

const SEPARATOR = '|';

/**
 * The field of a model in the roll-up of a key. At its plain prices that is its name alone, but for a name that ends as a
 * field with a tier does: it gets the separator, too.
 */
export const tieredFieldOf = (model: string, tier: PriceTier): string =>
  tier === '' && modelOfField(model) === model ? model : `${model}${SEPARATOR}${tier}`;

/** Every field under which a model may stand in the roll-up of a key. */
export const tieredFieldsOf = (model: string): readonly string[] =>
  (Object.keys(TIERS) as PriceTier[]).map((tier) => tieredFieldOf(model, tier));

/** The model of such a field. */
export function modelOfField(field: string): string {
  const end = field.lastIndexOf(SEPARATOR);
  return end > 0 && Object.hasOwn(TIERS, field.slice(end + 1)) ? field.slice(0, end) : field;
}

/** The parts of `{accountId}|{model}`; null when the field is something else. */
export function partsOfWasteField(field: string): { readonly owner: string; readonly model: string } | null {
  const end = field.indexOf(SEPARATOR);
  return end > 0 ? { owner: field.slice(0, end), model: field.slice(end + 1) } : null;
}
