import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { ListQueryDto } from '../../core/http/list-query.dto.js';
import { TextLength } from '../../core/http/text-length.validator.js';
import type { TokenPrices } from '../pricing/model-prices.js';
import { LONGEST_NAME } from '../pricing/price-book.js';
import type { PriceSource } from '../pricing/price-override.js';
import type { PricedModel, SetPrice } from './prices.service.js';
import { IsDay } from './set-price.dto.js';

const PER_MILLION = 'USD per million tokens';
const FROM = 'The first day on which it holds; null = since ever.';

/** As it was set: null stands for a rule. */
class SetTokenPricesDto implements TokenPrices {
  @ApiProperty({ description: `Input, ${PER_MILLION}.`, example: 3 })
  input!: number;

  @ApiProperty({ description: `Output, ${PER_MILLION}.`, example: 15 })
  output!: number;

  @ApiProperty({
    description: 'Cache writes that live 5 minutes; null = by rule.',
    type: Number,
    nullable: true,
    example: 3.75,
  })
  cacheWrite!: number | null;

  @ApiProperty({
    description: 'Cache writes that live an hour; null = by rule.',
    type: Number,
    nullable: true,
    example: 6,
  })
  cacheWrite1h!: number | null;

  @ApiProperty({ description: 'Cached input; null = by rule.', type: Number, nullable: true, example: 0.3 })
  cacheRead!: number | null;
}

/** Of requests whose input, cache included, is longer. */
class SetLongContextDto {
  @ApiProperty({ description: 'The prices hold for requests with more input tokens than that.', example: 200_000 })
  aboveTokens!: number;

  @ApiProperty({ description: 'What the whole request costs then.', type: SetTokenPricesDto })
  prices!: SetTokenPricesDto;
}

/** One price that somebody has set. */
export class SetPriceEntryDto extends SetTokenPricesDto implements SetPrice {
  @ApiProperty({ description: 'The model, as it is counted.', example: 'claude-opus-4-1' })
  model!: string;

  @ApiProperty({
    description: 'Where it was set: here (`override`), or in the file of PRICES_FILE.',
    enum: ['override', 'file'],
    example: 'override',
  })
  source!: SetPrice['source'];

  @ApiProperty({ description: 'It decides what the model costs today.', example: true })
  inForce!: boolean;

  @ApiProperty({ description: FROM, type: String, format: 'date', nullable: true, example: '2026-12-01' })
  from!: string | null;

  @ApiProperty({ description: 'Other prices for long requests; null = none.', type: SetLongContextDto, nullable: true })
  longContext!: SetLongContextDto | null;

  @ApiProperty({ description: 'Of fast mode; null = as published.', type: Number, nullable: true, example: null })
  fastMultiplier!: number | null;

  @ApiProperty({
    description: 'Of the priority tier; null = as published.',
    type: Number,
    nullable: true,
    example: null,
  })
  priorityMultiplier!: number | null;
}

/** What each class of tokens costs, every gap filled. */
class TokenPricesDto {
  @ApiProperty({ description: `Input, ${PER_MILLION}.`, example: 3 })
  input!: number;

  @ApiProperty({ description: `Output, ${PER_MILLION}.`, example: 15 })
  output!: number;

  @ApiProperty({ description: `Cache writes that live 5 minutes, ${PER_MILLION}.`, example: 3.75 })
  cacheWrite!: number;

  @ApiProperty({ description: `Cache writes that live an hour, ${PER_MILLION}.`, example: 6 })
  cacheWrite1h!: number;

  @ApiProperty({ description: `Cached input, ${PER_MILLION}.`, example: 0.3 })
  cacheRead!: number;
}

/** Of requests whose input, cache included, is longer. */
class LongPricesDto {
  @ApiProperty({ description: 'The prices hold for requests with more input tokens than that.', example: 200_000 })
  aboveTokens!: number;

  @ApiProperty({ description: 'What the whole request costs then.', type: TokenPricesDto })
  prices!: TokenPricesDto;
}

/** What a model costs on a day, and why. */
export class PricedModelDto extends TokenPricesDto implements PricedModel {
  @ApiProperty({ description: 'The model, as it is counted.', example: 'claude-opus-4-1' })
  model!: string;

  @ApiProperty({ description: 'The day that was asked for.', format: 'date', example: '2026-12-01' })
  day!: string;

  @ApiProperty({
    description:
      'Who says so: a price set here (`override`), the file of PRICES_FILE (`file`), the built-in list (`list`), or nobody, so that requests are booked at the fallback price and flagged (`fallback`).',
    enum: ['override', 'file', 'list', 'fallback'],
    example: 'override',
  })
  source!: PriceSource;

  @ApiProperty({
    description: 'The name under which the price was found; null = under none.',
    type: String,
    nullable: true,
    example: 'claude-opus-4-1',
  })
  matchedName!: string | null;

  @ApiProperty({ description: FROM, type: String, format: 'date', nullable: true, example: '2026-12-01' })
  from!: string | null;

  @ApiProperty({ description: 'Other prices for long requests; null = none.', type: LongPricesDto, nullable: true })
  longContext!: LongPricesDto | null;

  @ApiProperty({
    description: 'By what fast mode multiplies every price; null = 6 for Claude models, 1 for others.',
    type: Number,
    nullable: true,
    example: 6,
  })
  fastMultiplier!: number | null;

  @ApiProperty({
    description: 'By what the priority tier multiplies every price; null = the model has no such tier.',
    type: Number,
    nullable: true,
    example: null,
  })
  priorityMultiplier!: number | null;

  @ApiProperty({
    description: 'When prices of exactly this name were last set here; null = never.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-11-23T04:05:00.344Z',
  })
  updatedAt!: string | null;

  @ApiProperty({ description: 'Who set them last.', type: String, nullable: true, example: 'admin' })
  updatedBy!: string | null;

  @ApiProperty({
    description: 'Every price that is set for exactly this name, oldest first.',
    type: [SetPriceEntryDto],
  })
  overrides!: readonly SetPriceEntryDto[];
}

/** Which set prices are wanted. */
export class PriceListQueryDto extends ListQueryDto {
  @ApiPropertyOptional({ description: 'Only of this model.', type: String, example: 'claude-opus-4-1' })
  @IsOptional()
  @TextLength(1, LONGEST_NAME)
  model?: string;
}

/** On which day. */
export class PriceDayQueryDto {
  @ApiPropertyOptional({
    description: 'The day; today when left out.',
    type: String,
    format: 'date',
    example: '2026-12-01',
  })
  @IsOptional()
  @IsDay()
  day?: string;
}

/** Which of the prices. */
export class RemovePriceQueryDto {
  @ApiPropertyOptional({
    description: 'Only the price that begins on this day; all of the model when left out.',
    type: String,
    format: 'date',
    example: '2026-12-01',
  })
  @IsOptional()
  @IsDay()
  from?: string;
}
