import { BadRequestException, ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import type { ListResult } from '../../core/http/list-result.js';
import { ValidationFailedException } from '../../core/http/validation.js';
import { Clock } from '../../core/time/clock.js';
import { Zone } from '../../core/time/zone.js';
import { countedModelName } from '../model-name.js';
import { withoutGaps } from '../pricing/cost.js';
import { fallbackPrices } from '../pricing/fallback-prices.js';
import type { TokenPrices } from '../pricing/model-prices.js';
import { PriceBook } from '../pricing/price-book.js';
import { findInForce, type PriceOverride, type PriceSource } from '../pricing/price-override.js';
import { LivePrices } from './live-prices.js';
import { changedPrice, nameProblem, type PriceChange, type StoredPrices, withPrice } from './price-override.codec.js';
import { PriceOverrideRepository } from './price-override.repository.js';

/** How often a change is made again because somebody else has changed the same model in between. */
const MAX_ATTEMPTS = 10;

type CompletePrices = { readonly [K in keyof TokenPrices]: number };

/** One price that somebody has set. */
export interface SetPrice extends PriceOverride {
  readonly model: string;
  readonly source: 'override' | 'file';
  /** It decides what the model costs today. */
  readonly inForce: boolean;
}

/** What a model costs on a day, every gap filled. */
export interface PricedModel extends CompletePrices {
  readonly model: string;
  readonly day: string;
  readonly source: PriceSource;
  readonly matchedName: string | null;
  readonly from: string | null;
  readonly longContext: { readonly aboveTokens: number; readonly prices: CompletePrices } | null;
  readonly fastMultiplier: number | null;
  readonly priorityMultiplier: number | null;
  readonly updatedAt: string | null;
  readonly updatedBy: string | null;
  /** What is set for exactly this name, oldest first, the API's before the file's. */
  readonly overrides: readonly SetPrice[];
}

interface PriceSelection {
  readonly model?: string;
  readonly offset: number;
  readonly limit: number;
}

/** The prices of models, as administrators see and change them. */
@Injectable()
export class PricesService {
  constructor(
    private readonly repository: PriceOverrideRepository,
    private readonly live: LivePrices,
    private readonly book: PriceBook,
    private readonly zone: Zone,
    private readonly clock: Clock,
  ) {}

  /** Every price that is set, by model and day. */
  async list({ model, offset, limit }: PriceSelection): Promise<ListResult<SetPrice>> {
    const stored = await this.repository.readAll();
    const known = [...new Set([...stored.keys(), ...this.live.filePrices.keys()])].sort();
    const models = model === undefined ? known : known.filter((name) => name === toModel(model));
    const prices = models.flatMap((name) => this.setPricesOf(name, stored.get(name) ?? []));
    return { items: prices.slice(offset, offset + limit), total: prices.length };
  }

  /**
   * What a model costs.
   *
   * @param day `YYYY-MM-DD`; now unless given
   * @throws BadRequestException when the text is no name of a model
   */
  async show(text: string, day?: string): Promise<PricedModel> {
    const model = toModel(text);
    return this.shown(model, await this.repository.find(model), day);
  }

  /** Sets prices from a day on, or changes those that begin on it. @throws ConflictException */
  async set(text: string, change: PriceChange, by: string): Promise<PricedModel> {
    const from = change.from === undefined ? this.today() : change.from;
    return this.update(toModel(text), by, (history) => {
      const price = changedPrice(history.find((known) => known.from === from) ?? null, change, from);
      if (price !== null) return withPrice(history, price);
      const missing = (['input', 'output'] as const).filter((field) => change[field] === undefined);
      const when = from === null ? 'holds since ever' : `begins on ${from}`;
      throw new ValidationFailedException(
        missing.map((field) => ({ field, message: `${field} is required: no price ${when} yet` })),
      );
    });
  }

  /**
   * Takes back all prices of a model, or those that begin on one day.
   *
   * @throws NotFoundException, ConflictException
   */
  async remove(text: string, from: string | undefined, by: string): Promise<PricedModel> {
    const model = toModel(text);
    return this.update(model, by, (history) => {
      const rest = from === undefined ? [] : history.filter((known) => known.from !== from);
      if (rest.length < history.length) return rest;
      const what = from === undefined ? 'no prices that were set here' : `no price that begins on ${from}`;
      throw new NotFoundException(`The model has ${what}. Those of the price file are changed in the file.`);
    });
  }

  private async update(
    model: string,
    by: string,
    change: (history: readonly PriceOverride[]) => readonly PriceOverride[],
  ): Promise<PricedModel> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const stored = await this.repository.update(model, change, { at: new Date(this.clock.now()), by });
      if (stored === null) continue;
      await this.live.refresh();
      return this.shown(model, stored);
    }
    throw new ConflictException('The prices of this model are being changed by others at the same time. Try again.');
  }

  private shown(model: string, stored: StoredPrices | null, day = this.today()): PricedModel {
    const found = this.book.find(model, this.endOf(day));
    const prices = found?.prices ?? fallbackPrices(model);
    const long = prices.longContext;
    return {
      model,
      day,
      source: found?.source ?? 'fallback',
      matchedName: found?.name ?? null,
      from: found?.from ?? null,
      ...withoutGaps(prices.standard, prices.isClaude),
      longContext: long === null ? null : { ...long, prices: withoutGaps(long.prices, prices.isClaude) },
      fastMultiplier: prices.fastMultiplier,
      priorityMultiplier: prices.priorityMultiplier,
      updatedAt: stored?.updatedAt ?? null,
      updatedBy: stored?.updatedBy ?? null,
      overrides: this.setPricesOf(model, stored?.history ?? []),
    };
  }

  private setPricesOf(model: string, stored: readonly PriceOverride[]): readonly SetPrice[] {
    const ofFile = this.live.filePrices.get(model) ?? [];
    const own = findInForce(stored, this.today());
    const inForce = own ?? findInForce(ofFile, this.today());
    const toSetPrice =
      (source: SetPrice['source']) =>
      (price: PriceOverride): SetPrice => ({ model, source, inForce: price === inForce, ...price });
    return [...stored.map(toSetPrice('override')), ...ofFile.map(toSetPrice('file'))];
  }

  private today(): string {
    return this.zone.day(this.clock.now());
  }

  /** The last instant of a day: what a day costs is decided at its end. */
  private endOf(day: string): Date {
    return new Date(this.zone.nextDay(this.zone.findDayStart(day) ?? this.clock.now()) - 1);
  }
}

/** Models are priced under the names that they are counted under. */
function toModel(text: string): string {
  const problem = nameProblem(text.trim());
  if (problem !== null) throw new BadRequestException(`This is no model: ${problem}.`);
  return countedModelName(text);
}
