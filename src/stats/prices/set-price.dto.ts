import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { isInstant } from '../../core/http/instant.validator.js';
import { RefusedFields } from '../../core/http/refused-fields.js';

const MOST_USD = 1_000_000;
const MOST_FACTOR = 1000;
const MOST_TOKENS = 1_000_000_000;

const PRICE_MESSAGE = `$property must be a price in USD per million tokens, from 0 to ${MOST_USD}`;
const FACTOR_MESSAGE = `$property must be a factor from 0 to ${MOST_FACTOR}`;

const TOKENS_MESSAGE = `$property must be a whole number of tokens from 1 to ${MOST_TOKENS}`;

const isDay = (value: unknown): boolean => typeof value === 'string' && value.length === 10 && isInstant(value);

/** A day of the calendar. */
export const IsDay = (): PropertyDecorator =>
  ValidateBy({
    name: 'isDay',
    validator: { validate: isDay, defaultMessage: () => '$property must be a day such as 2030-01-31' },
  });

const InRange = (most: number, message: string): PropertyDecorator =>
  applyDecorators(
    IsNumber({ allowNaN: false, allowInfinity: false }, { message }),
    Min(0, { message }),
    Max(most, { message }),
  );

/** May be left out, but not cleared with null. */
export const IfGiven = (): PropertyDecorator => ValidateIf((_, value: unknown) => value !== undefined);

const Price = (): PropertyDecorator => InRange(MOST_USD, PRICE_MESSAGE);

const OptionalPrice = (description: string, example: number): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ description, type: Number, nullable: true, minimum: 0, maximum: MOST_USD, example }),
    IsOptional(),
    Price(),
  );

const OptionalFactor = (description: string, example: number): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ description, type: Number, nullable: true, minimum: 0, maximum: MOST_FACTOR, example }),
    IsOptional(),
    InRange(MOST_FACTOR, FACTOR_MESSAGE),
  );

const CACHE_WRITE =
  'Cache writes that live 5 minutes; null: the rule of the vendor (Claude: 1.25 times input, others: input).';
const CACHE_WRITE_1H =
  'Cache writes that live an hour; null: the rule of the vendor (Claude: 2 times input, others: as cacheWrite).';
const CACHE_READ = 'Cached input; null: the rule of the vendor (Claude: 0.1 times input, others: input).';

/** USD per million tokens of long prompts. */
class LongPriceChangesDto {
  @ApiProperty({ description: 'Input.', minimum: 0, maximum: MOST_USD, example: 6 })
  @Price()
  input!: number;

  @ApiProperty({ description: 'Output.', minimum: 0, maximum: MOST_USD, example: 22.5 })
  @Price()
  output!: number;

  @OptionalPrice(CACHE_WRITE, 7.5)
  cacheWrite?: number | null;

  @OptionalPrice(CACHE_WRITE_1H, 12)
  cacheWrite1h?: number | null;

  @OptionalPrice(CACHE_READ, 0.6)
  cacheRead?: number | null;
}

/** Other prices for requests whose input, cache included, is longer. */
class LongContextChangeDto {
  @ApiProperty({
    description: 'The prices hold for requests with more input tokens than that.',
    minimum: 1,
    maximum: MOST_TOKENS,
    example: 200_000,
  })
  @IsInt({ message: TOKENS_MESSAGE })
  @Min(1, { message: TOKENS_MESSAGE })
  @Max(MOST_TOKENS, { message: TOKENS_MESSAGE })
  aboveTokens!: number;

  @ApiProperty({ description: 'What the whole request costs then.', type: LongPriceChangesDto })
  @IsObject({ message: '$property must be an object of prices' })
  @ValidateNested()
  @Type(() => LongPriceChangesDto)
  prices!: LongPriceChangesDto;
}

/** A price of a model from a day on: only the fields given are changed, and `null` puts one back to its rule. */
@RefusedFields({
  model: 'stands in the path',
  source: 'is read-only',
  inForce: 'is read-only',
  updatedAt: 'is read-only',
  updatedBy: 'is read-only',
})
export class SetPriceDto {
  @ApiPropertyOptional({
    description:
      'The first day, in the configured zone, on which the prices hold: past or future, today when left out, since ever for null.',
    type: String,
    nullable: true,
    format: 'date',
    example: '2026-12-01',
  })
  @IsOptional()
  @IsDay()
  from?: string | null;

  @ApiPropertyOptional({
    description: 'Input, USD per million tokens. Required for a day that has no price yet.',
    minimum: 0,
    maximum: MOST_USD,
    example: 3,
  })
  @IfGiven()
  @Price()
  input?: number;

  @ApiPropertyOptional({
    description: 'Output, USD per million tokens. Required for a day that has no price yet.',
    minimum: 0,
    maximum: MOST_USD,
    example: 15,
  })
  @IfGiven()
  @Price()
  output?: number;

  @OptionalPrice(CACHE_WRITE, 3.75)
  cacheWrite?: number | null;

  @OptionalPrice(CACHE_WRITE_1H, 6)
  cacheWrite1h?: number | null;

  @OptionalPrice(CACHE_READ, 0.3)
  cacheRead?: number | null;

  @ApiPropertyOptional({
    description: 'Other prices for long requests; null: the prices hold for every length.',
    type: LongContextChangeDto,
    nullable: true,
  })
  @IsOptional()
  @IsObject({ message: '$property must be an object with aboveTokens and prices' })
  @ValidateNested()
  @Type(() => LongContextChangeDto)
  longContext?: LongContextChangeDto | null;

  @OptionalFactor('By what fast mode multiplies every price; null: as published, else 6 (Claude models only).', 6)
  fastMultiplier?: number | null;

  @OptionalFactor('By what the priority tier multiplies every price; null: as published, else none.', 2)
  priorityMultiplier?: number | null;
}
