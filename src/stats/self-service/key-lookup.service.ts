import { Injectable } from '@nestjs/common';
import type { ApiKeyId, ApiKeySummary } from '@crs/extension-api';
import { Clock } from '../../core/time/clock.js';
import type { UsagePeriod } from '../key-figures.js';
import { type KeyTotals, StatsService } from '../stats.service.js';
import { KeyFinder, type KeyReference } from './key-finder.js';
import { ModelRows } from './model-rows.js';
import type { ModelRow } from './model-row.js';

/** A key and what it used. */
export interface FoundKey {
  readonly key: ApiKeySummary;
  readonly totals: KeyTotals;
  readonly atMs: number;
}

/** Tells about one key to whoever can name it. Every method throws `LookupRefusal` where nothing is told. */
@Injectable()
export class KeyLookupService {
  constructor(
    private readonly finder: KeyFinder,
    private readonly stats: StatsService,
    private readonly rows: ModelRows,
    private readonly clock: Clock,
  ) {}

  async getId(apiKey: string): Promise<ApiKeyId> {
    return (await this.finder.find({ apiKey })).id;
  }

  async getKey(reference: KeyReference): Promise<FoundKey> {
    const key = await this.finder.find(reference);
    return { key, totals: await this.stats.getTotals(key, 'indexes'), atMs: this.clock.now() };
  }

  async getModels(reference: KeyReference, period: UsagePeriod): Promise<readonly ModelRow[]> {
    return this.rows.of([await this.finder.find(reference)], period);
  }
}
