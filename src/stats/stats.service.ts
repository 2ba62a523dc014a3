import { Injectable, NotFoundException } from '@nestjs/common';
import {
  ApiKeyDirectory,
  type ApiKeyId,
  type ApiKeySummary,
  SettlementBarrier,
  toApiKeyId,
  type TokenUsage,
} from '@crs/extension-api';
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
import { costOfTier } from './pricing/cost.js';
import { PriceBook } from './pricing/price-book.js';

export type KeyStats = KeyFigures & { readonly limits: KeyLimits };
export type KeyTotals = Omit<KeyStats, 'models'>;
/** Without a stored cost the tokens are priced as they would be now. */
export type ModelUse = ModelFigures & { readonly isCostStored: boolean };

/** With the store that slow, what it has is told. */
const SETTLED_WITHIN_MS = 500;

/** Answers what was used. */
@Injectable()
export class StatsService {
  constructor(
    private readonly directory: ApiKeyDirectory,
    private readonly usage: KeyUsageRepository,
    private readonly prices: PriceBook,
    private readonly zone: Zone,
    private readonly clock: Clock,
    private readonly barrier: SettlementBarrier,
  ) {}

  /** @throws NotFoundException when no key, deleted ones included, has the id. */
  async getKeyStats(id: string): Promise<KeyStats> {
    const key = await this.getKey(id);
    await this.whenSettled(key);
    const atMs = this.clock.now();
    return this.statsOf(key, await this.usage.read(key, atMs, 'everywhere'), atMs);
  }

  /** @throws NotFoundException when no key, deleted ones included, has the id. */
  async getKeyId(id: string): Promise<ApiKeyId> {
    return (await this.getKey(id)).id;
  }

  /**
   * What a key used in all, and how far its limits are used, without asking for each model. Only the models tell the real
   * cost of a month, so here it is the rated one.
   *
   * @param lookIn where the models are looked for that tell the costs of a key for which none was booked
   */
  async getTotals(key: ApiKeySummary, lookIn: ModelSource): Promise<KeyTotals> {
    await this.whenSettled(key);
    const atMs = this.clock.now();
    const totals = await this.usage.readTotals(key, atMs);
    const stored = isCosted(totals) ? { ...totals, models: [] } : await this.usage.read(key, atMs, lookIn);
    return this.statsOf(key, stored, atMs);
  }

  /** What a key used by model, of those that the indexes name. */
  async getModelUses(key: ApiKeySummary, period: UsagePeriod): Promise<readonly ModelUse[]> {
    await this.whenSettled(key);
    const atMs = this.clock.now();
    const price = this.pricesAt(atMs);
    const { models } = await this.usage.read(key, atMs, 'indexes');
    const uses = models.map((counters) => ({
      ...modelFiguresIn(period, counters, price),
      isCostStored: hasStoredCost(period, counters),
    }));
    return uses.filter(isUsed);
  }

  private async getKey(id: string): Promise<ApiKeySummary> {
    const keyId = toRecordId(id);
    const key = keyId === null ? null : await this.directory.findSummary(toApiKeyId(keyId));
    if (key === null) throw new NotFoundException('There is no API key with this id.');
    return key;
  }

  /** Whoever has just used a key finds it in the figures; of what other processes do they learn a moment later. */
  private async whenSettled({ id }: ApiKeySummary): Promise<void> {
    await this.barrier.whenSettled(id, AbortSignal.timeout(SETTLED_WITHIN_MS));
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

  /** At the standard prices: the sum of many requests is no long prompt. */
  private priceAt(model: string, usage: TokenUsage, at: Date): number {
    return costOfTier(model, usage, this.prices.findPrices(model, at), '');
  }
}
