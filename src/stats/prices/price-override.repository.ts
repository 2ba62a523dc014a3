import { Inject, Injectable, Logger } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import type { PriceHistories, PriceOverride } from '../pricing/price-override.js';
import { decodeStoredPrices, encodeStoredPrices, type StoredPrices } from './price-override.codec.js';
import { replaceField } from './replace-field.script.js';

/** What a change leaves of a model's history; empty deletes it. */
type Change = (history: readonly PriceOverride[]) => readonly PriceOverride[];

/** The prices that administrators have set, in the store. */
@Injectable()
export class PriceOverrideRepository {
  private readonly logger = new Logger(PriceOverrideRepository.name);
  /** Told once each, not at every reading. */
  private readonly toldUnreadable = new Set<string>();

  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** Every model that has prices of its own. One that cannot be read is told to the administrator and left out. */
  async readAll(): Promise<PriceHistories> {
    const stored = Object.entries(await this.store.hgetall(keys.settings.prices));
    const histories = new Map<string, readonly PriceOverride[]>();
    for (const [model, text] of stored) {
      const prices = decodeStoredPrices(text);
      if (prices === null) this.tellUnreadable(model, text);
      else histories.set(model, prices.history);
    }
    return histories;
  }

  /** Null: the model has no prices of its own. */
  async find(model: string): Promise<StoredPrices | null> {
    const text = await this.store.hget(keys.settings.prices, model);
    return text === null ? null : decodeStoredPrices(text);
  }

  /**
   * Changes what is stored of one model. A text that nobody can read is replaced. Null when somebody else has changed it
   * meanwhile: nothing was written.
   */
  async update(
    model: string,
    change: Change,
    event: { readonly at: Date; readonly by: string },
  ): Promise<StoredPrices | null> {
    const text = await this.store.hget(keys.settings.prices, model);
    const before = text === null ? null : decodeStoredPrices(text);
    const history = change(before?.history ?? []);
    const next: StoredPrices = { history, updatedAt: event.at.toISOString(), updatedBy: event.by };
    const nextText = history.length === 0 ? '' : encodeStoredPrices(next);
    const written = await this.store.runScript(replaceField, [keys.settings.prices], [model, text ?? '', nextText]);
    return written ? next : null;
  }

  private tellUnreadable(model: string, text: string): void {
    if (this.toldUnreadable.has(`${model} ${text}`)) return;
    this.toldUnreadable.add(`${model} ${text}`);
    this.logger.warn({
      msg: 'The stored prices of a model cannot be read; the price file or the list decides. Set them anew',
      key: keys.settings.prices,
      model,
    });
  }
}
