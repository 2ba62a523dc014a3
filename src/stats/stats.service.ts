import { Injectable, NotFoundException } from '@nestjs/common';
import { ApiKeyDirectory, type ApiKeySummary, toApiKeyId, type TokenUsage } from '@crs/extension-api';
import { toRecordId } from '../core/http/record-id.js';
import { Clock } from '../core/time/clock.js';
import { Zone } from '../core/time/zone.js';
import {
  hasStoredCost,
  isCosted,
  isUsed,
  keyFiguresOf,
  type KeyFigures,
  modelFiguresIn,
  type PriceTokens,
  type UsagePeriod,
} from './key-figures.js';
import { keyLimitsOf, type KeyLimits } from './key-limits.js';
import type { ModelFigures, StoredKeyUsage } from './key-usage.js';
import { KeyUsageRepository, type ModelSource } from './key-usage.repository.js';
import { costOf } from './pricing/cost.js';
import { PriceBook } from './pricing/price-book.js';

export type KeyStats = KeyFigures & { readonly limits: KeyLimits };
export type KeyTotals = Omit<KeyStats, 'models'>;
/** Without a stored cost the tokens are priced as they would be now. */
export type ModelUse = ModelFigures & { readonly isCostStored: boolean };

/** Answers what was used. */
@Injectable()
export class StatsService {
  constructor(
    private readonly directory: ApiKeyDirectory,
    private readonly usage: KeyUsageRepository,
    private readonly prices: PriceBook,
    private readonly zone: Zone,
    private readonly clock: Clock,
  ) {}

  /** @throws NotFoundException when no key, deleted ones included, has the id. */
  async getKeyStats(id: string): Promise<KeyStats> {
    const keyId = toRecordId(id);
    const key = keyId === null ? null : await this.directory.findSummary(toApiKeyId(keyId));
    if (key === null) throw new NotFoundException('There is no API key with this id.');
    const atMs = this.clock.now();
    return this.statsOf(key, await this.usage.read(key, atMs, 'everywhere'), atMs);
  }

  /**
   * What a key used in all, and how far its limits are used, without asking for each model. Only the models tell the real
   * cost of a month, so here it is the rated one.
   *
   * @param lookIn where the models are looked for that tell the costs of a key for which none was booked
   */
  async getTotals(key: ApiKeySummary, lookIn: ModelSource): Promise<KeyTotals> {
    const atMs = this.clock.now();
    const totals = await this.usage.readTotals(key, atMs);
    const stored = isCosted(totals) ? { ...totals, models: [] } : await this.usage.read(key, atMs, lookIn);
    return this.statsOf(key, stored, atMs);
  }

  /** What a key used by model, of those that the indexes name. */
  async getModelUses(key: ApiKeySummary, period: UsagePeriod): Promise<readonly ModelUse[]> {
    const atMs = this.clock.now();
    const price = this.pricesAt(atMs);
    const { models } = await this.usage.read(key, atMs, 'indexes');
    const uses = models.map((counters) => ({
      ...modelFiguresIn(period, counters, price),
      isCostStored: hasStoredCost(period, counters),
    }));
    return uses.filter(isUsed);
  }

  private statsOf(key: ApiKeySummary, stored: StoredKeyUsage, atMs: number): KeyStats {
    return {
      ...keyFiguresOf(stored, this.pricesAt(atMs)),
      limits: keyLimitsOf(key, stored, this.zone, atMs),
    };
  }

  private pricesAt(atMs: number): PriceTokens {
    return (model, usage) => this.priceAt(model, usage, new Date(atMs));
  }

  private priceAt(model: string, usage: TokenUsage, at: Date): number {
    const request = { model, usage, betaHeader: null, speed: null, serviceTier: null };
    return costOf(request, this.prices.findPrices(model, at)).breakdown.total;
  }
}
