import { ApiProperty, IntersectionType, OmitType } from '@nestjs/swagger';
import type { KeyLimits } from '../key-limits.js';
import type { HeldLimitFigures, LimitFigures, UsageFigures } from '../key-usage.js';
import type { KeyStats } from '../stats.service.js';

/** Figures under the names of the stored counters. */
export class UsageFiguresDto implements UsageFigures {
  @ApiProperty({ description: 'Requests that reached an upstream and were booked.', example: 128 })
  requests!: number;

  @ApiProperty({ description: 'Input tokens that were neither read from nor written to a cache.', example: 153_984 })
  inputTokens!: number;

  @ApiProperty({ description: 'Output tokens.', example: 58_496 })
  outputTokens!: number;

  @ApiProperty({ description: 'Tokens written to a cache, of both lifetimes.', example: 143_104 })
  cacheCreateTokens!: number;

  @ApiProperty({ description: 'Tokens read from a cache.', example: 2_561_408 })
  cacheReadTokens!: number;

  @ApiProperty({ description: 'Part of cacheCreateTokens that lives 5 minutes.', example: 103_808 })
  ephemeral5mTokens!: number;

  @ApiProperty({ description: 'Part of cacheCreateTokens that lives an hour.', example: 39_296 })
  ephemeral1hTokens!: number;

  @ApiProperty({ description: 'Input, output, cache writes and cache reads together.', example: 2_916_992 })
  allTokens!: number;

  @ApiProperty({ description: 'Rated cost in USD: what counts against the limits.', example: 2.73287 })
  costUsd!: number;

  @ApiProperty({ description: 'Real cost in USD: what the upstream charges.', example: 2.73287 })
  realCostUsd!: number;
}

class ModelNameDto {
  @ApiProperty({ description: 'The model as the upstream named it.', example: 'claude-sonnet-4-5-20250929' })
  model!: string;
}

/** What a key used of one model since the beginning. */
class ModelFiguresDto extends IntersectionType(ModelNameDto, UsageFiguresDto) {}

/** How far one limit is used. */
class LimitFiguresDto {
  @ApiProperty({ description: 'The limit; 0 means none.', example: 20 })
  limit!: number;

  @ApiProperty({ description: 'What is used of it.', example: 2.73287 })
  used!: number;

  @ApiProperty({
    description: 'What is left, never less than 0; null where there is no limit.',
    example: 17.26713,
    type: Number,
    nullable: true,
  })
  remaining!: number | null;

  @ApiProperty({
    description: 'When `used` starts again from 0; null: never, or no window is running.',
    example: '2026-11-23T16:00:00.000Z',
    type: String,
    format: 'date-time',
    nullable: true,
  })
  resetAt!: string | null;
}

class HeldAmountDto {
  @ApiProperty({
    description:
      'What the requests that are running are taken to cost. It does not remain either, until they have ended and what they really cost is used.',
    example: 0.5,
  })
  held!: number;
}

/** How far a limit is used of which running requests hold a part. */
class HeldLimitFiguresDto extends IntersectionType(LimitFiguresDto, HeldAmountDto) {}

/** How many requests are running. */
class ConcurrencyDto extends OmitType(LimitFiguresDto, ['resetAt']) {}

/** Limits of the fixed window, which begins with a request. */
class WindowLimitsDto {
  @ApiProperty({ description: 'Requests.', type: LimitFiguresDto })
  requests!: Readonly<LimitFiguresDto>;

  @ApiProperty({ description: 'Tokens of every class.', type: HeldLimitFiguresDto })
  tokens!: Readonly<HeldLimitFiguresDto>;

  @ApiProperty({ description: 'Rated cost in USD.', type: HeldLimitFiguresDto })
  cost!: Readonly<HeldLimitFiguresDto>;
}

/** Every limit of a key that has a counter. */
class KeyLimitsDto {
  @ApiProperty({
    description: 'Requests at the same time. Those of a key without such a limit are not counted.',
    type: ConcurrencyDto,
  })
  concurrency!: Readonly<ConcurrencyDto>;

  @ApiProperty({ description: 'Rated cost of the day in USD.', type: HeldLimitFiguresDto })
  daily!: Readonly<HeldLimitFiguresDto>;

  @ApiProperty({ description: 'Rated cost since the beginning in USD.', type: HeldLimitFiguresDto })
  total!: Readonly<HeldLimitFiguresDto>;

  @ApiProperty({
    description: "Rated cost of Claude models in the key's reset week in USD.",
    type: HeldLimitFiguresDto,
  })
  weekly!: Readonly<HeldLimitFiguresDto>;

  @ApiProperty({ description: 'The fixed window.', type: WindowLimitsDto })
  window!: Readonly<WindowLimitsDto>;
}

/** What one key used, and how far its limits are used. */
export class KeyStatsDto {
  @ApiProperty({ description: 'Since the beginning.', type: UsageFiguresDto })
  total!: Readonly<UsageFiguresDto>;

  @ApiProperty({ description: 'The current day in the configured zone.', type: UsageFiguresDto })
  today!: Readonly<UsageFiguresDto>;

  @ApiProperty({ description: 'The current month in the configured zone.', type: UsageFiguresDto })
  month!: Readonly<UsageFiguresDto>;

  @ApiProperty({ description: 'By model since the beginning, the dearest first.', type: [ModelFiguresDto] })
  models!: readonly Readonly<ModelFiguresDto>[];

  @ApiProperty({ description: 'The limits.', type: KeyLimitsDto })
  limits!: Readonly<KeyLimitsDto>;
}

export const toKeyStatsDto = ({ total, today, month, models, limits }: KeyStats): Readonly<KeyStatsDto> => ({
  total,
  today,
  month,
  models,
  limits: toKeyLimitsDto(limits),
});

const toKeyLimitsDto = ({ concurrency, daily, total, weekly, window }: KeyLimits): Readonly<KeyLimitsDto> => ({
  concurrency,
  daily: toHeldLimitDto(daily),
  total: toHeldLimitDto(total),
  weekly: toHeldLimitDto(weekly),
  window: {
    requests: toLimitDto(window.requests),
    tokens: toHeldLimitDto(window.tokens),
    cost: toHeldLimitDto(window.cost),
  },
});

const toHeldLimitDto = ({ held, ...figures }: HeldLimitFigures): Readonly<HeldLimitFiguresDto> => ({
  ...toLimitDto(figures),
  held,
});

const toLimitDto = ({ limit, used, remaining, resetAt }: LimitFigures): Readonly<LimitFiguresDto> => ({
  limit,
  used,
  remaining,
  resetAt: resetAt?.toISOString() ?? null,
});
