import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** How it went with one key. */
export class BatchResultDto {
  @ApiProperty({
    description: 'The id of the key.',
    format: 'uuid',
    example: '80cac638-f623-4bed-ac85-8a1a69d6525d',
  })
  id!: string;

  @ApiProperty({ description: 'Whether the key is now as it was asked for.', type: Boolean, example: true })
  ok!: boolean;

  @ApiPropertyOptional({
    description: 'Why not, as a request for this one key would have been told.',
    type: String,
    example: 'There is no API key with this id.',
  })
  error?: string;
}

/** How it went with each key, in the order of the ids. */
export class BatchResultsDto {
  @ApiProperty({ description: 'One for each id.', type: [BatchResultDto] })
  items!: readonly Readonly<BatchResultDto>[];

  @ApiProperty({ description: 'How many there are.', type: 'integer', example: 2 })
  total!: number;

  @ApiProperty({ description: 'How many of them failed; these keys are as they were.', type: 'integer', example: 0 })
  failed!: number;
}
