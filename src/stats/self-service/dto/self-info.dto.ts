import { ApiProperty, PickType } from '@nestjs/swagger';
import type { ApiKeySummary } from '@crs/extension-api';
import { KeyStatsDto, toKeyStatsDto } from '../../dto/key-stats.dto.js';
import type { ShownRecord } from '../recent-records.repository.js';
import type { KeyReport } from '../self-info.service.js';
import { averagesOf, toUsageClass } from '../usage-class.js';
import { UsageAveragesDto, UsageClassDto } from './usage-class.dto.js';

/** What a key used, by v1's names. */
class KeyUsageDto {
  @ApiProperty({ description: 'Since the beginning.', type: UsageClassDto })
  total!: Readonly<UsageClassDto>;

  @ApiProperty({ description: 'The current day in the configured zone.', type: UsageClassDto })
  daily!: Readonly<UsageClassDto>;

  @ApiProperty({ description: 'The current month in the configured zone.', type: UsageClassDto })
  monthly!: Readonly<UsageClassDto>;

  @ApiProperty({ description: 'Averages since the key was created.', type: UsageAveragesDto })
  averages!: Readonly<UsageAveragesDto>;

  @ApiProperty({
    description: 'The newest 20 requests as they were booked, the newest first, without the accounts that served them.',
    type: [Object],
    example: [{ timestamp: '2026-11-23T04:05:00.678Z', model: 'claude-sonnet-4-5-20250929', cost: 0.021351 }],
  })
  recentRecords!: readonly ShownRecord[];
}

/** The key that calls. */
class OwnKeyDto {
  @ApiProperty({ description: 'Id of the key.', example: '80cac638-f623-4bed-ac85-8a1a69d6525d' })
  id!: string;

  @ApiProperty({ description: 'Its name.', example: 'team a' })
  name!: string;

  @ApiProperty({ description: 'Tokens per window; 0 = no limit.', example: 0 })
  tokenLimit!: number;

  @ApiProperty({ description: 'What it used.', type: KeyUsageDto })
  usage!: Readonly<KeyUsageDto>;
}

/** The key that calls, with its limits. */
export class KeyInfoDto extends PickType(KeyStatsDto, ['limits']) {
  @ApiProperty({ description: 'The key.', type: OwnKeyDto })
  keyInfo!: Readonly<OwnKeyDto>;

  @ApiProperty({ description: 'When this was read.', example: '2026-11-23T04:05:00.000Z', format: 'date-time' })
  timestamp!: string;
}

/** Limits by the names of v1. */
class OwnLimitsDto {
  @ApiProperty({ description: 'Tokens per window; 0 = no limit.', example: 0 })
  tokens!: number;

  @ApiProperty({ description: 'Requests per window; 0 = no limit.', example: 0 })
  requests!: number;
}

/** What the key that calls used. */
export class OwnUsageDto {
  @ApiProperty({ description: 'What it used.', type: KeyUsageDto })
  usage!: Readonly<KeyUsageDto>;

  @ApiProperty({ description: 'Its limits per window.', type: OwnLimitsDto })
  limits!: Readonly<OwnLimitsDto>;

  @ApiProperty({ description: 'When this was read.', example: '2026-11-23T04:05:00.000Z', format: 'date-time' })
  timestamp!: string;
}

/** A key in the form of a user. */
export class MeDto {
  @ApiProperty({ description: '`user_` and the id of the key.', example: 'user_80cac638-f623-4bed-ac85-8a1a69d6525d' })
  id!: string;

  @ApiProperty({ description: 'Always `user`.', example: 'user' })
  type!: 'user';

  @ApiProperty({ description: 'Name of the key.', example: 'team a' })
  display_name!: string;

  @ApiProperty({
    description: 'When the key was created; null when nobody noted it.',
    example: '2026-11-23T04:05:00.344Z',
    type: String,
    format: 'date-time',
    nullable: true,
  })
  created_at!: string | null;
}

/** A balance in tokens. */
class CreditBalanceDto {
  @ApiProperty({ description: 'Always `credit_balance`.', example: 'credit_balance' })
  type!: 'credit_balance';

  @ApiProperty({ description: 'Tokens per window; 0 = no limit.', example: 0 })
  credit_balance!: number;
}

/** The limit of a key in the form of an organization's balance. */
export class OrganizationUsageDto {
  @ApiProperty({ description: 'Always `usage`.', example: 'usage' })
  object!: 'usage';

  @ApiProperty({ description: 'One balance.', type: [CreditBalanceDto] })
  data!: readonly Readonly<CreditBalanceDto>[];
}

export const toKeyInfoDto = (report: KeyReport): Readonly<KeyInfoDto> => ({
  keyInfo: {
    id: report.key.id,
    name: report.key.name,
    tokenLimit: report.key.limits.tokenLimit,
    usage: toKeyUsageDto(report),
  },
  limits: toKeyStatsDto({ ...report.totals, models: [] }).limits,
  timestamp: report.at.toISOString(),
});

export const toOwnUsageDto = (report: KeyReport): Readonly<OwnUsageDto> => ({
  usage: toKeyUsageDto(report),
  limits: { tokens: report.key.limits.tokenLimit, requests: report.key.limits.rateLimitRequests },
  timestamp: report.at.toISOString(),
});

export const toMeDto = (key: ApiKeySummary): Readonly<MeDto> => ({
  id: `user_${key.id}`,
  type: 'user',
  display_name: key.name,
  created_at: key.createdAt?.toISOString() ?? null,
});

export const toOrganizationUsageDto = (key: ApiKeySummary): Readonly<OrganizationUsageDto> => ({
  object: 'usage',
  data: [{ type: 'credit_balance', credit_balance: key.limits.tokenLimit }],
});

const toKeyUsageDto = ({ key, totals, records, at }: KeyReport): Readonly<KeyUsageDto> => ({
  total: toUsageClass(totals.total),
  daily: toUsageClass(totals.today),
  monthly: toUsageClass(totals.month),
  averages: averagesOf(totals.total, key.createdAt, at.getTime()),
  recentRecords: records,
});
