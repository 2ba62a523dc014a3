/** Field and whole increment, in turn: `['inputTokens', 12, 'requests', 1]`. */
export type CounterList = readonly (string | number)[];

/**
 * What a batch of requests writes, each key once. A time to live is in seconds, set anew by each write; 0 = none. Amounts
 * are decimal text, because the store sums them exactly.
 */
export interface BatchWrites {
  readonly counts: readonly (readonly [hash: string, ttlSeconds: number, counters: CounterList])[];
  /** Before the counts: what hashes that do not have a field yet have of others is kept in another hash, by their names. */
  readonly keeps: {
    readonly unless: string;
    readonly fields: readonly string[];
    readonly hashes: readonly (readonly [hash: string, keptIn: string])[];
  };
  /** Before the sums: a key that is not there begins with what another one holds. */
  readonly seeds: readonly (readonly [key: string, source: string])[];
  readonly sums: readonly (readonly [key: string, ttlSeconds: number, amount: string])[];
  readonly members: readonly (readonly [set: string, ttlSeconds: number, members: readonly string[]])[];
  /** Oldest first, each put before the others; the list keeps that many. */
  readonly records: readonly (readonly [list: string, ttlSeconds: number, keep: number, records: readonly string[]])[];
  readonly lastUses: readonly LastUse[];
  readonly windows: readonly WindowUses[];
  /** Members of sorted sets that are taken out: what the requests held while they ran. */
  readonly releases: readonly (readonly [set: string, members: readonly string[]])[];
  readonly estimates: readonly EstimateUpdate[];
  readonly rollUps: readonly (readonly [
    hash: string,
    ttlSeconds: number,
    rows: readonly (readonly [field: string, figures: readonly number[]])[],
  ])[];
  readonly firsts: readonly FirstWrite[];
}

/** Written where there is none yet. */
export interface FirstWrite {
  readonly key: string;
  readonly value: string;
  /** Instead of the value where none of the witnesses was there before the batch. */
  readonly fresh: string;
  readonly witnesses: readonly string[];
}

/** A record's `lastUsedAt`, written only while the record exists and only forwards in time. */
export interface LastUse {
  readonly record: string;
  readonly ttlSeconds: number;
  /** ISO. */
  readonly at: string;
  /** A sorted set that ranks the record's id by the same time; '' = none. */
  readonly index: string;
  /** The same time in epoch ms. */
  readonly score: number;
  readonly member: string;
  /** Counters of the record itself. */
  readonly counters: CounterList;
  /** What each day cost, the earliest first; a record with a daily quota sums up its latest day. */
  readonly dailyCosts: readonly (readonly [day: string, microUsd: number])[];
}

/** Counters of a fixed window: a request counts while the window runs in which it ended. */
export interface WindowUses {
  /** Key with the window's start, epoch ms. */
  readonly start: string;
  readonly lengthMs: number;
  readonly uses: readonly WindowUse[];
}

export interface WindowUse {
  /** Epoch ms. */
  readonly at: number;
  readonly sums: readonly (readonly [key: string, amount: string])[];
}

/**
 * Moves fields of a hash, one after the other, a quarter of the way towards what a request really took, rounded down; a
 * field that is not there, or holds no such number, begins with it.
 */
export interface EstimateUpdate {
  readonly hash: string;
  readonly ttlSeconds: number;
  /** Whole numbers of at most 15 digits. */
  readonly actuals: readonly (readonly [field: string, actual: number])[];
}
