import type { ApiKeyId } from './ids.js';

/** What other modules may know of a stored client key, deleted ones included. */
export interface ApiKeySummary {
  readonly id: ApiKeyId;
  readonly name: string;
  readonly isDeleted: boolean;
  readonly limits: Readonly<{
    dailyCostLimit: number;
    totalCostLimit: number;
    weeklyOpusCostLimit: number;
    rateLimitWindow: number;
    rateLimitRequests: number;
    rateLimitCost: number;
    tokenLimit: number;
    concurrencyLimit: number;
  }>;
  readonly weeklyResetDay: number;
  readonly weeklyResetHour: number;
}

/** The port through which modules ask about keys without importing ApiKeyModule. Injected by this class as its token. */
export abstract class ApiKeyDirectory {
  abstract findSummary(id: ApiKeyId): Promise<ApiKeySummary | null>;
}
