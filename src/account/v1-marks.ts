import type { AccountKind } from '@crs/extension-api';
import type { RecordFields } from './account-record.js';
import type { V1Stop } from './account-state.js';

/** What v1's rules depend on beside the record. */
export interface V1Rules {
  /** Epoch ms. */
  readonly now: number;
  /** How long v1 keeps a blocked account out; 0 = it does not. */
  readonly blockedMinutes: number;
  /** Epoch ms at which the quota day that `atMs` lies in ends. */
  quotaDayEnd(atMs: number, resetTime: string): number;
}

/** What a record that v1 stopped by itself means now. */
export interface V1Reading {
  /** The record as it will be when every stop has ended; the record itself where v1 stopped nothing. */
  readonly lifted: RecordFields;
  /** The stops that still hold. */
  readonly running: readonly V1Stop[];
  /** What to write when all of them have ended: only if `expected` is still what is stored. Null = nothing. */
  readonly recovery: V1Recovery | null;
}

/** What of a kind of account says how v1 stops it. */
export type StoppingKind = Pick<AccountKind, 'rateLimitedStatus'>;

export interface V1Recovery {
  readonly patch: RecordFields;
  readonly expected: RecordFields;
}

interface StopRule {
  readonly reason: V1Stop['reason'];
  /** Texts of `status` that mean this stop. */
  readonly statuses: readonly string[];
  /** A field and its text that mean this stop whatever the status is. */
  readonly sign: readonly [field: string, value: string];
  /** Fields that v1 wrote with the stop and empties at the end of it. */
  readonly traces: readonly string[];
  /** Epoch ms; null where the record does not say since when: v1 has begun to clear it, so it is over. */
  endsAt(fields: RecordFields, rules: V1Rules): number | null;
}

const MINUTE_MS = 60_000;
const OVERLOAD_MS = 10 * MINUTE_MS;
const DEFAULT_RATE_LIMIT_MINUTES = 60;

/**
 * How v1 stops an account by itself, and for how long. v2 writes `rateLimitedAt` and `rateLimitStatus` for information
 * and never `status` or an `...AutoStopped` field, so only the latter two make a rate limit of v1: read by
 * `rateLimitStatus`, v2's own mark would come back as an hour's stop.
 */
const RULES: readonly StopRule[] = [
  {
    reason: 'rate_limited',
    statuses: ['rate_limited', 'rateLimited'],
    sign: ['rateLimitAutoStopped', 'true'],
    traces: ['rateLimitedAt', 'rateLimitStatus', 'rateLimitResetAt', 'rateLimitAutoStopped'],
    endsAt: (fields) => instantOf(fields, 'rateLimitResetAt') ?? rateLimitEnd(fields),
  },
  {
    reason: 'cooling_down',
    statuses: ['overloaded'],
    sign: ['overloadStatus', 'overloaded'],
    traces: ['overloadedAt', 'overloadStatus'],
    endsAt: (fields) => after(instantOf(fields, 'overloadedAt'), OVERLOAD_MS),
  },
  {
    reason: 'cooling_down',
    statuses: ['account_blocked'],
    sign: ['blockedAutoStopped', 'true'],
    traces: ['blockedAt', 'blockedStatus', 'blockedAutoStopped'],
    endsAt: (fields, { blockedMinutes }) => after(instantOf(fields, 'blockedAt'), blockedMinutes * MINUTE_MS),
  },
  {
    reason: 'quota',
    statuses: ['quota_exceeded', 'quotaExceeded'],
    sign: ['quotaAutoStopped', 'true'],
    traces: ['quotaStoppedAt', 'quotaAutoStopped'],
    endsAt: (fields, rules) => {
      const stoppedAt = instantOf(fields, 'quotaStoppedAt');
      return stoppedAt === null ? null : rules.quotaDayEnd(stoppedAt, fields['quotaResetTime'] ?? '');
    },
  },
];

/** Statuses that v1 set by itself and that only an administrator ends. */
const LASTING_STATUSES = ['unauthorized', 'blocked', 'error'];
const LASTING_TRACES = [
  'unauthorizedAt',
  'unauthorizedCount',
  'autoStoppedAt',
  'stoppedReason',
  'countTokensUnavailable',
  'countTokensUnavailableAt',
];
const AUTO_STOPPED_FLAGS = ['rateLimitAutoStopped', 'blockedAutoStopped', 'quotaAutoStopped'];
/** v1's responses accounts say by this status alone that `schedulable` was switched off with it. */
const FLAGLESS_STATUS = 'rateLimited';

/** What v1 empties when an administrator pauses an account. */
const DECIDED_FLAG = 'rateLimitAutoStopped';
const DECIDED_FIELDS = ['quotaAutoStopped', 'autoStoppedAt', 'stoppedReason'];

const SWITCHES = ['isActive', 'schedulable'];

