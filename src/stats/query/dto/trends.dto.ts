import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { SpanDto, StatsFiguresDto } from './stats-answer.dto.js';

class TrendPeriodDto {
  @ApiProperty({ description: 'The period: `YYYY-MM-DD:HH`, `YYYY-MM-DD` or `YYYY-MM`.', example: '2026-11-23' })
  period!: string;
}

/** What was used in one period, 0 where nothing was. */
class TrendRowDto extends IntersectionType(TrendPeriodDto, StatsFiguresDto) {}

class PreviousSpanDto extends SpanDto {
  @ApiProperty({ description: 'All that was used in it.', type: StatsFiguresDto })
  total!: Readonly<StatsFiguresDto>;
}

const change = (what: string): ReturnType<typeof ApiProperty> =>
  ApiProperty({
    description: `${what}: 0.25 is a quarter more than before, -0.5 half of it; null when there was nothing before.`,
    type: Number,
    nullable: true,
    example: 0.25,
  });

/** How much more or less than in the span before. */
export class TrendChangeDto {
  @change('Requests')
  requests!: number | null;

  @change('Tokens')
  allTokens!: number | null;

  @change('Rated cost')
  costUsd!: number | null;

  @change('Real cost')
  realCostUsd!: number | null;
}

/** How usage develops. */
export class TrendsDto extends SpanDto {
  @ApiProperty({ description: 'All periods together.', type: StatsFiguresDto })
  total!: Readonly<StatsFiguresDto>;

  @ApiProperty({ description: 'The span of the same length directly before.', type: PreviousSpanDto })
  previous!: Readonly<PreviousSpanDto>;

  @ApiProperty({ description: 'Against the span before.', type: TrendChangeDto })
  change!: Readonly<TrendChangeDto>;

  @ApiProperty({ description: 'Every period of the span, in order.', type: [TrendRowDto] })
  rows!: readonly Readonly<TrendRowDto>[];
}
