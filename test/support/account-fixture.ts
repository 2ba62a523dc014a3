import { type AccountKind, type Platform, PlatformAdapter, type ServiceName } from '@crs/extension-api';
import type { StoreClient } from '@crs/store';
import { Injectable } from '@nestjs/common';
import { ClaudeConsolePlatform } from '../../src/platforms/claude-console/claude-console.platform.js';
import { CodexPlatform } from '../../src/platforms/codex/codex.platform.js';

/** The two kinds of account, as their platforms declare them. */
export const CONSOLE_KIND: AccountKind = new ClaudeConsolePlatform().account;
export const CODEX_KIND: AccountKind = new CodexPlatform().account;

/** Platforms whose accounts are kept and that relay nothing. */
@Injectable()
@PlatformAdapter({ name: 'claude-console' })
export class FakeConsolePlatform implements Platform {
  readonly service: ServiceName = 'claude';
  readonly account = CONSOLE_KIND;
  readonly relay = null;
}

@Injectable()
@PlatformAdapter({ name: 'codex' })
export class FakeCodexPlatform implements Platform {
  readonly service: ServiceName = 'codex';
  readonly account = CODEX_KIND;
  readonly relay = null;
}

/** A record as v1.1.314 writes it; the key is stored in plain text, which v1 also reads. */
export function v1ConsoleRecord(change: Record<string, string> = {}): Record<string, string> {
  return {
    id: 'c1',
    platform: 'claude-console',
    name: 'console-one',
    description: '',
    apiUrl: 'https://console.example/v1/messages',
    apiKey: 'sk-console-plain',
    priority: '50',
    supportedModels: '{"claude-opus-4-1-20250805":"vendor-opus"}',
    userAgent: 'claude-cli/2.0.0 (external, cli)',
    rateLimitDuration: '30',
    proxy: '',
    isActive: 'true',
    accountType: 'shared',
    schedulable: 'true',
    status: 'active',
    errorMessage: '',
    createdAt: '2026-11-23T04:05:00.266Z',
    lastUsedAt: '',
    rateLimitedAt: '',
    rateLimitStatus: '',
    dailyQuota: '25',
    dailyUsage: '0',
    lastResetDate: '2026-11-23',
    quotaResetTime: '06:30',
    quotaStoppedAt: '',
    maxConcurrentTasks: '7',
    disableAutoProtection: 'false',
    interceptWarmup: 'false',
    subscriptionExpiresAt: '',
    ...change,
  };
}

export function v1CodexRecord(change: Record<string, string> = {}): Record<string, string> {
  return {
    id: 'x1',
    platform: 'openai-responses',
    name: 'codex-one',
    description: '',
    baseApi: 'https://codex.example/v1',
    apiKey: '',
    userAgent: '',
    priority: '10',
    proxy: '',
    isActive: 'true',
    accountType: 'shared',
    schedulable: 'true',
    status: 'active',
    errorMessage: '',
    rateLimitedAt: '',
    rateLimitStatus: '',
    rateLimitDuration: '60',
    dailyQuota: '0',
    dailyUsage: '0',
    lastResetDate: '2026-11-23',
    quotaResetTime: '00:00',
    quotaStoppedAt: '',
    subscriptionExpiresAt: '',
    disableAutoProtection: 'false',
    providerEndpoint: 'responses',
    createdAt: '2026-11-23T04:05:00.325Z',
    lastUsedAt: '',
    ...change,
  };
}

/** Puts accounts into the store with their places in the sets, as v1 does. */
export async function putAccounts(
  store: StoreClient,
  kind: AccountKind,
  ...records: readonly Record<string, string>[]
): Promise<void> {
  for (const record of records) {
    const id = record['id'] ?? '';
    await store.hset(`${kind.recordPrefix}:${id}`, record);
    await store.sadd(`${kind.recordPrefix}:index`, id);
    if (record['accountType'] === 'shared') await store.sadd(kind.sharedSet, id);
  }
}
