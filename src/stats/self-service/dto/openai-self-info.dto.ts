import { ApiProperty } from '@nestjs/swagger';
import type { KeyReport } from '../self-info.service.js';
import { toUsageClass } from '../usage-class.js';
import { UsageClassDto } from './usage-class.dto.js';

/** Limit of requests by v1's names. */
class OpenAiRateLimitDto {
  @ApiProperty({ description: 'Minutes of the fixed window; 0 = none.', example: 0 })
  window!: number;

  @ApiProperty({ description: 'Requests per window; 0 = no limit.', example: 0 })
  requests!: number;
}

/** What a key used, by v1's names. */
class OpenAiKeyUsageDto {
  @ApiProperty({ description: 'Since the beginning.', type: UsageClassDto })
  total!: Readonly<UsageClassDto>;

  @ApiProperty({ description: 'The current day in the configured zone.', type: UsageClassDto })
  daily!: Readonly<UsageClassDto>;

  @ApiProperty({ description: 'The current month in the configured zone.', type: UsageClassDto })
  monthly!: Readonly<UsageClassDto>;
}

/** The key that calls, as v1 tells it under `/openai`. */
export class OpenAiKeyInfoDto {
  @ApiProperty({ description: 'Id of the key.', example: '80cac638-f623-4bed-ac85-8a1a69d6525d' })
  id!: string;

  @ApiProperty({ description: 'Its name.', example: 'team a' })
  name!: string;

  @ApiProperty({
    description: 'Services that it may use, by the names of v1 (`openai` is Codex); empty = all.',
    type: [String],
    example: ['openai'],
  })
  permissions!: readonly string[];

  @ApiProperty({ description: 'Tokens per window; 0 = no limit.', example: 0 })
  token_limit!: number;

  @ApiProperty({ description: 'Tokens of every class since the beginning.', example: 45578 })
  tokens_used!: number;

  @ApiProperty({
    description: 'What is left of the limit in the current window; null = no limit.',
    type: Number,
    nullable: true,
    example: null,
  })
  tokens_remaining!: number | null;

  @ApiProperty({ description: 'Its limit of requests.', type: OpenAiRateLimitDto })
  rate_limit!: Readonly<OpenAiRateLimitDto>;

  @ApiProperty({ description: 'What it used.', type: OpenAiKeyUsageDto })
  usage!: Readonly<OpenAiKeyUsageDto>;
}

/** What the key that calls used, as v1 tells it under `/openai`. */
export class OpenAiUsageDto {
  @ApiProperty({ description: 'Always `usage`.', example: 'usage' })
  object!: 'usage';

  @ApiProperty({ description: 'Tokens of every class since the beginning.', example: 45578 })
  total_tokens!: number;

  @ApiProperty({ description: 'Requests since the beginning.', example: 2 })
  total_requests!: number;

  @ApiProperty({ description: 'Tokens of the current day in the configured zone.', example: 911 })
  daily_tokens!: number;

  @ApiProperty({ description: 'Requests of the current day.', example: 1 })
  daily_requests!: number;

  @ApiProperty({ description: 'Tokens of the current month in the configured zone.', example: 45578 })
  monthly_tokens!: number;

  @ApiProperty({ description: 'Requests of the current month.', example: 2 })
  monthly_requests!: number;
}

export const toOpenAiKeyInfoDto = ({ key, totals }: KeyReport): Readonly<OpenAiKeyInfoDto> => ({
  id: key.id,
  name: key.name,
  permissions: key.permissions.map((service) => (service === 'codex' ? 'openai' : service)),
  token_limit: key.limits.tokenLimit,
  tokens_used: totals.total.allTokens,
  tokens_remaining: totals.limits.window.tokens.remaining,
  rate_limit: { window: key.limits.rateLimitWindow, requests: key.limits.rateLimitRequests },
  usage: {
    total: toUsageClass(totals.total),
    daily: toUsageClass(totals.today),
    monthly: toUsageClass(totals.month),
  },
});

export const toOpenAiUsageDto = ({ totals: { total, today, month } }: KeyReport): Readonly<OpenAiUsageDto> => ({
  object: 'usage',
  total_tokens: total.allTokens,
  total_requests: total.requests,
  daily_tokens: today.allTokens,
  daily_requests: today.requests,
  monthly_tokens: month.allTokens,
  monthly_requests: month.requests,
});
