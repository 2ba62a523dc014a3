import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsNumber, IsObject, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { RefusedFields } from '../../core/http/refused-fields.js';
import { MOST_RATE, type RatedService } from './service-rates.codec.js';

const MESSAGE = `$property must be a number from 0 to ${MOST_RATE}`;

const RateField = (example: number): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({
      description: 'By what the real cost is multiplied; 0 = free, null = 1.',
      type: Number,
      nullable: true,
      minimum: 0,
      maximum: MOST_RATE,
      example,
    }),
    IsOptional(),
    IsNumber({ allowNaN: false, allowInfinity: false }, { message: MESSAGE }),
    Min(0, { message: MESSAGE }),
    Max(MOST_RATE, { message: MESSAGE }),
  );

/** Only the services that change. */
class RateChangesDto implements Partial<Record<RatedService, number | null>> {
  @RateField(1.5)
  claude?: number | null;

  @RateField(1)
  codex?: number | null;

  @RateField(1)
  gemini?: number | null;

  @RateField(1)
  droid?: number | null;

  @RateField(1)
  bedrock?: number | null;

  @RateField(1)
  azure?: number | null;

  @RateField(1)
  ccr?: number | null;
}

/** A change of the rates: only those given. */
@RefusedFields({
  baseService: 'cannot be set: nothing is computed with it; what v1 stored is kept',
  updatedAt: 'is read-only',
  updatedBy: 'is read-only',
})
export class UpdateServiceRatesDto {
  @ApiPropertyOptional({
    description: 'The rates to change, by service. A service that is left out keeps its rate; null puts all back to 1.',
    type: RateChangesDto,
    nullable: true,
  })
  @IsOptional()
  @IsObject({ message: '$property must be an object of rates by service' })
  @ValidateNested()
  @Type(() => RateChangesDto)
  rates?: RateChangesDto | null;
}
