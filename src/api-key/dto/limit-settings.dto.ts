import { MOST_COUNT, MOST_USD, MOST_WINDOW_MINUTES } from '../limits/limit-bounds.js';
import { AmountField, CountField } from './setting-field.js';

/** What a key may spend. 0 = no limit. */
export class LimitSettingsDto {
  @CountField({ description: 'Tokens per rate window; 0 = none.', example: 100_000 }, { max: MOST_COUNT })
  tokenLimit?: number | null;

  @CountField({ description: 'Requests at the same time; 0 = none.', example: 5 }, { max: MOST_COUNT })
  concurrencyLimit?: number | null;

  @CountField(
    {
      description: 'Length of the rate window in minutes; 0 = no limits per window.',
      example: 300,
    },
    { max: MOST_WINDOW_MINUTES },
  )
  rateLimitWindow?: number | null;

  @CountField({ description: 'Requests per rate window; 0 = none.', example: 200 }, { max: MOST_COUNT })
  rateLimitRequests?: number | null;

  @AmountField({ description: 'Cost per rate window in USD; 0 = none.', example: 2.5 }, { max: MOST_USD })
  rateLimitCost?: number | null;

  @AmountField({ description: 'Cost per day in USD; 0 = none.', example: 20 }, { max: MOST_USD })
  dailyCostLimit?: number | null;

  @AmountField({ description: 'Cost in all in USD; 0 = none.', example: 500 }, { max: MOST_USD })
  totalCostLimit?: number | null;

  @AmountField(
    {
      description: 'Cost of Claude models per reset week in USD; 0 = none.',
      example: 50,
    },
    { max: MOST_USD },
  )
  weeklyOpusCostLimit?: number | null;

  @CountField(
    { description: 'Day on which the reset week begins: 1 = Monday to 7 = Sunday.', example: 1 },
    { min: 1, max: 7, fallback: 1 },
  )
  weeklyResetDay?: number | null;

  @CountField({ description: 'Hour at which the reset week begins, in the configured zone.', example: 0 }, { max: 23 })
  weeklyResetHour?: number | null;
}
