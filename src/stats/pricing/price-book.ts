import type { ServiceName } from '@crs/extension-api';
import { Injectable, Optional } from '@nestjs/common';
import { isClaudeFamily } from '../model-name.js';
import { DATED_MODELS, isOffered } from './offered-models.js';
import type { ModelPrices } from './model-prices.js';
import { findListedPrices, listModelIds } from './price-list.js';
import { type PriceOverride, PriceOverrides, type PriceSource, standardOf } from './price-override.js';

/** Price lists change by the day and, for a few vendors, by the half hour of the day. */
const BUCKET_MS = 30 * 60_000;
const MOST_REMEMBERED = 1000;
/** No vendor's name is as long. Clients name models before anybody knows them, and every part of a name is looked up. */
export const LONGEST_NAME = 200;
/** Who makes the models of a service, by the price list's names. */
const VENDORS: Readonly<Record<ServiceName, string>> = { claude: 'anthropic', codex: 'openai' };

/** Prices and where they were found. */
export interface FoundPrices {
  readonly source: Exclude<PriceSource, 'fallback'>;
  /** The name under which they were found. */
  readonly name: string;
  /** The first day of an override; null for others, and for one that holds since ever. */
  readonly from: string | null;
  readonly prices: ModelPrices;
}

/**
 * What a model costs at an instant. Upstreams spell models in many ways, so a name that is not known is tried without
 * its decorations: `[1m]`, a vendor before `/`, a trailing date, and then its last words, one by one. What an
 * administrator has set wins over the list.
 */
@Injectable()
export class PriceBook {
  /** Looking a name up runs many patterns; the same few models are asked for all day. */
  private readonly remembered = new Map<string, FoundPrices | null>();
  private rememberedVersion = 0;

  constructor(@Optional() private readonly overrides?: PriceOverrides) {}

  findPrices(model: string, at: Date): ModelPrices | null {
    return this.find(model, at)?.prices ?? null;
  }

  /** Null when nobody knows the model: it is priced by the fallback table. */
  find(model: string, at: Date): FoundPrices | null {
    if (model.length > LONGEST_NAME) return null;
    this.forgetChanged();
    const key = `${Math.floor(at.getTime() / BUCKET_MS)} ${model}`;
    const known = this.remembered.get(key);
    if (known !== undefined) return known;
    const found = this.search(model, at);
    if (this.remembered.size >= MOST_REMEMBERED) this.remembered.clear();
    this.remembered.set(key, found);
    return found;
  }

  /** The names of the models that a service offers, each once. */
  listModels(service: ServiceName): readonly string[] {
    const listed = listModelIds(VENDORS[service]).filter(isOffered);
    return [...new Set([...listed, ...DATED_MODELS[service]])];
  }

  private forgetChanged(): void {
    const version = this.overrides?.version ?? 0;
    if (version === this.rememberedVersion) return;
    this.remembered.clear();
    this.rememberedVersion = version;
  }

  /**
   * An override of `claude-opus-4-1` is meant for `claude-opus-4-1-20250805` as well, although the list knows that name;
   * one of `gpt-5` is not meant for `gpt-5-mini`, which is another model.
   */
  private search(model: string, at: Date): FoundPrices | null {
    for (const name of sameModel(model)) {
      const found = this.findOverride(name, model, at);
      if (found !== null) return found;
    }
    for (const name of spellingsOf(model)) {
      const found = this.findOverride(name, model, at) ?? findListed(name, at);
      if (found !== null) return found;
    }
    return null;
  }

  private findOverride(name: string, model: string, at: Date): FoundPrices | null {
    const found = this.overrides?.find(name, at) ?? null;
    if (found === null) return null;
    const { source, prices } = found;
    return { source, name, from: prices.from, prices: completed(prices, model, findListedByAnySpelling(model, at)) };
  }
}

/** What the administrator left open is as published. */
const completed = (own: PriceOverride, model: string, listed: ModelPrices | null): ModelPrices => ({
  standard: standardOf(own),
  longContext: own.longContext,
  isClaude: listed?.isClaude ?? isClaudeFamily(model),
  priorityMultiplier: own.priorityMultiplier ?? listed?.priorityMultiplier ?? null,
  fastMultiplier: own.fastMultiplier ?? listed?.fastMultiplier ?? null,
});

function findListed(name: string, at: Date): FoundPrices | null {
  const prices = findListedPrices(name, at);
  return prices === null ? null : { source: 'list', name, from: null, prices };
}

function findListedByAnySpelling(model: string, at: Date): ModelPrices | null {
  for (const name of spellingsOf(model)) {
    const prices = findListedPrices(name, at);
    if (prices !== null) return prices;
  }
  return null;
}

/** The name as it is, without its decorations, and without its date. */
function* sameModel(model: string): Generator<string> {
  yield model;
  const name = withoutDecorations(model);
  yield name;
  yield name.replace(/-\d{4}-?\d{2}-?\d{2}$/, '');
}

/** From the name as it is to its shortest meaningful beginning; a single word names no model. */
function* spellingsOf(model: string): Generator<string> {
  yield model;
  let name = withoutDecorations(model);
  yield name;
  for (let end = name.lastIndexOf('-'); end > 0; end = name.lastIndexOf('-')) {
    name = name.slice(0, end);
    if (name.includes('-')) yield name;
  }
}

function withoutDecorations(model: string): string {
  const name = model.toLowerCase().replaceAll('_', '-').replace('[1m]', '');
  return name.slice(name.lastIndexOf('/') + 1).replace(/@.*$/, '');
}
