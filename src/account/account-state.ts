import type { UpstreamAccount } from '@crs/extension-api';

/** A mark that keeps an account out of use for a while (v1's `temp_unavailable`). */
export interface CoolDown {
  /** What caused it: `overload`, `auth_error`, `rate_limit`, ... */
  readonly type: string;
  /** The upstream's status; 0 when there was none. */
  readonly statusCode: number;
  readonly until: Date;
}

/** v1 switched the account off by itself; the state ends by itself, too. */
export interface V1Stop {
  readonly reason: 'rate_limited' | 'cooling_down' | 'quota';
  readonly until: Date;
}

/**
 * How far an account has come since the marks that kept it out of use ended: it begins with one request at a time and may
 * have twice as many with each one that it serves, so that what has just come back is not knocked over.
 */
export interface Recovery {
  /** When the marks end, or have ended. */
  readonly since: Date;
  /** When it is over even if the account was hardly asked. */
  readonly until: Date;
  /** Requests served since. */
  readonly served: number;
}

/** What holds an account back for now, beside its record. */
export interface AccountMarks {
  readonly coolDown: CoolDown | null;
  /** The upstream named a reset that lies beyond the longest cool-down. */
  readonly resetAt: Date | null;
  /** Models (as the client names them) that the upstream said it does not have, and until when that is believed. */
  readonly missingModels: ReadonlyMap<string, Date>;
  /** Models that the upstream said are over their rate, and until when; the account is in use for the others. */
  readonly limitedModels: ReadonlyMap<string, Date>;
  readonly missingEndpoints: ReadonlyMap<string, Date>;
  /** Endpoints that fail or are over their rate, and until when; the account is in use for the others. */
  readonly limitedEndpoints: ReadonlyMap<string, Date>;
  readonly v1Stops: readonly V1Stop[];
  /** What follows the marks that keep the whole account out of use; null = nothing. */
  readonly recovery: Recovery | null;
  /** Rated USD of the quota day; 0 for an account without a daily quota. */
  readonly quotaSpentUsd: number;
  /** When the quota day ends; null for an account without a daily quota. */
  readonly quotaResetsAt: Date | null;
}

export const NO_MARKS: AccountMarks = {
  coolDown: null,
  resetAt: null,
  missingModels: new Map(),
  limitedModels: new Map(),
  missingEndpoints: new Map(),
  limitedEndpoints: new Map(),
  v1Stops: [],
  recovery: null,
  quotaSpentUsd: 0,
  quotaResetsAt: null,
};

/**
 * An account as scheduling sees it. Where v1 stopped the account by itself, `account` shows it as it will be when the
 * stop has ended, and the stop stands in `marks.v1Stops` for as long as it lasts.
 */
export interface AccountState {
  readonly account: UpstreamAccount;
  readonly marks: AccountMarks;
}
