import type { AccountMark } from '@crs/extension-api';
import type { AppConfig } from '../core/config/app-config.js';
import { redactErrorText } from './error-text.js';
import { RECOVERY_MS } from './recovery-ramp.js';
import { ENDPOINT, LIMITED_ENDPOINT, LIMITED_MODEL, MODEL, RESET } from './stored-marks.js';

/** The request whose attempt failed. */
export interface MarkDetail {
  readonly requestId: string;
  readonly model: string;
  readonly endpoint: string;
  /** What the upstream said. */
  readonly text: string;
}

/** What a failure writes. */
export interface MarkPlan {
  readonly at: Date;
  /** v1's `temp_unavailable`; null = the failure keeps the account in use. */
  readonly coolDown: { readonly json: string; readonly ttlMs: number } | null;
  /** A mark that v1 does not know. */
  readonly named: { readonly name: string; readonly until: Date } | null;
  /** When the recovery is over that follows; null = the failure keeps the account in use. */
  readonly recoveryUntil: Date | null;
  readonly historyEntry: string;
  /** The record says since when the account is rate limited. */
  readonly isRateLimit: boolean;
}

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
/** No named reset parks an account for longer. */
const LONGEST_RESET_MS = 7 * 24 * HOUR_MS;
/** What may be the doing of the request is not believed for longer. */
const DOUBTFUL_SECONDS = 10;
const MAX_ERROR_CHARS = 2000;
/** A name that is longer is no model's, and is not worth a mark. */
const MAX_NAME_CHARS = 200;

/** How long a failure keeps out what it concerns, in seconds; 0 = it does not. Pure. */
function coolDownSeconds(mark: AccountMark, marks: AppConfig['marks'], now: number): number {
  const seconds = certainSeconds(mark, marks, now);
  return mark.doubtful === true ? Math.min(seconds, DOUBTFUL_SECONDS) : seconds;
}

function certainSeconds(mark: AccountMark, marks: AppConfig['marks'], now: number): number {
  switch (mark.type) {
    case 'connection':
      return marks.connectionSeconds;
    case 'service_unavailable':
      return marks.serviceUnavailableSeconds;
    case 'server_error':
      return marks.serverErrorSeconds;
    case 'timeout':
      return marks.timeoutSeconds;
    case 'overload':
      return marks.overloadSeconds;
    case 'auth_error':
      return marks.authSeconds;
    case 'blocked':
      return marks.blockedMinutes * 60;
    case 'rate_limit': {
      const resetMs = resetOf(mark, now);
      return resetMs === null
        ? marks.rateLimitSeconds
        : Math.min(Math.ceil(resetMs / SECOND_MS), marks.maxCustomSeconds);
    }
    case 'model_missing':
    case 'endpoint_missing':
      return 0;
  }
}

/** Milliseconds to the named reset. One that is not in the future says nothing (a clock is wrong): null, as if unnamed. */
function resetOf({ resetAt }: AccountMark, now: number): number | null {
  const restMs = resetAt === undefined ? Number.NaN : resetAt.getTime() - now;
  return restMs > 0 ? restMs : null;
}

/** A reset beyond the longest cool-down; null = there is none. */
function laterReset(mark: AccountMark, marks: AppConfig['marks'], now: number): Date | null {
  const resetMs = mark.type === 'rate_limit' ? resetOf(mark, now) : null;
  if (resetMs === null || resetMs <= marks.maxCustomSeconds * SECOND_MS) return null;
  return new Date(now + Math.min(resetMs, LONGEST_RESET_MS));
}

/** What the failure says of the model or the endpoint alone; null = of neither. */
function narrowMark(mark: AccountMark, { model, endpoint }: MarkDetail, until: Date): MarkPlan['named'] {
  if (mark.scope === 'endpoint') return { name: LIMITED_ENDPOINT + endpoint, until };
  if (mark.type === 'endpoint_missing') return { name: ENDPOINT + endpoint, until };
  if (model.length > MAX_NAME_CHARS) return null;
  if (mark.type === 'model_missing') return { name: MODEL + model, until };
  return mark.type === 'rate_limit' && mark.scope === 'model' ? { name: LIMITED_MODEL + model, until } : null;
}

/** What a plan depends on beside the failure. */
export interface MarkContext {
  readonly marks: AppConfig['marks'];
  /** Epoch ms. */
  readonly now: number;
  /** The account's key: it never goes into the history. */
  readonly secret: string;
  /** Minutes; 0 = a rate limit leaves the short cool-down and no lasting mark. */
  readonly rateLimitMinutes: number;
}

/** What to write about a failed attempt. */
export function planMark(mark: AccountMark, detail: MarkDetail, context: MarkContext): MarkPlan {
  const { marks, now, secret, rateLimitMinutes } = context;
  const at = new Date(now);
  // As v1: with a duration of 0 a rate limit leaves the short cool-down and no lasting mark.
  const isBrief = mark.type === 'rate_limit' && rateLimitMinutes === 0;
  const ttlSeconds = coolDownSeconds(mark, marks, now);
  const resetAt = isBrief ? null : laterReset(mark, marks, now);
  const end = resetAt ?? new Date(now + (ttlSeconds === 0 ? HOUR_MS : ttlSeconds * SECOND_MS));
  // A model that one endpoint lacks says nothing of the endpoint, nor of the model elsewhere.
  const isNothing = mark.scope === 'endpoint' && ttlSeconds === 0 && resetAt === null;
  const narrow = isNothing ? null : narrowMark(mark, detail, end);
  const isParked = narrow === null && ttlSeconds > 0;
  const { requestId, model, endpoint, text } = detail;
  const errorBody = redactErrorText(text, secret, MAX_ERROR_CHARS);
  return {
    at,
    coolDown: isParked ? { json: coolDownJson(mark, at, ttlSeconds), ttlMs: ttlSeconds * SECOND_MS } : null,
    named: narrow ?? (resetAt === null ? null : { name: RESET, until: resetAt }),
    recoveryUntil: isParked ? new Date(end.getTime() + RECOVERY_MS) : null,
    historyEntry: JSON.stringify({
      time: at.toISOString(),
      status: mark.statusCode,
      errorType: mark.type,
      context: { requestId, model, endpoint, errorBody },
    }),
    isRateLimit: mark.type === 'rate_limit' && narrow === null && !isNothing && !isBrief,
  };
}

/** v1's fields in v1's order. */
function coolDownJson({ statusCode, type }: AccountMark, at: Date, ttlSeconds: number): string {
  return JSON.stringify({
    statusCode,
    errorType: type,
    markedAt: at.toISOString(),
    ttlSeconds,
    cooldownSeconds: ttlSeconds,
    expiresAt: new Date(at.getTime() + ttlSeconds * SECOND_MS).toISOString(),
  });
}
