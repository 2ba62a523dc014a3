import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { ArrayMaxSize, ArrayNotEmpty, IsArray, IsIn, IsOptional, Matches } from 'class-validator';
import { TextLength } from '../../../core/http/text-length.validator.js';
import type { UsagePeriod } from '../../key-figures.js';

const MOST_IDS = 30;
const EXAMPLE_ID = '80cac638-f623-4bed-ac85-8a1a69d6525d';
const EXAMPLE_KEY = 'cr_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** v1's names of the periods. */
const PERIODS = { daily: 'today', monthly: 'month', alltime: 'total' } as const satisfies Record<string, UsagePeriod>;
const PERIOD_NAMES = Object.keys(PERIODS);
export type PeriodName = keyof typeof PERIODS;

export const toPeriod = (name: PeriodName): UsagePeriod => PERIODS[name];

/** Pasted text without what came along with it; an empty field is one that was not filled in. */
const pastedText = ({ value }: Pick<TransformFnParams, 'value'>): unknown =>
  typeof value === 'string' ? value.trim() || undefined : (value ?? undefined);

/** As records are keyed by it. */
const pastedId = (params: Pick<TransformFnParams, 'value'>): unknown => {
  const text = pastedText(params);
  return typeof text === 'string' ? text.toLowerCase() : text;
};

const idsAsKeyed = ({ value }: Pick<TransformFnParams, 'value'>): unknown =>
  Array.isArray(value) ? value.map((id: unknown) => pastedId({ value: id })) : value;

const PeriodField = (standard: PeriodName): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({
      description: 'The current day or month in the configured zone, or all time.',
      enum: PERIOD_NAMES,
      default: standard,
      example: standard,
    }),
    IsOptional(),
    IsIn(PERIOD_NAMES, { message: `$property must be one of ${PERIOD_NAMES.join(', ')}` }),
  );

/** A key by its secret. */
export class KeySecretDto {
  @ApiProperty({ description: 'The key.', minLength: 10, maxLength: 512, example: EXAMPLE_KEY })
  @Transform(pastedText)
  @TextLength(10, 512)
  apiKey!: string;
}

/** A key by its secret or its id; the id wins. */
export class KeyQueryDto {
  @ApiPropertyOptional({ description: 'The key.', minLength: 10, maxLength: 512, example: EXAMPLE_KEY })
  @Transform(pastedText)
  @IsOptional()
  @TextLength(10, 512)
  apiKey?: string;

  @ApiPropertyOptional({ description: 'Or its id.', format: 'uuid', example: EXAMPLE_ID })
  @Transform(pastedId)
  @IsOptional()
  @Matches(UUID, { message: '$property must be a UUID' })
  apiId?: string;
}

/** A key and a period. */
export class ModelsQueryDto extends KeyQueryDto {
  @PeriodField('monthly')
  period: PeriodName = 'monthly';
}

/** Several keys by their ids. */
export class BatchQueryDto {
  @ApiProperty({
    description: 'Ids of keys.',
    type: [String],
    minItems: 1,
    maxItems: MOST_IDS,
    example: [EXAMPLE_ID],
  })
  // Applied from the bottom up; the first fault is told.
  @Transform(idsAsKeyed)
  @Matches(UUID, { each: true, message: 'each of $property must be a UUID' })
  @ArrayMaxSize(MOST_IDS, { message: `$property must name at most ${MOST_IDS} keys` })
  @ArrayNotEmpty({ message: '$property must name at least one key' })
  @IsArray({ message: '$property must be a list of ids' })
  apiIds!: string[];
}

/** Several keys and a period. */
export class BatchModelsQueryDto extends BatchQueryDto {
  @PeriodField('daily')
  period: PeriodName = 'daily';
}
