import type { RecordFields } from './account-record.js';
import type { AccountMarks, CoolDown, Recovery } from './account-state.js';
import { RECOVERY_MS } from './recovery-ramp.js';

/** Names of the marks that v1 does not know: all but the last two have the name of a model or an endpoint behind them. */
export const MODEL = 'model:';
export const LIMITED_MODEL = 'limited_model:';
export const ENDPOINT = 'endpoint:';
export const LIMITED_ENDPOINT = 'limited_endpoint:';
export const RESET = 'reset';
/** Its value is `{epoch ms when it is over}:{requests served since it began}`. */
export const RECOVERY = 'recovery';

/** How long a cool-down is believed whose text does not say when it ends; the next look is a second away. */
const UNREADABLE_MS = 60_000;

type StoredMarks = Pick<
  AccountMarks,
  'coolDown' | 'resetAt' | 'missingModels' | 'limitedModels' | 'missingEndpoints' | 'limitedEndpoints' | 'recovery'
>;

/**
 * The stored marks that still hold, typed. Never throws.
 *
 * @param coolDown v1's `temp_unavailable`, JSON; null = there is none
 * @param named name -> epoch ms when the mark ends; the recovery has a form of its own
 */
export function readMarks(coolDown: string | null, named: RecordFields, now: number): StoredMarks {
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
    limitedModels: withPrefix(LIMITED_MODEL),
    missingEndpoints: withPrefix(ENDPOINT),
    limitedEndpoints: withPrefix(LIMITED_ENDPOINT),
    recovery: readRecovery(named[RECOVERY] ?? '', now),
  };
}

function readRecovery(text: string, now: number): Recovery | null {
  const [, until, served] = /^(\d{1,15}):(\d)$/.exec(text) ?? [];
  const untilMs = Number(until);
  if (!(untilMs > now)) return null;
  return { since: new Date(untilMs - RECOVERY_MS), until: new Date(untilMs), served: Number(served) };
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
