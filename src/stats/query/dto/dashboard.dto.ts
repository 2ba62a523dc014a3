import { ApiProperty } from '@nestjs/swagger';
import { StatsFiguresDto } from './stats-answer.dto.js';

class MinuteRatesDto {
  @ApiProperty({ description: 'Over how many whole minutes the rates are taken (METRICS_WINDOW).', example: 5 })
  windowMinutes!: number;

  @ApiProperty({ description: 'Requests per minute that ended and were booked.', example: 12.4 })
  requestsPerMinute!: number;

  @ApiProperty({ description: 'Tokens of every class per minute.', example: 81_250.2 })
  tokensPerMinute!: number;
}

class CountDto {
  @ApiProperty({ description: 'How many there are, deleted ones left out.', example: 12 })
  total!: number;

  @ApiProperty({ description: 'Keys that are switched on; accounts that can take a request now.', example: 11 })
  active!: number;
}

/** How the gateway is doing now. */
export class DashboardDto {
  @ApiProperty({ description: 'When this was true.', format: 'date-time', example: '2026-11-23T04:06:00.000Z' })
  at!: string;

  @ApiProperty({ description: 'Client requests that the process that answers this is relaying now.', example: 7 })
  liveRequests!: number;

  @ApiProperty({
    description:
      'Requests that ended in this process and are not in the store yet. More than a few for long: the store is away, and nothing is lost while the journal has them.',
    example: 0,
  })
  unsettledRequests!: number;

  @ApiProperty({ description: 'How fast requests come, over all processes.', type: MinuteRatesDto })
  rates!: Readonly<MinuteRatesDto>;

  @ApiProperty({ description: 'What was used today in the configured zone.', type: StatsFiguresDto })
  today!: Readonly<StatsFiguresDto>;

  @ApiProperty({ description: 'Client keys.', type: CountDto })
  keys!: Readonly<CountDto>;

  @ApiProperty({ description: 'Upstream accounts.', type: CountDto })
  accounts!: Readonly<CountDto>;
}
