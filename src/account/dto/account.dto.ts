import type { AccountProxy, AccountType } from '@crs/extension-api';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { AccountEntry } from '../account-entry.factory.js';
import { ACCOUNT_TYPES, hasSetting, PROVIDER_ENDPOINTS } from '../account-record.js';
import { AccountMarkDto, toAccountMarkDtos } from './account-mark.dto.js';
import { AccountProxyDto } from './account-proxy.dto.js';

const INSTANT = { nullable: true, type: String, format: 'date-time', example: '2026-11-23T04:05:16.176Z' } as const;

/** An upstream account. Its key is never part of it. */
export class AccountDto {
  @ApiProperty({ description: 'Id of the account.', format: 'uuid', example: '75462f7c-eb6a-4460-ba3f-065020d4ba45' })
  id!: string;

  @ApiProperty({ description: 'The platform that serves it.', example: 'claude-console' })
  platform!: string;

  @ApiProperty({ description: 'How people call it.', example: 'console-primary' })
  name!: string;

  @ApiProperty({ description: 'Free text.', example: '' })
  description!: string;

  @ApiProperty({ description: 'Address of the upstream.', example: 'https://api.example.com' })
  apiUrl!: string;

  @ApiProperty({
    description: 'Whether a key is stored that can be opened with the encryption key of this gateway.',
    example: true,
  })
  hasApiKey!: boolean;

  @ApiProperty({ description: 'Lower is asked first.', minimum: 1, maximum: 100, example: 10 })
  priority!: number;

  @ApiPropertyOptional({
    description: 'Requested model -> upstream model; empty: every model, under its own name. Not for codex.',
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { 'claude-opus-4-1-20250805': 'vendor-opus' },
  })
  supportedModels?: Readonly<Record<string, string>>;

  @ApiProperty({ description: 'User agent of the account.', example: 'claude-cli/2.0.0 (external, cli)' })
  userAgent!: string;

  @ApiProperty({
    description: '0: rate limits leave no mark. Else the minutes that a rate limit set by version 1 lasts.',
    example: 60,
  })
  rateLimitDuration!: number;

  @ApiProperty({
    description: 'Proxy to the upstream; null = none.',
    nullable: true,
    type: AccountProxyDto,
    example: null,
  })
  proxy!: Readonly<AccountProxyDto> | null;

  @ApiProperty({ description: 'False: kept, but never used.', example: true })
  isActive!: boolean;

  @ApiProperty({ description: 'shared: in the pool of all keys.', enum: ACCOUNT_TYPES, example: 'shared' })
  accountType!: AccountType;

  @ApiProperty({ description: 'Whether new requests may be sent to it.', example: true })
  schedulable!: boolean;

  @ApiProperty({ description: 'USD that it may spend in a quota day; 0 = no limit.', example: 25 })
  dailyQuota!: number;

  @ApiProperty({ description: 'When the quota day begins, HH:mm in the configured time zone.', example: '06:30' })
  quotaResetTime!: string;

  @ApiProperty({ description: 'USD spent in the running quota day; 0 without a daily quota.', example: 3.75 })
  dailyUsage!: number;

  @ApiProperty({ description: 'When the running quota day ends; null without a daily quota.', ...INSTANT })
  quotaResetsAt!: string | null;

  @ApiPropertyOptional({ description: 'Requests at the same time; 0 = no limit. Not for codex.', example: 7 })
  maxConcurrentTasks?: number;

  @ApiProperty({ description: 'Failures leave no marks on this account.', example: false })
  disableAutoProtection!: boolean;

  @ApiPropertyOptional({ description: 'Warm-up requests are answered locally. Not for codex.', example: false })
  interceptWarmup?: boolean;

  @ApiProperty({ description: 'From then on it is not used; null = never.', ...INSTANT })
  subscriptionExpiresAt!: string | null;

  @ApiPropertyOptional({
    description: 'Which interface of the upstream is used. Only for codex.',
    enum: PROVIDER_ENDPOINTS,
    example: 'responses',
  })
  providerEndpoint?: string;

  @ApiProperty({
    description:
      'active (or created): usable. Anything else was set by version 1, or says what makes the record unusable (invalid_proxy).',
    example: 'active',
  })
  status!: string;

  @ApiProperty({ description: 'What version 1 noted about the status.', example: '' })
  errorMessage!: string;

  @ApiProperty({ description: 'When the upstream last said that the account is over its rate.', ...INSTANT })
  rateLimitedAt!: string | null;

  @ApiProperty({ description: 'limited, or empty.', example: '' })
  rateLimitStatus!: string;

  @ApiProperty({ description: 'When it was made.', ...INSTANT })
  createdAt!: string | null;

  @ApiProperty({ description: 'When an administrator last changed it.', ...INSTANT })
  updatedAt!: string | null;

  @ApiProperty({ description: 'When it last served a request.', ...INSTANT })
  lastUsedAt!: string | null;

  @ApiProperty({
    description: 'What keeps it out of use for now.',
    type: [AccountMarkDto],
    example: [
      {
        type: 'cool_down',
        reason: 'cooling_down',
        name: 'overload',
        statusCode: 529,
        until: '2030-01-31T12:10:00.000Z',
      },
    ],
  })
  marks!: readonly Readonly<AccountMarkDto>[];
}

/** The only way out for an account; settings that accounts of the platform do not have are left out. */
export function toAccountDto({ kind, stored, state }: AccountEntry): Readonly<AccountDto> {
  const { account, marks } = state;
  return {
    id: stored.id,
    platform: account.platform,
    name: stored.name,
    description: stored.description,
    apiUrl: stored.apiUrl,
    hasApiKey: account.secret !== '',
    priority: stored.priority,
    ...(hasSetting(kind, 'supportedModels') && { supportedModels: stored.supportedModels }),
    userAgent: stored.userAgent,
    rateLimitDuration: stored.rateLimitDuration,
    proxy: toProxyDto(stored.proxy),
    isActive: stored.isActive,
    accountType: stored.accountType,
    schedulable: stored.schedulable,
    dailyQuota: stored.dailyQuota,
    quotaResetTime: stored.quotaResetTime,
    dailyUsage: marks.quotaSpentUsd,
    quotaResetsAt: toIso(marks.quotaResetsAt),
    ...(hasSetting(kind, 'maxConcurrentTasks') && { maxConcurrentTasks: stored.maxConcurrentTasks }),
    disableAutoProtection: stored.disableAutoProtection,
    ...(hasSetting(kind, 'interceptWarmup') && { interceptWarmup: stored.interceptWarmup }),
    subscriptionExpiresAt: toIso(stored.subscriptionExpiresAt),
    ...(hasSetting(kind, 'providerEndpoint') && { providerEndpoint: stored.providerEndpoint }),
    status: stored.status,
    errorMessage: stored.errorMessage,
    rateLimitedAt: toIso(stored.rateLimitedAt),
    rateLimitStatus: stored.rateLimitStatus,
    createdAt: toIso(stored.createdAt),
    updatedAt: toIso(stored.updatedAt),
    lastUsedAt: toIso(stored.lastUsedAt),
    marks: toAccountMarkDtos(marks),
  };
}

const toIso = (at: Date | null): string | null => at?.toISOString() ?? null;

function toProxyDto(proxy: AccountProxy | null): Readonly<AccountProxyDto> | null {
  if (proxy === null) return null;
  const { type, host, port, username, password } = proxy;
  return { type, host, port, username: username ?? null, hasPassword: password !== undefined };
}
