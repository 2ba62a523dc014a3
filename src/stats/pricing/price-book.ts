import type { ServiceName } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import type { ModelPrices } from './model-prices.js';
import { findListedPrices, listModelIds } from './price-list.js';

/** Price lists change by the day and, for a few vendors, by the half hour of the day. */
const BUCKET_MS = 30 * 60_000;
const MOST_REMEMBERED = 1000;
/** No vendor's name is as long. Clients name models before anybody knows them, and every part of a name is looked up. */
const LONGEST_NAME = 200;
/** Who makes the models of a service, by the price list's names. */
const VENDORS: Readonly<Record<ServiceName, string>> = { claude: 'anthropic', codex: 'openai' };

/**
 * What a model costs at an instant. Upstreams spell models in many ways, so a name that the list does not have is tried
 * without its decorations: `[1m]`, a vendor before `/`, a trailing date, and then its last words, one by one.
 */
@Injectable()
export class PriceBook {
  /** Looking a name up runs many patterns; the same few models are asked for all day. */
  private readonly remembered = new Map<string, ModelPrices | null>();

  findPrices(model: string, at: Date): ModelPrices | null {
    if (model.length > LONGEST_NAME) return null;
    const key = `${Math.floor(at.getTime() / BUCKET_MS)} ${model}`;
    const known = this.remembered.get(key);
    if (known !== undefined) return known;
    const found = findByAnySpelling(model, at);
    if (this.remembered.size >= MOST_REMEMBERED) this.remembered.clear();
    this.remembered.set(key, found);
    return found;
  }

  /** The names of the models that a service offers. */
  listModels(service: ServiceName): readonly string[] {
    return listModelIds(VENDORS[service]);
  }
}

function findByAnySpelling(model: string, at: Date): ModelPrices | null {
  for (const name of spellingsOf(model)) {
    const prices = findListedPrices(name, at);
    if (prices !== null) return prices;
  }
  return null;
}

/** From the name as it is to its shortest meaningful beginning; a single word names no model. */
function* spellingsOf(model: string): Generator<string> {
  yield model;
  let name = model.toLowerCase().replaceAll('_', '-').replace('[1m]', '');
  name = name.slice(name.lastIndexOf('/') + 1).replace(/@.*$/, '');
  yield name;
  for (let end = name.lastIndexOf('-'); end > 0; end = name.lastIndexOf('-')) {
    name = name.slice(0, end);
    if (name.includes('-')) yield name;
  }
}
