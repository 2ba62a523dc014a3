import { Injectable } from '@nestjs/common';
import { ApiKeyDirectory, type ApiKeyId, type ApiKeySummary } from '@crs/extension-api';
import { ApiKeyRepository } from './api-key.repository.js';

/** What other modules may know of a stored key. */
@Injectable()
export class StoredApiKeyDirectory extends ApiKeyDirectory {
  constructor(private readonly keys: ApiKeyRepository) {
    super();
  }

  async findSummary(id: ApiKeyId): Promise<ApiKeySummary | null> {
    const stored = await this.keys.find(id);
    if (stored === null) return null;
    const { record } = stored;
    return {
      id: record.id,
      name: record.name,
      isDeleted: record.deletion !== null,
      limits: {
        dailyCostLimit: record.dailyCostLimit,
        totalCostLimit: record.totalCostLimit,
        weeklyOpusCostLimit: record.weeklyOpusCostLimit,
        rateLimitWindow: record.rateLimitWindow,
        rateLimitRequests: record.rateLimitRequests,
        rateLimitCost: record.rateLimitCost,
        tokenLimit: record.tokenLimit,
        concurrencyLimit: record.concurrencyLimit,
      },
      weeklyResetDay: record.weeklyResetDay,
      weeklyResetHour: record.weeklyResetHour,
    };
  }
}
