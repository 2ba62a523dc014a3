import { Injectable } from '@nestjs/common';
import { ApiKeyDirectory, type ApiKeyId, type ApiKeySummary, RelayError } from '@crs/extension-api';
import { Clock } from '../../core/time/clock.js';
import { type KeyTotals, StatsService } from '../stats.service.js';
import { RecentRecordsRepository, type ShownRecord } from './recent-records.repository.js';

/** What a key used, for its owner. */
export interface KeyReport {
  readonly key: ApiKeySummary;
  readonly totals: KeyTotals;
  /** The newest first. */
  readonly records: readonly ShownRecord[];
  readonly at: Date;
}

/** Tells a client about the key that it calls with. */
@Injectable()
export class SelfInfoService {
  constructor(
    private readonly directory: ApiKeyDirectory,
    private readonly stats: StatsService,
    private readonly records: RecentRecordsRepository,
    private readonly clock: Clock,
  ) {}

  /** @throws RelayError `invalid_key` when the key has been removed since it was authenticated */
  async getKey(id: ApiKeyId): Promise<ApiKeySummary> {
    const key = await this.directory.findSummary(id);
    if (key === null) throw new RelayError('invalid_key', 'API key not found.');
    return key;
  }

  /** @throws RelayError as `getKey` */
  async getReport(id: ApiKeyId): Promise<KeyReport> {
    const key = await this.getKey(id);
    // First the totals: they wait until the key's last requests are in the store.
    const totals = await this.stats.getTotals(key, 'everywhere');
    const records = await this.records.read(id);
    return { key, totals, records, at: new Date(this.clock.now()) };
  }
}
