import { ApiProperty } from '@nestjs/swagger';
import { KeyStatsDto } from '../../dto/key-stats.dto.js';
import { UsageStatsDto } from './stats-answer.dto.js';

/** What one key used in a span, and how it stands. */
export class KeySpanUsageDto extends UsageStatsDto {
  @ApiProperty({ description: 'The id of the key.', format: 'uuid', example: '30144e38-6515-4949-a4b8-0e3db27a30f2' })
  id!: string;

  @ApiProperty({ description: 'Its name.', type: String, nullable: true, example: 'team-a' })
  name!: string | null;

  @ApiProperty({ description: 'As `GET /api/v2/keys/{id}/stats` answers.', type: KeyStatsDto })
  stats!: Readonly<KeyStatsDto>;
}
