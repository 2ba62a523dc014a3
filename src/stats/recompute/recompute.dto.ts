import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';
import { TextLength } from '../../core/http/text-length.validator.js';
import { IfGiven, IsDay } from '../prices/set-price.dto.js';
import type { CostChange, ModelChange } from './recompute-report.js';
import type { RecomputeRequest, RecomputeResult } from './recompute.service.js';

/** Which days are priced again. */
export class RecomputeDto implements Omit<RecomputeRequest, 'dryRun'> {
  @ApiProperty({ description: 'The first day, in the configured zone.', format: 'date', example: '2026-11-01' })
  @IsDay()
  from!: string;

  @ApiProperty({
    description: 'The last day; at most 400 days are priced at once.',
    format: 'date',
    example: '2026-11-23',
  })
  @IsDay()
  to!: string;

  @ApiPropertyOptional({
    description: 'Only say what would change. `false` changes it.',
    type: Boolean,
    default: true,
    example: true,
  })
  @IfGiven()
  @IsBoolean({ message: '$property must be true or false' })
  dryRun?: boolean;

  @ApiPropertyOptional({
    description: 'Only what this key used.',
    type: String,
    format: 'uuid',
    example: '30144e38-6515-4949-a4b8-0e3db27a30f2',
  })
  @IfGiven()
  @TextLength(1, 100)
  keyId?: string;

  @ApiPropertyOptional({ description: 'Only what was used of this model.', type: String, example: 'claude-opus-4-1' })
  @IfGiven()
  @TextLength(1, 200)
  model?: string;
}

class CostsDto {
  @ApiProperty({ description: 'What counts against the keys, USD.', example: 12.5 })
  costUsd!: number;

  @ApiProperty({ description: 'What upstreams charge, USD.', example: 10 })
  realCostUsd!: number;
}

class CostChangeDto implements CostChange {
  @ApiProperty({ description: 'As it was.', type: CostsDto })
  before!: CostsDto;

  @ApiProperty({ description: 'At the prices of the day.', type: CostsDto })
  after!: CostsDto;
}

class DayChangeDto extends CostChangeDto {
  @ApiProperty({ description: 'The day.', format: 'date', example: '2026-11-23' })
  day!: string;
}

class ModelChangeDto extends CostChangeDto implements ModelChange {
  @ApiProperty({ description: 'The model, as it is counted.', example: 'claude-opus-4-1' })
  model!: string;

  @ApiProperty({
    description: 'No price is known on at least one of the days: the fallback price was taken. Set one and ask again.',
    example: false,
  })
  unknownPrice!: boolean;
}

/** What changed, or would change. */
export class RecomputeResultDto implements RecomputeResult {
  @ApiProperty({ description: 'The first day.', format: 'date', example: '2026-11-01' })
  from!: string;

  @ApiProperty({ description: 'The last day.', format: 'date', example: '2026-11-23' })
  to!: string;

  @ApiProperty({ description: 'Nothing was changed.', example: true })
  dryRun!: boolean;

  @ApiProperty({
    description: 'The first day that is known from its beginning. Of earlier days only what is known was priced again.',
    type: String,
    format: 'date',
    nullable: true,
    example: '2026-10-01',
  })
  completeSince!: string | null;

  @ApiProperty({ description: 'All days together.', type: CostChangeDto })
  total!: CostChangeDto;

  @ApiProperty({ description: 'By day; days without usage are left out.', type: [DayChangeDto] })
  days!: readonly DayChangeDto[];

  @ApiProperty({ description: 'By model.', type: [ModelChangeDto] })
  models!: readonly ModelChangeDto[];

  @ApiProperty({
    description: 'How many figures of a key, a model, a price tier and a day have another cost.',
    example: 3,
  })
  changedRows!: number;
}
