import { rateOrOne, type ServiceRates } from '../pricing/service-rate.js';

/** v1's names of the services that have a rate. Those that are not served here keep theirs. */
export type RatedService = 'claude' | 'codex' | 'gemini' | 'droid' | 'bedrock' | 'azure' | 'ccr';

export interface ServiceRateSettings {
  /** By what the real cost of a service is multiplied. */
  readonly rates: Readonly<Record<RatedService, number>>;
  /** The service to which v1 relates the rates in words; nothing is computed with it. */
  readonly baseService: string;
  /** ISO; null: nobody has ever changed them. */
  readonly updatedAt: string | null;
  readonly updatedBy: string | null;
}

/** Only the rates given; null puts one back to 1. Null for all of them at once puts all back. */
export type ServiceRatesChange = Readonly<Partial<Record<RatedService, number | null | undefined>>> | null;

/** The largest rate that may be set. */
export const MOST_RATE = 1000;

const DEFAULT_BASE_SERVICE = 'claude';

type JsonObject = Readonly<Record<string, unknown>>;

/** What is stored, with the default of everything that is missing or cannot be read. */
export function decodeServiceRates(text: string | null): ServiceRateSettings {
  const stored = parseObject(text) ?? {};
  const rates = toObject(stored['rates']) ?? {};
  return {
    rates: ratesOf((service) => rateOrOne(rates[service])),
    baseService: textOrNull(stored['baseService']) ?? DEFAULT_BASE_SERVICE,
    updatedAt: textOrNull(stored['updatedAt']),
    updatedBy: textOrNull(stored['updatedBy']),
  };
}

/** The text to store: what is stored, changed; all other members as they are. A text that nobody can read is replaced. */
export function encodeServiceRates(
  text: string | null,
  change: ServiceRatesChange,
  event: { readonly at: Date; readonly by: string },
): string {
  const stored = parseObject(text) ?? {};
  const { rates, baseService } = decodeServiceRates(text);
  const changed = ratesOf((service) => {
    const rate = change === null ? null : change[service];
    return rate === undefined ? rates[service] : (rate ?? 1);
  });
  return JSON.stringify({
    ...stored,
    rates: { ...toObject(stored['rates']), ...changed },
    baseService,
    updatedAt: event.at.toISOString(),
    updatedBy: event.by,
  });
}

/** The stored rates as they are; null when there is a text that nobody can read. */
export function findStoredRates(text: string | null): ServiceRates | null {
  return text === null ? {} : toObject(parseObject(text)?.['rates']);
}

const ratesOf = (rateOf: (service: RatedService) => number): ServiceRateSettings['rates'] => ({
  claude: rateOf('claude'),
  codex: rateOf('codex'),
  gemini: rateOf('gemini'),
  droid: rateOf('droid'),
  bedrock: rateOf('bedrock'),
  azure: rateOf('azure'),
  ccr: rateOf('ccr'),
});

function parseObject(text: string | null): JsonObject | null {
  try {
    return toObject(JSON.parse(text ?? 'null'));
  } catch {
    return null;
  }
}

const toObject = (value: unknown): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;

const textOrNull = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
