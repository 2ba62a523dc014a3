import { ApiProperty, OmitType } from '@nestjs/swagger';
import type { ModelCosts, ModelRow } from '../model-row.js';
import { UsageClassDto } from './usage-class.dto.js';

class ModelCostsDto implements ModelCosts {
  @ApiProperty({ description: 'Input, at the price of now.', example: 0.003609 })
  input!: number;

  @ApiProperty({ description: 'Output, at the price of now.', example: 0.006855 })
  output!: number;

  @ApiProperty({ description: 'Cache writes, at the price of now.', example: 0.00488325 })
  cacheWrite!: number;

  @ApiProperty({ description: 'Cache reads, at the price of now.', example: 0.0060033 })
  cacheRead!: number;

  @ApiProperty({ description: 'The same as real.', example: 0.021351 })
  total!: number;

  @ApiProperty({ description: 'What the upstream charged.', example: 0.021351 })
  real!: number;

  @ApiProperty({ description: 'What counted against the limits.', example: 0.021351 })
  rated!: number;
}

class FormattedCostsDto implements Record<keyof ModelCosts, string> {
  @ApiProperty({ description: 'Input.', example: '$0.0036' })
  input!: string;

  @ApiProperty({ description: 'Output.', example: '$0.0069' })
  output!: string;

  @ApiProperty({ description: 'Cache writes.', example: '$0.0049' })
  cacheWrite!: string;

  @ApiProperty({ description: 'Cache reads.', example: '$0.0060' })
  cacheRead!: string;

  @ApiProperty({ description: 'The same as real.', example: '$0.0214' })
  total!: string;

  @ApiProperty({ description: 'What the upstream charged.', example: '$0.0214' })
  real!: string;

  @ApiProperty({ description: 'What counted against the limits.', example: '$0.0214' })
  rated!: string;
}

class ModelPricingDto {
  @ApiProperty({ description: 'Input.', example: 3 })
  input!: number;

  @ApiProperty({ description: 'Output.', example: 15 })
  output!: number;

  @ApiProperty({ description: 'Cache writes that live 5 minutes.', example: 3.75 })
  cacheWrite!: number;

  @ApiProperty({ description: 'Cache reads.', example: 0.3 })
  cacheRead!: number;
}

/** What was used of one model. */
export class ModelRowDto extends OmitType(UsageClassDto, ['tokens']) implements ModelRow {
  @ApiProperty({ description: 'The model as the upstream named it.', example: 'claude-sonnet-4-5-20250929' })
  model!: string;

  @ApiProperty({ description: 'USD.', type: ModelCostsDto })
  costs!: Readonly<ModelCostsDto>;

  @ApiProperty({ description: 'The same for people.', type: FormattedCostsDto })
  formatted!: Readonly<FormattedCostsDto>;

  @ApiProperty({ description: 'The prices of now, in USD per million tokens.', type: ModelPricingDto })
  pricing!: Readonly<ModelPricingDto>;

  @ApiProperty({
    description: 'A part was counted by a version that booked no cost; its tokens are priced as they would be now.',
    example: false,
  })
  isLegacy!: boolean;
}
