import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { addFigures } from '../../key-figures.js';
import type { UsageFigures } from '../../key-usage.js';
import type { FoundKeys } from '../batch-lookup.service.js';
import type { LeftOutKey } from '../key-finder.js';
import { toCostedUsage } from '../key-profile.js';
import { CostedUsageDto } from './key-profile.dto.js';

class BatchUsageDto {
  @ApiProperty({ description: 'Since the beginning.', type: CostedUsageDto })
  usage!: Readonly<CostedUsageDto>;

  @ApiProperty({ description: 'The current day in the configured zone.', type: CostedUsageDto })
  dailyUsage!: Readonly<CostedUsageDto>;

  @ApiProperty({ description: 'The current month in the configured zone.', type: CostedUsageDto })
  monthlyUsage!: Readonly<CostedUsageDto>;
}

class AggregatedDto extends BatchUsageDto {
  @ApiProperty({ description: 'Keys that were asked for.', example: 2 })
  totalKeys!: number;

  @ApiProperty({ description: 'Those of them that may be used; the figures are theirs.', example: 2 })
  activeKeys!: number;
}

class BatchKeyDto extends BatchUsageDto {
  @ApiProperty({ description: 'Id of the key.', example: '80cac638-f623-4bed-ac85-8a1a69d6525d' })
  apiId!: string;

  @ApiProperty({ description: 'Its name.', example: 'team a' })
  name!: string;

  @ApiProperty({ description: 'What it is for.', example: '' })
  description!: string;

  @ApiProperty({ description: 'Always true: nothing is told of others.', example: true })
  isActive!: boolean;

  @ApiProperty({
    description: 'When it was created; null when nobody noted it.',
    example: '2026-11-23T04:05:00.344Z',
    type: String,
    format: 'date-time',
    nullable: true,
  })
  createdAt!: string | null;
}

class LeftOutKeyDto implements LeftOutKey {
  @ApiProperty({ description: 'Id of the key.', example: '650dc90f-c711-48ee-84c6-45465377e6d7' })
  apiId!: string;

  @ApiProperty({ description: 'Why nothing is told of it.', example: 'API key is disabled' })
  error!: string;

  @ApiProperty({ description: 'The same in a sentence.', example: 'The API key "team b" is disabled.' })
  message!: string;

  @ApiPropertyOptional({ description: 'Its name, when there is such a key.', example: 'team b' })
  keyName?: string;
}

/** What several keys used, together and each. */
export class BatchDto {
  @ApiProperty({ description: 'All together.', type: AggregatedDto })
  aggregated!: Readonly<AggregatedDto>;

  @ApiProperty({ description: 'Each for itself.', type: [BatchKeyDto] })
  individual!: readonly Readonly<BatchKeyDto>[];

  @ApiProperty({ description: 'Keys that cannot be used, and so are in no figure.', type: [LeftOutKeyDto] })
  leftOut!: readonly Readonly<LeftOutKeyDto>[];
}

type Periods = Readonly<Record<'total' | 'today' | 'month', UsageFigures>>;

const NOTHING: UsageFigures = {
  requests: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheCreateTokens: 0,
  cacheReadTokens: 0,
  ephemeral5mTokens: 0,
  ephemeral1hTokens: 0,
  allTokens: 0,
  costUsd: 0,
  realCostUsd: 0,
};

export function toBatchDto({ found, leftOut }: FoundKeys): Readonly<BatchDto> {
  const sumOf = (period: keyof Periods): UsageFigures =>
    found.map(({ totals }) => totals[period]).reduce(addFigures, NOTHING);
  const sums: Periods = { total: sumOf('total'), today: sumOf('today'), month: sumOf('month') };
  return {
    aggregated: { totalKeys: found.length + leftOut.length, activeKeys: found.length, ...toBatchUsageDto(sums) },
    individual: found.map(({ key, totals }) => ({
      apiId: key.id,
      name: key.name,
      description: key.description,
      isActive: key.isActive,
      createdAt: key.createdAt?.toISOString() ?? null,
      ...toBatchUsageDto(totals),
    })),
    leftOut,
  };
}

const toBatchUsageDto = ({ total, today, month }: Periods): Readonly<BatchUsageDto> => ({
  usage: toCostedUsage(total),
  dailyUsage: toCostedUsage(today),
  monthlyUsage: toCostedUsage(month),
});