/** What v1's own marks in a record mean at this moment. */
export function readV1Marks(fields: RecordFields, rules: V1Rules): V1Reading {
  const stops = stopsIn(fields);
  if (stops.length === 0) return { lifted: fields, running: [], recovery: null };
  const running = stops
    .map((rule) => ({ reason: rule.reason, until: new Date(rule.endsAt(fields, rules) ?? 0) }))
    .filter(({ until }) => until.getTime() > rules.now);
  const patch = changes(fields, liftingPatch(fields, stops));
  const expected = pick(fields, ['status', ...SWITCHES, ...tracesOf(stops)]);
  return { lifted: { ...fields, ...patch }, running, recovery: running.length === 0 ? { patch, expected } : null };
}

/**
 * What an administrator's reset of an account writes: every mark of v1 ends now, and what v1 switched off by itself is
 * on again. What an administrator switched off stays off.
 */
export function resetPatch(fields: RecordFields): RecordFields {
  return changes(fields, {
    ...emptied([...tracesOf(RULES), ...LASTING_TRACES]),
    ...(LASTING_STATUSES.includes(statusOf(fields)) && { status: 'active', errorMessage: '' }),
    ...liftingPatch(fields, stopsIn(fields)),
  });
}

/**
 * What an administrator's own setting of `isActive` or `schedulable` writes beside it. The decision must survive the end
 * of a stop of v1, so the flags by which v1 (and this gateway) would undo the stop are emptied, as v1 does; a switch
 * that was not decided about goes back to what it will be when the stop ends.
 */
export function decisionPatch(fields: RecordFields, { rateLimitedStatus }: StoppingKind): RecordFields {
  const lifted = { ...fields, ...liftingPatch(fields, stopsIn(fields)) };
  const isFlagless = rateLimitedStatus === FLAGLESS_STATUS;
  return {
    ...changes(fields, { ...pick(lifted, SWITCHES), ...emptied(['blockedAutoStopped']) }),
    ...(isFlagless ? flaglessDecision(fields) : emptied([DECIDED_FLAG, ...DECIDED_FIELDS])),
  };
}

/** v1 gives such an account none of these fields; only a stop that still runs has to be told that it was decided. */
const flaglessDecision = (fields: RecordFields): RecordFields => ({
  ...changes(fields, emptied(DECIDED_FIELDS)),
  ...((fields['status'] === FLAGLESS_STATUS || fields[DECIDED_FLAG] !== undefined) && { [DECIDED_FLAG]: '' }),
});

/** What `resetPatch` and `decisionPatch` depend on, as it is stored. */
export const stopFieldsOf = (fields: RecordFields): RecordFields =>
  pick(fields, ['status', ...SWITCHES, ...tracesOf(RULES)]);

const stopsIn = (fields: RecordFields): readonly StopRule[] =>
  RULES.filter(({ statuses, sign: [field, value] }) => statuses.includes(statusOf(fields)) || fields[field] === value);

/** Ends the given stops: their traces go, and what they switched off is on again. */
function liftingPatch(fields: RecordFields, stops: readonly StopRule[]): RecordFields {
  if (stops.length === 0) return {};
  const hasFlag = AUTO_STOPPED_FLAGS.some((flag) => fields[flag] === 'true');
  // Here an emptied field differs from a missing one: an administrator has decided since (`decisionPatch`).
  const isFlagless = statusOf(fields) === FLAGLESS_STATUS && fields['rateLimitAutoStopped'] === undefined;
  return {
    ...emptied([...tracesOf(stops), 'errorMessage']),
    ...(stops.some((rule) => rule.statuses.includes(statusOf(fields))) && { status: 'active' }),
    ...((hasFlag || isFlagless) && { schedulable: 'true' }),
    ...(hasFlag && { isActive: 'true' }),
  };
}

const statusOf = (fields: RecordFields): string => fields['status'] ?? '';

const tracesOf = (rules: readonly StopRule[]): string[] => rules.flatMap((rule) => [...rule.traces]);

const emptied = (names: readonly string[]): RecordFields => Object.fromEntries(names.map((name) => [name, '']));

/** A missing field is stored as an empty one. */
const pick = (fields: RecordFields, names: readonly string[]): RecordFields =>
  Object.fromEntries(names.map((name) => [name, fields[name] ?? '']));

const changes = (fields: RecordFields, patch: RecordFields): RecordFields =>
  Object.fromEntries(Object.entries(patch).filter(([name, value]) => (fields[name] ?? '') !== value));

const after = (since: number | null, ms: number): number | null => (since === null ? null : since + ms);

function rateLimitEnd(fields: RecordFields): number | null {
  const minutes = Number.parseInt(fields['rateLimitDuration'] ?? '', 10);
  const durationMs = (Number.isNaN(minutes) ? DEFAULT_RATE_LIMIT_MINUTES : minutes) * MINUTE_MS;
  return after(instantOf(fields, 'rateLimitedAt'), durationMs);
}

function instantOf(fields: RecordFields, name: string): number | null {
  const at = Date.parse(fields[name] ?? '');
  return Number.isNaN(at) ? null : at;
}
