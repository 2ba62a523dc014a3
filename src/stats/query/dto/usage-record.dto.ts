import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

class CostBreakdownDto {
  @ApiPropertyOptional({ description: 'Input tokens, USD.', example: 0.003609 })
  input?: number;

  @ApiPropertyOptional({ description: 'Output tokens, USD.', example: 0.006855 })
  output?: number;

  @ApiPropertyOptional({ description: 'Cache writes, USD.', example: 0.00488325 })
  cacheCreate?: number;

  @ApiPropertyOptional({ description: 'Cache reads, USD.', example: 0.0060033 })
  cacheRead?: number;

  @ApiPropertyOptional({ description: 'Cache writes that live 5 minutes, USD.', example: 0.00304125 })
  ephemeral5m?: number;

  @ApiPropertyOptional({ description: 'Cache writes that live an hour, USD.', example: 0.001842 })
  ephemeral1h?: number;

  @ApiPropertyOptional({ description: 'All of it, USD.', example: 0.02135055 })
  total?: number;
}

/** One request as it was booked, under the stored names; records of old versions have fewer fields. */
export class UsageRecordDto {
  @ApiProperty({ description: 'When it was booked.', format: 'date-time', example: '2026-11-23T04:05:00.678Z' })
  timestamp!: string;

  @ApiProperty({ description: 'The model as the upstream named it.', example: 'claude-sonnet-4-5-20250929' })
  model!: string;

  @ApiPropertyOptional({ description: 'The account that served it.', example: '799e2112-a6d8-4c77-9f9f-c408f3d18922' })
  accountId?: string;

  @ApiPropertyOptional({ description: 'Its kind.', example: 'claude-console' })
  accountType?: string;

  @ApiPropertyOptional({ description: 'The id of the request.', example: 'req_3f0c9d1e8b7a4c5d9e2f1a0b6c7d8e9f' })
  requestId?: string;

  @ApiPropertyOptional({ description: 'What was asked for.', example: '/api/v1/messages' })
  endpoint?: string;

  @ApiPropertyOptional({ description: 'The method.', example: 'POST' })
  method?: string;

  @ApiPropertyOptional({ description: 'The status of the answer.', example: 200 })
  statusCode?: number;

  @ApiPropertyOptional({ description: 'Whether it was a stream.', example: true })
  stream?: boolean;

  @ApiPropertyOptional({ description: 'How long it took in milliseconds.', example: 1843 })
  durationMs?: number;

  @ApiProperty({ description: 'Input tokens beside the caches.', example: 1203 })
  inputTokens!: number;

  @ApiProperty({ description: 'Output tokens.', example: 457 })
  outputTokens!: number;

  @ApiProperty({ description: 'Tokens written to a cache.', example: 1118 })
  cacheCreateTokens!: number;

  @ApiProperty({ description: 'Tokens read from a cache.', example: 20_011 })
  cacheReadTokens!: number;

  @ApiPropertyOptional({ description: 'Part of cacheCreateTokens that lives 5 minutes.', example: 811 })
  ephemeral5mTokens?: number;

  @ApiPropertyOptional({ description: 'Part of cacheCreateTokens that lives an hour.', example: 307 })
  ephemeral1hTokens?: number;

  @ApiProperty({ description: 'Tokens of every class.', example: 22_789 })
  totalTokens!: number;

  @ApiProperty({ description: 'Rated cost in USD.', example: 0.021351 })
  cost!: number;

  @ApiPropertyOptional({ description: 'Real cost in USD.', example: 0.021351 })
  realCost?: number;

  @ApiPropertyOptional({ description: 'The rated cost by class of tokens.', type: CostBreakdownDto })
  costBreakdown?: Readonly<CostBreakdownDto>;

  @ApiPropertyOptional({ description: 'The real cost by class of tokens.', type: CostBreakdownDto })
  realCostBreakdown?: Readonly<CostBreakdownDto>;

  @ApiPropertyOptional({ description: 'The model has no known price.', example: false })
  usedFallbackPricing?: boolean;

  @ApiPropertyOptional({ description: 'Whether it used the long context window.', example: false })
  isLongContext?: boolean;

  @ApiPropertyOptional({ description: 'True when the figures are an estimate or a floor.', example: true })
  estimated?: boolean;

  @ApiPropertyOptional({
    description: 'True when the answer did not tell its input or its output: that is taken from the length.',
    example: true,
  })
  usageMissing?: boolean;
}
