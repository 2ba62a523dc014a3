import { Injectable } from '@nestjs/common';
import type { ListResult } from '../../core/http/list-result.js';
import { type KeyStats, StatsService } from '../stats.service.js';
import { SubjectNames } from './subject-names.js';
import { type StoredRecord, UsageRecordListRepository } from './usage-record-list.repository.js';
import { type UsageAnswer, UsageQueryService, type UsageQuestion } from './usage-query.service.js';

export interface KeyUsage {
  readonly id: string;
  readonly name: string | null;
  readonly usage: UsageAnswer;
  readonly stats: KeyStats;
}

/** Answers what one key used. */
@Injectable()
export class KeyUsageService {
  constructor(
    private readonly stats: StatsService,
    private readonly usage: UsageQueryService,
    private readonly names: SubjectNames,
    private readonly records: UsageRecordListRepository,
  ) {}

  /** @throws NotFoundException when no key, deleted ones included, has the id. */
  async read(id: string, question: Omit<UsageQuestion, 'keyId' | 'accountId'>): Promise<KeyUsage> {
    const stats = await this.stats.getKeyStats(id);
    const keyId = id.toLowerCase();
    const [usage, names] = await Promise.all([
      this.usage.read({ ...question, keyId }),
      this.names.find('key', [keyId]),
    ]);
    return { id: keyId, name: names.get(keyId) ?? null, usage, stats };
  }

  /** @throws NotFoundException when no key, deleted ones included, has the id. */
  async listRecords(
    id: string,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<ListResult<StoredRecord>> {
    const keyId = await this.stats.getKeyId(id);
    return this.records.read(keyId, page);
  }
}
