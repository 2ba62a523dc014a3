import { Injectable, NotFoundException } from '@nestjs/common';
import { ApiKeyDirectory, toApiKeyId, type TokenUsage } from '@crs/extension-api';
import { toRecordId } from '../core/http/record-id.js';
import { Clock } from '../core/time/clock.js';
import { Zone } from '../core/time/zone.js';
import { keyFiguresOf, type KeyFigures } from './key-figures.js';
import { keyLimitsOf, type KeyLimits } from './key-limits.js';
import { KeyUsageRepository } from './key-usage.repository.js';
import { costOf } from './pricing/cost.js';
import { PriceBook } from './pricing/price-book.js';

export type KeyStats = KeyFigures & { readonly limits: KeyLimits };

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
    const stored = await this.usage.read(key, atMs);
    const price = (model: string, usage: TokenUsage): number => this.priceAt(model, usage, new Date(atMs));
    return {
      ...keyFiguresOf(stored, price),
      limits: keyLimitsOf(key, stored.costs, stored.window, this.zone, atMs),
    };
  }

  private priceAt(model: string, usage: TokenUsage, at: Date): number {
    const request = { model, usage, betaHeader: null, speed: null, serviceTier: null };
    return costOf(request, this.prices.findPrices(model, at)).breakdown.total;
  }
}
