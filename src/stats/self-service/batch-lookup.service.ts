import { Injectable } from '@nestjs/common';
import type { ApiKeySummary } from '@crs/extension-api';
import type { UsagePeriod } from '../key-figures.js';
import { type KeyTotals, StatsService } from '../stats.service.js';
import { KeyFinder, type LeftOutKey } from './key-finder.js';
import type { ModelRow } from './model-row.js';
import { ModelRows } from './model-rows.js';

/** Several keys, what each used, and those of which nothing is told. */
export interface FoundKeys {
  readonly found: readonly { readonly key: ApiKeySummary; readonly totals: KeyTotals }[];
  readonly leftOut: readonly LeftOutKey[];
}

/** Tells about several keys at once to whoever can name them by their ids. */
@Injectable()
export class BatchLookupService {
  constructor(
    private readonly finder: KeyFinder,
    private readonly stats: StatsService,
    private readonly rows: ModelRows,
  ) {}

  async getKeys(apiIds: readonly string[]): Promise<FoundKeys> {
    const { keys, leftOut } = await this.finder.findAll(apiIds);
    const found = await Promise.all(
      keys.map(async (key) => ({ key, totals: await this.stats.getTotals(key, 'indexes') })),
    );
    return { found, leftOut };
  }

  /** Of the keys that may be told of, together. */
  async getModels(apiIds: readonly string[], period: UsagePeriod): Promise<readonly ModelRow[]> {
    const { keys } = await this.finder.findAll(apiIds);
    return this.rows.of(keys, period);
  }
}
