import { toAccountId, type UpstreamAccount } from '@crs/extension-api';

/** An account that is available for everything. */
export function testAccount(change: Partial<UpstreamAccount> = {}): UpstreamAccount {
  return {
    id: toAccountId('6f9619ff-8b86-4d01-b42d-00cf4fc964ff'),
    platform: 'claude-console',
    name: 'test',
    apiUrl: 'https://upstream.example',
    secret: 'upstream-secret',
    accountType: 'shared',
    isActive: true,
    schedulable: true,
    status: 'active',
    priority: 50,
    supportedModels: {},
    userAgent: 'claude-cli/1.0.69 (external, cli)',
    proxy: null,
    rateLimitedAt: null,
    rateLimitMinutes: 60,
    dailyQuotaUsd: 0,
    quotaResetTime: '00:00',
    subscriptionExpiresAt: null,
    maxConcurrentTasks: 0,
    interceptWarmup: false,
    providerEndpoint: 'responses',
    disableAutoProtection: false,
    createdAt: new Date('2026-11-01T00:00:00Z'),
    ...change,
  };
}
