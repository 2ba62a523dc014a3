import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { SpanDto, StatsFiguresDto } from './stats-answer.dto.js';

class NamedDto {
  @ApiProperty({ description: 'The id.', format: 'uuid', example: '30144e38-6515-4949-a4b8-0e3db27a30f2' })
  id!: string;

  @ApiProperty({
    description: 'The name; null when there is no record any more.',
    type: String,
    nullable: true,
    example: 'team-a',
  })
  name!: string | null;
}

/** One key and what it used. */
class TopKeyDto extends IntersectionType(NamedDto, StatsFiguresDto) {}

/** The keys that were used most. */
export class TopKeysDto extends SpanDto {
  @ApiProperty({ description: 'All keys together, also those that are not listed.', type: StatsFiguresDto })
  total!: Readonly<StatsFiguresDto>;

  @ApiProperty({ description: 'The keys, the most used first.', type: [TopKeyDto] })
  rows!: readonly Readonly<TopKeyDto>[];
}

/** What attempts used that led to no answer. */
class WasteDto {
  @ApiProperty({ description: 'Attempts that used tokens and then failed.', example: 3 })
  wastedRequests!: number;

  @ApiProperty({ description: 'Tokens of every class that they used.', example: 41_200 })
  wastedTokens!: number;

  @ApiProperty({ description: 'What the upstream charges for them in USD. No key pays it.', example: 0.1236 })
  wastedCostUsd!: number;

  @ApiProperty({ description: 'Part of all that the upstream charges, 0 to 1.', example: 0.0125 })
  wasteShare!: number;
}

/** What was used and wasted. */
class AccountFiguresDto extends IntersectionType(StatsFiguresDto, WasteDto) {}

/** One account, what it served and what it wasted. */
class AccountRowDto extends IntersectionType(NamedDto, AccountFiguresDto) {}

/** What accounts served and wasted. */
export class AccountStatsDto extends SpanDto {
  @ApiProperty({ description: 'All accounts together.', type: AccountFiguresDto })
  total!: Readonly<AccountFiguresDto>;

  @ApiProperty({ description: 'The accounts, the dearest first.', type: [AccountRowDto] })
  rows!: readonly Readonly<AccountRowDto>[];
}
