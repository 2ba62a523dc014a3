import { Injectable } from '@nestjs/common';
import type { ApiKeySummary } from '@crs/extension-api';
import { Clock } from '../../core/time/clock.js';
import type { UsagePeriod } from '../key-figures.js';
import { PriceBook } from '../pricing/price-book.js';
import { type ModelUse, StatsService } from '../stats.service.js';
import { byTokens, mergeUses, type ModelRow, toModelRow } from './model-row.js';

/** Reads what keys used by model, as rows for people. */
@Injectable()
export class ModelRows {
  constructor(
    private readonly stats: StatsService,
    private readonly prices: PriceBook,
    private readonly clock: Clock,
  ) {}

  /** One row per model, of all the keys together. */
  async of(keys: readonly ApiKeySummary[], period: UsagePeriod): Promise<readonly ModelRow[]> {
    const uses: ModelUse[] = [];
    // One after the other: each asks for many counters, and anybody may ask for many keys.
    for (const key of keys) uses.push(...(await this.stats.getModelUses(key, period)));
    const at = new Date(this.clock.now());
    const rows = mergeUses(uses).toSorted(byTokens);
    return rows.map((use) => toModelRow(use, this.prices.findPrices(use.model, at)));
  }
}
