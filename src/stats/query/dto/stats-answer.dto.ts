import { ApiProperty, ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { UsageFiguresDto } from '../../dto/key-stats.dto.js';
import type { StatsFigures } from '../stats-figures.js';

class DoubtfulRequestsDto {
  @ApiProperty({
    description:
      'Requests whose figures are an estimate, or a floor: the stream broke, the client left, no figures came.',
    example: 1,
  })
  estimatedRequests!: number;

  @ApiProperty({
    description: 'Requests whose model has no known price, so that they cost what is assumed.',
    example: 0,
  })
  unpricedRequests!: number;
}

/** What was used in some time. */
export class StatsFiguresDto extends IntersectionType(UsageFiguresDto, DoubtfulRequestsDto) implements StatsFigures {}

/** What a row is about. */
class RowSubjectDto {
  @ApiPropertyOptional({
    description: 'The period, where there is a granularity: `YYYY-MM-DD:HH`, `YYYY-MM-DD` or `YYYY-MM`.',
    example: '2026-11-23',
  })
  period?: string;

  @ApiPropertyOptional({ description: 'The model, or the id of the key or account.', example: 'gpt-5-codex' })
  id?: string;

  @ApiPropertyOptional({
    description: 'The name of the key or account; null when it has no record any more.',
    type: String,
    nullable: true,
    example: 'team-a',
  })
  name?: string | null;
}

export class SpanDto {
  @ApiProperty({
    description: 'The first day; an instant where the span does not consist of whole days.',
    example: '2026-11-01',
  })
  from!: string;

  @ApiProperty({
    description: 'The last day, included; an instant, not included, where the span does not consist of whole days.',
    example: '2026-11-30',
  })
  to!: string;
}

/** One row of what was used. */
class UsageRowDto extends IntersectionType(RowSubjectDto, StatsFiguresDto) {}

/** What was used, row by row. */
export class UsageStatsDto extends SpanDto {
  @ApiProperty({ description: 'All rows together.', type: StatsFiguresDto })
  total!: Readonly<StatsFiguresDto>;

  @ApiProperty({ description: 'By period, then the dearest first. What was not used has no row.', type: [UsageRowDto] })
  rows!: readonly Readonly<UsageRowDto>[];
}

/** What something cost. */
export class CostFiguresDto {
  @ApiProperty({ description: 'Requests that were booked.', example: 128 })
  requests!: number;

  @ApiProperty({ description: 'Tokens of every class.', example: 2_916_992 })
  allTokens!: number;

  @ApiProperty({ description: 'Rated cost in USD: what counts against the limits.', example: 2.73287 })
  costUsd!: number;

  @ApiProperty({ description: 'Real cost in USD: what the upstream charges.', example: 2.73287 })
  realCostUsd!: number;

  @ApiProperty({ description: 'Requests whose model has no known price.', example: 0 })
  unpricedRequests!: number;
}

class CostShareDto {
  @ApiProperty({ description: 'Part of the rated cost of all rows, 0 to 1.', example: 0.25 })
  share!: number;
}

/** One row of what something cost. */
class CostRowDto extends IntersectionType(RowSubjectDto, IntersectionType(CostFiguresDto, CostShareDto)) {}

/** What was paid for, row by row. */
export class CostStatsDto extends SpanDto {
  @ApiProperty({ description: 'All rows together.', type: CostFiguresDto })
  total!: Readonly<CostFiguresDto>;

  @ApiProperty({ description: 'By period, then the dearest first.', type: [CostRowDto] })
  rows!: readonly Readonly<CostRowDto>[];
}
