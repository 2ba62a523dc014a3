import { ValidateBy } from 'class-validator';

/** v1's names of the services that have a rate. */
const RATED_SERVICES: readonly string[] = ['claude', 'codex', 'gemini', 'droid', 'bedrock', 'azure', 'ccr'];

/** As for the rates of the gateway. */
export const MOST_RATE = 1000;

/** An object of service -> multiplier. */
export function isServiceRates(value: unknown): value is Record<string, number> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([service, rate]) => RATED_SERVICES.includes(service) && isRate(rate));
}

const isRate = (rate: unknown): boolean => typeof rate === 'number' && rate >= 0 && rate <= MOST_RATE;

export const IsServiceRates = (): PropertyDecorator =>
  ValidateBy({
    name: 'isServiceRates',
    validator: {
      validate: isServiceRates,
      defaultMessage: () =>
        `$property must be an object of multipliers (0 to ${MOST_RATE}) by service (${RATED_SERVICES.join(', ')})`,
    },
  });
