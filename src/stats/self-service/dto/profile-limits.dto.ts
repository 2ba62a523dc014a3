import { ApiProperty } from '@nestjs/swagger';
import type { ProfileLimits } from '../key-profile.js';

/** Limits of a key, 0 = none, and how far they are used. Costs are rated USD. */
export class ProfileLimitsDto implements ProfileLimits {
  @ApiProperty({ description: 'Tokens per window.', example: 100_000 })
  tokenLimit!: number;

  @ApiProperty({ description: 'Requests at the same time.', example: 3 })
  concurrencyLimit!: number;

  @ApiProperty({ description: 'Length of the window in minutes.', example: 10 })
  rateLimitWindow!: number;

  @ApiProperty({ description: 'Requests per window.', example: 5 })
  rateLimitRequests!: number;

  @ApiProperty({ description: 'Cost per window.', example: 1.5 })
  rateLimitCost!: number;

  @ApiProperty({ description: 'Cost per day.', example: 20 })
  dailyCostLimit!: number;

  @ApiProperty({ description: 'Cost ever.', example: 500 })
  totalCostLimit!: number;

  @ApiProperty({ description: 'Cost of Claude models per reset week.', example: 50 })
  weeklyOpusCostLimit!: number;

  @ApiProperty({ description: 'Day on which that week begins: 1 = Monday to 7 = Sunday.', example: 1 })
  weeklyResetDay!: number;

  @ApiProperty({ description: 'Hour at which that week begins, in the configured zone.', example: 0 })
  weeklyResetHour!: number;

  @ApiProperty({ description: 'Requests in the window that is running.', example: 2 })
  currentWindowRequests!: number;

  @ApiProperty({ description: 'Tokens in the window that is running.', example: 45_578 })
  currentWindowTokens!: number;

  @ApiProperty({ description: 'Cost in the window that is running.', example: 0.1281033 })
  currentWindowCost!: number;

  @ApiProperty({ description: 'Cost of today.', example: 0.1281033 })
  currentDailyCost!: number;

  @ApiProperty({ description: 'Cost ever.', example: 0.1281033 })
  currentTotalCost!: number;

  @ApiProperty({ description: 'Cost of Claude models in the current reset week.', example: 0.1281033 })
  weeklyOpusCost!: number;

  @ApiProperty({
    description: 'When the window began, in ms since 1970; null: none is running.',
    example: 1_795_406_700_558,
    type: Number,
    nullable: true,
  })
  windowStartTime!: number | null;

  @ApiProperty({
    description: 'When the window ends, in ms since 1970; null: none is running.',
    example: 1_795_407_300_558,
    type: Number,
    nullable: true,
  })
  windowEndTime!: number | null;

  @ApiProperty({
    description: 'Seconds until the window ends; 0: none is running, null: the key has no window.',
    example: 480,
    type: Number,
    nullable: true,
  })
  windowRemainingSeconds!: number | null;
}
