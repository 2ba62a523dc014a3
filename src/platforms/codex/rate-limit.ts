import type { FailureContext, HeaderMap } from '@crs/extension-api';
import {
  firstReset,
  isModelName,
  namesModelAlone,
  type Refusal,
  type UpstreamError,
  withoutModel,
} from '@crs/platform-kit';

/** `Please try again in 1.5s.`, `... in 6m0s`, `... in 28ms`; and in words: `... in 20 seconds`. */
const TRY_AGAIN = /\btry again in\s+((?:\d+(?:\.\d+)?(?:ms|[hms]))+)(?![a-z])/i;
const TRY_AGAIN_WORDS = /\btry again in\s+(\d+(?:\.\d+)?)\s+(second|minute|hour|day)/i;
const UNIT_SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400 };
/** What stands in words alone may be quoted from the request, and is not believed for longer. */
const LONGEST_SPOKEN_MS = 3_600_000;
const WINDOWS = ['primary', 'secondary'] as const;
const COUNTED = ['requests', 'tokens'] as const;

/** Text of a 429 by which this request alone is more than the account may ask at once. */
const TOO_LARGE = /^request too large\b/i;
/** Names of OpenAI's models, as they begin. */
const FAMILY = 'gpt|codex|o\\d';
const ADDRESS = /https?:\/\/\S+/gi;

/** When the limit ends, by what the upstream says of this refusal; else by the window of the plan that is full. */
export function findLimitReset({ headers, error }: Refusal, { now, model }: FailureContext): Date | null {
  const { fields, message } = error;
  return (
    firstReset(
      [fields['resets_in_seconds'], fields['resets_at'], headers['retry-after'], headers['x-codex-ratelimit-reset']],
      now,
    ) ??
    spokenReset(withoutModel(message, model), now) ??
    latest(spentCounters(headers).map((name) => firstReset([headers[`x-ratelimit-reset-${name}`]], now))) ??
    latest(fullWindows(headers).map((prefix) => windowReset(headers, prefix, now)))
  );
}

export const isRequestLimit = ({ message }: UpstreamError): boolean => TOO_LARGE.test(message);

/** `Rate limit reached for gpt-5 in organization org-x on tokens per min (TPM)`: OpenAI limits each model by itself. */
export function concernsModelOnly({ error }: Refusal, model: string): boolean {
  // The address of its own help holds words that would say more.
  return isModelName(model) && namesModelAlone(error.message.replaceAll(ADDRESS, ' '), model, FAMILY);
}

/** The limits that are met, where the upstream says which; else both. */
function spentCounters(headers: HeaderMap): readonly string[] {
  const spent = COUNTED.filter((name) => Number(firstOf(headers[`x-ratelimit-remaining-${name}`]) ?? 1) <= 0);
  return spent.length > 0 ? spent : COUNTED;
}

function fullWindows(headers: HeaderMap): readonly string[] {
  return WINDOWS.map((window) => `x-codex-${window}`).filter(
    (prefix) => Number(firstOf(headers[`${prefix}-used-percent`]) ?? 0) >= 100,
  );
}

const windowReset = (headers: HeaderMap, prefix: string, now: Date): Date | null =>
  firstReset([headers[`${prefix}-reset-after-seconds`], headers[`${prefix}-reset-at`]], now);

/** Both must have ended before the account serves again. */
function latest(resets: readonly (Date | null)[]): Date | null {
  return resets.reduce((last, reset) => (last === null || (reset !== null && reset > last) ? reset : last), null);
}

function spokenReset(message: string, now: Date): Date | null {
  const reset = firstReset([spokenWait(message)], now);
  return reset === null ? null : new Date(Math.min(reset.getTime(), now.getTime() + LONGEST_SPOKEN_MS));
}

function spokenWait(message: string): string | number | undefined {
  const [, count, unit = ''] = TRY_AGAIN_WORDS.exec(message) ?? [];
  const seconds = Number(count) * (UNIT_SECONDS[unit.toLowerCase()] ?? Number.NaN);
  return Number.isNaN(seconds) ? TRY_AGAIN.exec(message)?.[1]?.toLowerCase() : seconds;
}

const firstOf = (value: HeaderMap[string]): string | undefined => (typeof value === 'string' ? value : value?.[0]);
