import { ApiProperty } from '@nestjs/swagger';
import type { UsageAverages, UsageClass } from '../usage-class.js';

/** What was used in a period. */
export class UsageClassDto implements UsageClass {
  @ApiProperty({ description: 'The same as allTokens.', example: 22_789 })
  tokens!: number;

  @ApiProperty({ description: 'Input tokens that were neither read from nor written to a cache.', example: 1203 })
  inputTokens!: number;

  @ApiProperty({ description: 'Output tokens.', example: 457 })
  outputTokens!: number;

  @ApiProperty({ description: 'Tokens written to a cache.', example: 1118 })
  cacheCreateTokens!: number;

  @ApiProperty({ description: 'Tokens read from a cache.', example: 20_011 })
  cacheReadTokens!: number;

  @ApiProperty({ description: 'Tokens of every class.', example: 22_789 })
  allTokens!: number;

  @ApiProperty({ description: 'Requests that were booked.', example: 1 })
  requests!: number;
}

/** Averages since the key was created. */
export class UsageAveragesDto implements UsageAverages {
  @ApiProperty({ description: 'Requests a minute.', example: 0.01 })
  rpm!: number;

  @ApiProperty({ description: 'Tokens a minute.', example: 15.83 })
  tpm!: number;

  @ApiProperty({ description: 'Requests a day.', example: 1 })
  dailyRequests!: number;

  @ApiProperty({ description: 'Tokens a day.', example: 22_789 })
  dailyTokens!: number;
}
