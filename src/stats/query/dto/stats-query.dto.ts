import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional, OmitType, PickType } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import type { RollUpGrain } from '@crs/store';
import { IsInstant } from '../../../core/http/instant.validator.js';
import { tidyText } from '../../../core/http/tidy-text.js';

const GRANULARITIES: readonly RollUpGrain[] = ['hour', 'day', 'month'];
const GROUPINGS = ['model', 'key', 'account', 'day'] as const;
const FORMATS = ['json', 'csv'] as const;
const RANKINGS = ['cost', 'requests', 'tokens'] as const;
const KEY_GROUPINGS = ['model', 'day'] as const;
const LONGEST_MODEL = 200;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export type Grouping = (typeof GROUPINGS)[number];
export type Ranking = (typeof RANKINGS)[number];
export type AnswerFormat = (typeof FORMATS)[number];

const lowerCase = ({ value }: Pick<TransformFnParams, 'value'>): unknown =>
  typeof value === 'string' ? value.toLowerCase() : value;

const toInteger = ({ value }: Pick<TransformFnParams, 'value'>): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;

const OptionalOneOf = (values: readonly string[]): PropertyDecorator =>
  applyDecorators(IsOptional(), IsIn(values, { message: `$property must be one of: ${values.join(', ')}` }));

const OptionalId = (): PropertyDecorator =>
  applyDecorators(IsOptional(), Transform(lowerCase), Matches(UUID, { message: '$property must be an id' }));

const OptionalModel = (): PropertyDecorator =>
  applyDecorators(
    IsOptional(),
    Transform(tidyText),
    MaxLength(LONGEST_MODEL, { message: `$property must have at most ${LONGEST_MODEL} characters` }),
    IsString({ message: '$property must be one text' }),
  );

/** Of what time and of what the figures are wanted. */
export class StatsQueryDto {
  @ApiPropertyOptional({
    description:
      'The first day, `YYYY-MM-DD` in the configured zone, or an ISO 8601 instant at which a day begins (with hours: an hour). Without it: 30 days before the end, by hour 24 hours, by month 12 months.',
    example: '2026-11-01',
  })
  @IsOptional()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({
    description:
      'The last day, included, or an instant, which is not included any more. Without it: the end of today, by hour of this hour.',
    example: '2026-11-30',
  })
  @IsOptional()
  @IsInstant()
  to?: string;

  @ApiPropertyOptional({
    description:
      'One row per hour (at most 8 days), day (at most 400 days) or month (at most 36). Without it the rows are of the whole span, or by day when they are not grouped.',
    enum: GRANULARITIES,
    example: 'day',
  })
  @OptionalOneOf(GRANULARITIES)
  granularity?: RollUpGrain;

  @ApiPropertyOptional({
    description: 'One row per model, key or account, in each period where there is a granularity; or per day.',
    enum: GROUPINGS,
    example: 'model',
  })
  @OptionalOneOf(GROUPINGS)
  groupBy?: Grouping;

  @ApiPropertyOptional({ description: 'Only of this key. Not together with accounts.', format: 'uuid' })
  @OptionalId()
  keyId?: string;

  @ApiPropertyOptional({ description: 'Only of this account. Not together with keys.', format: 'uuid' })
  @OptionalId()
  accountId?: string;

  @ApiPropertyOptional({
    description: 'Only of this model, named as in the rows.',
    maxLength: LONGEST_MODEL,
    example: 'claude-sonnet-4-5-20250929',
  })
  @OptionalModel()
  model?: string;

  @ApiPropertyOptional({ description: 'Answer as JSON or as a file of comma-separated values.', enum: FORMATS })
  @OptionalOneOf(FORMATS)
  format?: AnswerFormat;
}

/** Trends have a row per period and no groups. */
export class TrendsQueryDto extends OmitType(StatsQueryDto, ['groupBy', 'format']) {}

/** Which keys were used most. */
export class TopKeysQueryDto extends PickType(StatsQueryDto, ['from', 'to', 'model', 'format']) {
  @ApiPropertyOptional({ description: 'What to order by, the most first.', enum: RANKINGS, default: 'cost' })
  @OptionalOneOf(RANKINGS)
  by: Ranking = 'cost';

  @ApiPropertyOptional({
    description: 'How many keys to give.',
    type: Number,
    minimum: 1,
    maximum: 200,
    default: 10,
    example: 10,
  })
  @IsOptional()
  @Transform(toInteger)
  @Min(1)
  @Max(200)
  @IsInt()
  limit = 10;
}

/** Accounts over a span. */
export class AccountStatsQueryDto extends PickType(StatsQueryDto, ['from', 'to', 'model', 'format', 'accountId']) {}

/** One key over a span. */
export class KeyUsageQueryDto extends PickType(StatsQueryDto, ['from', 'to', 'granularity', 'model']) {
  @ApiPropertyOptional({ description: 'One row per model, or per day.', enum: KEY_GROUPINGS, example: 'model' })
  @OptionalOneOf(KEY_GROUPINGS)
  groupBy?: (typeof KEY_GROUPINGS)[number];
}
