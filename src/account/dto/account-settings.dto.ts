import type { AccountType } from '@crs/extension-api';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsNumber, IsObject, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { ACCOUNT_TYPES, PROVIDER_ENDPOINTS } from '../account-record.js';
import { AccountProxyInputDto } from './account-proxy.dto.js';
import { RefuseStoredFields } from './refused-fields.js';
import { AsSent, NO_CONTROLS_BUT_LINES, tidyText } from '../../core/http/tidy-text.js';
import { IsInstant } from '../../core/http/instant.validator.js';
import { Choice, Clearable, IsModelMap, Switch, WholeNumber } from './setting-field.js';

const MAX_DESCRIPTION_LENGTH = 2000;
const MAX_USER_AGENT_LENGTH = 500;
const MAX_RATE_LIMIT_MINUTES = 525_600;
const MAX_QUOTA_USD = 1_000_000_000;
const MAX_TASKS = 100_000;

/**
 * What may be set on an account beside its name, address and key. All of it may be left out. Decorators are applied from
 * the bottom up and the first fault is told, so the check of the type stands last.
 */
@RefuseStoredFields()
export class AccountSettingsDto {
  @ApiPropertyOptional({
    description: 'Free text; null = none.',
    nullable: true,
    type: String,
    example: 'Team plan, renewed in May',
  })
  @Clearable()
  @Transform(tidyText)
  @Matches(NO_CONTROLS_BUT_LINES, { message: '$property must not hold control characters' })
  @MaxLength(MAX_DESCRIPTION_LENGTH)
  @IsString({ message: '$property must be text' })
  description?: string | null;

  @ApiPropertyOptional({
    description: 'Accounts with a lower number are asked first; those with the same one take turns. Null = 50.',
    minimum: 1,
    maximum: 100,
    nullable: true,
    type: Number,
    default: 50,
    example: 10,
  })
  @WholeNumber({ min: 1, max: 100 })
  priority?: number | null;

  @ApiPropertyOptional({
    description:
      "Models that the account serves: a list of names, or an object from the requested model to the upstream's name of it. Empty or null: every model, under its own name. Not for codex.",
    nullable: true,
    oneOf: [
      { type: 'object', additionalProperties: { type: 'string' } },
      { type: 'array', items: { type: 'string' } },
    ],
    example: { 'claude-opus-4-1-20250805': 'vendor-opus' },
  })
  @Clearable()
  @AsSent()
  @IsModelMap()
  supportedModels?: object | null;

  @ApiPropertyOptional({
    description: 'User agent for upstream requests of clients that send none. Null = the default of the platform.',
    nullable: true,
    type: String,
    example: 'claude-cli/2.0.0 (external, cli)',
  })
  @Clearable()
  @Matches(/^[\x20-\x7e]*$/, { message: '$property must be plain ASCII text' })
  @MaxLength(MAX_USER_AGENT_LENGTH)
  @IsString({ message: '$property must be text' })
  userAgent?: string | null;

  @ApiPropertyOptional({
    description:
      "A rate limit of the upstream (429) keeps the account out of use until the reset that it names (300 seconds without one). With 0 for half an hour at most, however far away the reset is. Any other number: the minutes that version 1's own rate limits last. Null = 60.",
    minimum: 0,
    maximum: MAX_RATE_LIMIT_MINUTES,
    nullable: true,
    type: Number,
    default: 60,
    example: 60,
  })
  @WholeNumber({ min: 0, max: MAX_RATE_LIMIT_MINUTES })
  rateLimitDuration?: number | null;

  @ApiPropertyOptional({
    description: 'Proxy to the upstream; null = none.',
    nullable: true,
    type: AccountProxyInputDto,
    example: { type: 'socks5', host: 'proxy.example.com', port: 1080 },
  })
  @Clearable()
  @ValidateNested()
  @Type(() => AccountProxyInputDto)
  @IsObject({ message: '$property must be an object or null' })
  proxy?: AccountProxyInputDto | null;

  @ApiPropertyOptional({
    description: 'A switched off account is kept, but never used. Null = true.',
    nullable: true,
    type: Boolean,
    default: true,
    example: true,
  })
  @Switch()
  isActive?: boolean | null;

  @ApiPropertyOptional({
    description:
      'shared: in the pool of all keys. dedicated, group: only for keys that are bound to it, or to an account group that it is in. Null = shared.',
    nullable: true,
    enum: ACCOUNT_TYPES,
    default: 'shared',
    example: 'shared',
  })
  @Choice(ACCOUNT_TYPES)
  accountType?: AccountType | null;

  @ApiPropertyOptional({
    description: 'Whether new requests may be sent to it. Null = true.',
    nullable: true,
    type: Boolean,
    default: true,
    example: true,
  })
  @Switch()
  schedulable?: boolean | null;

  @ApiPropertyOptional({
    description: 'USD that the account may spend in a quota day; 0 or null = no limit.',
    minimum: 0,
    maximum: MAX_QUOTA_USD,
    nullable: true,
    type: Number,
    default: 0,
    example: 25,
  })
  @Clearable()
  @Min(0)
  @Max(MAX_QUOTA_USD)
  @IsNumber({ allowNaN: false, allowInfinity: false }, { message: '$property must be a number' })
  dailyQuota?: number | null;

  @ApiPropertyOptional({
    description: 'When the quota day begins: HH:mm in the configured time zone. Null = 00:00.',
    nullable: true,
    type: String,
    default: '00:00',
    example: '06:30',
  })
  @Clearable()
  @Matches(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { message: '$property must be a time of day such as 06:30' })
  @IsString({ message: '$property must be text' })
  quotaResetTime?: string | null;

  @ApiPropertyOptional({
    description: 'Requests that the account may have at the same time; 0 or null = no limit. Not for codex.',
    minimum: 0,
    maximum: MAX_TASKS,
    nullable: true,
    type: Number,
    default: 0,
    example: 7,
  })
  @WholeNumber({ min: 0, max: MAX_TASKS })
  maxConcurrentTasks?: number | null;

  @ApiPropertyOptional({
    description: 'Failures leave no marks on this account. Null = false.',
    nullable: true,
    type: Boolean,
    default: false,
    example: false,
  })
  @Switch()
  disableAutoProtection?: boolean | null;

  @ApiPropertyOptional({
    description: 'Answer warm-up requests of clients locally. Null = false. Not for codex.',
    nullable: true,
    type: Boolean,
    default: false,
    example: false,
  })
  @Switch()
  interceptWarmup?: boolean | null;

  @ApiPropertyOptional({
    description: 'From then on the account is not used; null = never. A date without a time means midnight UTC.',
    nullable: true,
    type: String,
    format: 'date-time',
    example: '2030-01-31T12:00:00.000Z',
  })
  @Clearable()
  @IsInstant()
  subscriptionExpiresAt?: string | null;

  @ApiPropertyOptional({
    description:
      'Which interface of the upstream is used: always the Responses API, or the one that was asked for. Null = responses. Only for codex.',
    nullable: true,
    enum: PROVIDER_ENDPOINTS,
    default: 'responses',
    example: 'responses',
  })
  @Choice(PROVIDER_ENDPOINTS)
  providerEndpoint?: (typeof PROVIDER_ENDPOINTS)[number] | null;
}
