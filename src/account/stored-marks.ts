import type { RecordFields } from './account-record.js';
import type { AccountMarks, CoolDown } from './account-state.js';

/** Names of the marks that v1 does not know: one of these two with the name of a model or an endpoint behind it, or a reset. */
export const MODEL = 'model:';
export const ENDPOINT = 'endpoint:';
export const RESET = 'reset';

/** How long a cool-down is believed whose text does not say when it ends; the next look is a second away. */
const UNREADABLE_MS = 60_000;

/**
 * The stored marks that still hold, typed. Never throws.
 *
 * @param coolDown v1's `temp_unavailable`, JSON; null = there is none
 * @param named name -> epoch ms when the mark ends
 */
export function readMarks(
  coolDown: string | null,
  named: RecordFields,
  now: number,
): Pick<AccountMarks, 'coolDown' | 'resetAt' | 'missingModels' | 'missingEndpoints'> {
  const holding = Object.entries(named)
    .map(([name, endsAt]) => [name, new Date(Number(endsAt))] as const)
    .filter(([, until]) => until.getTime() > now);
  const withPrefix = (prefix: string): ReadonlyMap<string, Date> =>
    new Map(
      holding.filter(([name]) => name.startsWith(prefix)).map(([name, until]) => [name.slice(prefix.length), until]),
    );
  return {
    coolDown: coolDown === null ? null : readCoolDown(coolDown, now),
    resetAt: new Map(holding).get(RESET) ?? null,
    missingModels: withPrefix(MODEL),
    missingEndpoints: withPrefix(ENDPOINT),
  };
}

function readCoolDown(text: string, now: number): CoolDown | null {
  const { errorType, statusCode, expiresAt } = parseObject(text);
  const endsAt = typeof expiresAt === 'string' || typeof expiresAt === 'number' ? new Date(expiresAt) : null;
  const until = endsAt === null || Number.isNaN(endsAt.getTime()) ? new Date(now + UNREADABLE_MS) : endsAt;
  if (until.getTime() <= now) return null;
  return {
    type: typeof errorType === 'string' ? errorType : 'unknown',
    statusCode: typeof statusCode === 'number' ? statusCode : 0,
    until,
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
