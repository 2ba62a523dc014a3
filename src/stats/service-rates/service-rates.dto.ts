import { ApiProperty } from '@nestjs/swagger';
import type { ServiceRateSettings } from './service-rates.codec.js';

/** A rate by service, under v1's names. */
class RatesDto {
  @ApiProperty({ description: 'Anthropic models on Claude accounts.', example: 1.5 })
  claude!: number;

  @ApiProperty({ description: 'OpenAI models on Codex accounts.', example: 1 })
  codex!: number;

  @ApiProperty({ description: 'Not served here; kept for v1.', example: 1 })
  gemini!: number;

  @ApiProperty({ description: 'Not served here; kept for v1.', example: 1 })
  droid!: number;

  @ApiProperty({ description: 'Not served here; kept for v1.', example: 1 })
  bedrock!: number;

  @ApiProperty({ description: 'Not served here; kept for v1.', example: 1 })
  azure!: number;

  @ApiProperty({ description: 'Not served here; kept for v1.', example: 1 })
  ccr!: number;
}

/** By what the real cost of each service is multiplied. */
export class ServiceRatesDto implements ServiceRateSettings {
  @ApiProperty({ description: 'The rates in force; 1 where none was set.', type: RatesDto })
  rates!: RatesDto;

  @ApiProperty({
    description: 'The service to which v1 relates the rates in words. Nothing is computed with it.',
    example: 'claude',
  })
  baseService!: string;

  @ApiProperty({
    description: 'When the rates were last changed; null = never.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-11-23T04:05:00.344Z',
  })
  updatedAt!: string | null;

  @ApiProperty({ description: 'Who changed them last.', type: String, nullable: true, example: 'admin' })
  updatedBy!: string | null;
}
