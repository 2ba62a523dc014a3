import { defineScript, type StoreTransaction } from '@crs/store';

/** Field and whole increment, in turn: `['inputTokens', 12, 'requests', 1]`. */
export type CounterList = readonly (string | number)[];

/**
 * Writes of one request or of many. A time to live is in seconds, set anew by each write; 0 = none. Amounts are decimal
 * text, because they are summed exactly.
 */
export interface UsageWrites {
  /** Many hashes get the same increments, so these are listed once. */
  readonly counts: readonly CountGroup[];
  /** Before the sums: a key that is not there begins with what another one holds. */
  readonly seeds: readonly (readonly [key: string, source: string])[];
  readonly sums: readonly (readonly [key: string, ttlSeconds: number, amount: string])[];
  readonly members: readonly (readonly [set: string, ttlSeconds: number, member: string])[];
  /** Newest first; the list keeps that many. */
  readonly records: readonly (readonly [list: string, ttlSeconds: number, keep: number, record: string])[];
  readonly lastUses: readonly LastUse[];
  readonly windows: readonly WindowUse[];
  /** Members of sorted sets that are taken out: what the requests held while they ran. */
  readonly releases: readonly (readonly [set: string, member: string])[];
  readonly estimates: readonly EstimateUpdate[];
}

interface CountGroup {
  readonly counters: CounterList;
  readonly hashes: readonly HashKey[];
  /** Where a hash does not have the field yet, what it has of others is first kept under other names. */
  readonly keep?: { readonly unless: string; readonly copies: readonly (readonly [from: string, to: string])[] };
}

export type HashKey = readonly [key: string, ttlSeconds: number];

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
}

/** Counters of a fixed window, written only while one is running. */
export interface WindowUse {
  /** Key with the window's start, epoch ms. */
  readonly start: string;
  readonly lengthMs: number;
  /** Epoch ms. */
  readonly at: number;
  readonly sums: readonly (readonly [key: string, amount: string])[];
}

/**
 * Moves fields of a hash a quarter of the way towards what a request really took, rounded down; a field that is not
 * there, or holds no such number, begins with it.
 */
export interface EstimateUpdate {
  readonly hash: string;
  readonly ttlSeconds: number;
  /** Whole numbers of at most 15 digits. */
  readonly actuals: readonly (readonly [field: string, actual: number])[];
}

export type BookingResult =
  | { readonly kind: 'duplicate' }
  /** `refusedWrites`: how many keys held a value of another type, so that their write was left out. */
  | { readonly kind: 'booked'; readonly refusedWrites: number };

/** See book-usage.lua: both do the same. */
export const bookUsage = defineScript<BookingResult>({
  name: 'book-usage',
  source: new URL('./book-usage.lua', import.meta.url),
  transaction: (tx, keys, args) => {
    const [marker] = keys as [string];
    const [markerMs, writes] = args as [string, string];
    if (tx.set(marker, '1', 'PX', Number(markerMs), 'NX') === null) return -1;
    return new Booking(tx).write(JSON.parse(writes) as UsageWrites);
  },
  parse: (reply) => (reply === -1 ? { kind: 'duplicate' } : { kind: 'booked', refusedWrites: Number(reply) }),
});

/** The Lua script's twin, step by step. */
class Booking {
  private refused = 0;

  constructor(private readonly tx: StoreTransaction) {}

  write(writes: UsageWrites): number {
    const { tx } = this;
    for (const { counters, hashes, keep } of writes.counts) {
      for (const [key, ttl] of hashes) {
        if (keep !== undefined) this.keepCopies(key, keep);
        if (this.count(key, counters)) this.keep(key, ttl);
      }
    }
    for (const [key, source] of writes.seeds) this.seed(key, source);
    for (const [key, ttl, amount] of writes.sums) {
      if (this.attempt(() => tx.incrbyfloat(key, Number(amount)))) this.keep(key, ttl);
    }
    for (const [key, ttl, member] of writes.members) {
      if (this.attempt(() => tx.sadd(key, member))) this.keep(key, ttl);
    }
    for (const [key, ttl, most, record] of writes.records) {
      if (!this.attempt(() => tx.lpush(key, record))) continue;
      tx.ltrim(key, 0, most - 1);
      this.keep(key, ttl);
    }
    for (const use of writes.lastUses) this.stamp(use);
    for (const window of writes.windows) this.countInWindow(window);
    for (const [set, member] of writes.releases) this.attempt(() => tx.zrem(set, member));
    for (const estimate of writes.estimates) this.learn(estimate);
    return this.refused;
  }

  private keepCopies(key: string, { unless, copies }: NonNullable<CountGroup['keep']>): void {
    const { tx } = this;
    if (tx.type(key) !== 'hash' || tx.hget(key, unless) !== null) return;
    for (const [from, to] of copies) {
      const value = tx.hget(key, from);
      if (value !== null) tx.hset(key, { [to]: value });
    }
  }

  private seed(key: string, source: string): void {
    const { tx } = this;
    if (tx.exists(key) === 1 || tx.type(source) !== 'string') return;
    tx.set(key, String(tx.get(source)));
  }

  private stamp(use: LastUse): void {
    const { tx } = this;
    if (tx.exists(use.record) === 0) return;
    const before = this.attempt(() => tx.hget(use.record, 'lastUsedAt'));
    if (before === null) return;
    if (before.reply === null || before.reply < use.at) {
      tx.hset(use.record, { lastUsedAt: use.at });
      if (use.index !== '') this.attempt(() => tx.zadd(use.index, use.score, use.member));
    }
    this.count(use.record, use.counters);
    this.keep(use.record, use.ttlSeconds);
  }

  private countInWindow(window: WindowUse): void {
    const { tx } = this;
    const start = this.attempt(() => tx.get(window.start))?.reply;
    if (typeof start !== 'string' || !/^\d+$/.test(start)) return;
    const restMs = Number(start) + window.lengthMs - window.at;
    if (restMs <= 0) return;
    for (const [key, amount] of window.sums) {
      const counted = this.attempt(() => tx.incrbyfloat(key, Number(amount)));
      if (counted && tx.pttl(key) < 0) tx.pexpire(key, restMs);
    }
  }

  private learn({ hash, ttlSeconds, actuals }: EstimateUpdate): void {
    for (const [field, actual] of actuals) {
      const before = this.attempt(() => this.tx.hget(hash, field));
      if (before === null) continue;
      const known = /^\d{1,15}$/.test(before.reply ?? '') ? Number(before.reply) : actual;
      this.tx.hset(hash, { [field]: String(known + Math.floor((actual - known) / 4)) });
      this.keep(hash, ttlSeconds);
    }
  }

  private count(key: string, counters: CounterList): boolean {
    let isWritten = false;
    for (let i = 0; i + 1 < counters.length; i += 2) {
      if (this.attempt(() => this.tx.hincrby(key, String(counters[i]), Number(counters[i + 1])))) isWritten = true;
    }
    return isWritten;
  }

  private keep(key: string, seconds: number): void {
    if (seconds > 0) this.tx.expire(key, seconds);
  }

  /** Null when the store refused the command; any other error ends the transaction. */
  private attempt<T>(command: () => T): { readonly reply: T } | null {
    try {
      return { reply: command() };
    } catch (error: unknown) {
      if (!(error instanceof Error) || !/^(?:WRONGTYPE|ERR) /.test(error.message)) throw error;
      this.refused += 1;
      return null;
    }
  }
}
