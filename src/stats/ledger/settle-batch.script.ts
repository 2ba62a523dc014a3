import { defineScript, type StoreTransaction } from '@crs/store';
import type { BatchWrites, CounterList, EstimateUpdate, FirstWrite, LastUse, WindowUses } from './batch-writes.js';

const MOST_KEYS_TOLD = 5;
/** Instances agree on the time within so much. */
const GRACE_MS = 2000;
const MICRO = 1_000_000;
const MOST_USD = 1_000_000_000;

export type SettleReply =
  /** The store has it already. */
  | { readonly kind: 'duplicate' }
  /** Nothing was written: `stored` is the last batch that the store has. */
  | { readonly kind: 'gap'; readonly stored: number }
  /** `refusedWrites`: how many writes met a value of another type and were left out; `refusedKeys`: the first few. */
  | { readonly kind: 'settled'; readonly refusedWrites: number; readonly refusedKeys: readonly string[] };

/** See settle-batch.lua: both do the same. */
export const settleBatch = defineScript<SettleReply>({
  name: 'settle-batch',
  source: new URL('./settle-batch.lua', import.meta.url),
  transaction: (tx, keys, args) => {
    const [marker] = keys as [string];
    const [number, after, writes] = args as [string, string, string];
    const before = tx.get(marker) ?? '';
    const stored = /^\d{1,15}$/.test(before) ? Number(before) : 0;
    if (stored >= Number(number)) return ['duplicate'];
    if (stored < Number(after)) return ['gap', stored];
    tx.set(marker, number);
    const batch = new Batch(tx);
    batch.write(JSON.parse(writes) as BatchWrites);
    return ['settled', batch.refused, ...batch.refusedKeys];
  },
  parse: (reply) => {
    const [kind, figure, ...refusedKeys] = reply as [string, number, ...string[]];
    if (kind === 'duplicate') return { kind };
    return kind === 'gap' ? { kind, stored: figure } : { kind: 'settled', refusedWrites: figure, refusedKeys };
  },
});

/** The Lua script's twin, step by step. */
class Batch {
  refused = 0;
  readonly refusedKeys = new Set<string>();

  constructor(private readonly tx: StoreTransaction) {}

  write(writes: BatchWrites): void {
    const { tx } = this;
    // The batch itself makes the witnesses.
    const firsts = writes.firsts.map((first) => [first.key, this.firstValue(first)] as const);
    for (const [hash, keptIn] of writes.keeps.hashes) this.keepFields(hash, keptIn, writes.keeps);
    for (const [hash, ttl, counters] of writes.counts) if (this.count(hash, counters)) this.keep(hash, ttl);
    for (const [key, source] of writes.seeds) this.seed(key, source);
    for (const [key, ttl, amount] of writes.sums) {
      if (this.attempt(key, () => tx.incrbyfloat(key, Number(amount)))) this.keep(key, ttl);
    }
    for (const [set, ttl, members] of writes.members) {
      if (this.attempt(set, () => tx.sadd(set, ...members))) this.keep(set, ttl);
    }
    for (const [list, ttl, most, records] of writes.records) {
      if (!this.attempt(list, () => tx.lpush(list, ...records))) continue;
      tx.ltrim(list, 0, most - 1);
      this.keep(list, ttl);
    }
    for (const use of writes.lastUses) this.stamp(use);
    for (const window of writes.windows) this.countInWindow(window);
    for (const [set, members] of writes.releases) this.attempt(set, () => tx.zrem(set, ...members));
    for (const estimate of writes.estimates) this.learn(estimate);
    for (const rollUp of writes.rollUps) this.rollUp(rollUp);
    for (const [key, value] of firsts) if (tx.exists(key) === 0) tx.set(key, value);
  }

  private firstValue({ value, fresh, witnesses }: FirstWrite): string {
    return witnesses.some((witness) => this.tx.exists(witness) === 1) ? value : fresh;
  }

  private keepFields(key: string, keptIn: string, { unless, fields }: BatchWrites['keeps']): void {
    const { tx } = this;
    if (tx.type(key) !== 'hash' || tx.hget(key, unless) !== null) return;
    const values = fields.map((field) => tx.hget(key, field) ?? '').map((value) => (/^\d+$/.test(value) ? value : '0'));
    this.attempt(keptIn, () => tx.hset(keptIn, { [key]: values.join(' ') }));
  }

  private seed(key: string, source: string): void {
    const { tx } = this;
    if (tx.exists(key) === 1 || tx.type(source) !== 'string') return;
    tx.set(key, String(tx.get(source)));
  }

  private stamp(use: LastUse): void {
    const { tx } = this;
    if (tx.exists(use.record) === 0) return;
    const before = this.attempt(use.record, () => tx.hget(use.record, 'lastUsedAt'));
    if (before === null) return;
    if (before.reply === null || before.reply < use.at) {
      tx.hset(use.record, { lastUsedAt: use.at });
      if (use.index !== '') this.attempt(use.index, () => tx.zadd(use.index, use.score, use.member));
    }
    this.count(use.record, use.counters);
    for (const [day, microUsd] of use.dailyCosts) this.spend(use.record, day, microUsd);
    this.keep(use.record, use.ttlSeconds);
  }

  /** Of a record that can be read. */
  private spend(record: string, day: string, microUsd: number): void {
    const { tx } = this;
    const before = tx.hget(record, 'lastResetDate') ?? '';
    const isDay = /^\d{4}-\d{2}-\d{2}$/.test(before);
    if (toMicro(tx.hget(record, 'dailyQuota')) === 0 || (isDay && before > day)) return;
    const spent = before === day ? toMicro(tx.hget(record, 'dailyUsage')) : 0;
    const sum = Math.min(spent + microUsd, Number.MAX_SAFE_INTEGER);
    const dailyUsage = `${Math.floor(sum / MICRO)}.${String(sum % MICRO).padStart(6, '0')}`;
    tx.hset(record, { dailyUsage, lastResetDate: day });
  }

  private countInWindow({ start: startKey, lengthMs, uses }: WindowUses): void {
    const { tx } = this;
    const start = this.attempt(startKey, () => tx.get(startKey))?.reply;
    if (typeof start !== 'string' || !/^\d+$/.test(start)) return;
    for (const { at, sums } of uses) {
      const restMs = Math.min(Number(start) + lengthMs - at, lengthMs);
      if (restMs <= 0 || at < Number(start) - GRACE_MS) continue;
      for (const [key, amount] of sums) {
        const counted = this.attempt(key, () => tx.incrbyfloat(key, Number(amount)));
        if (counted && tx.pttl(key) < 0) tx.pexpire(key, restMs);
      }
    }
  }

  private learn({ hash, ttlSeconds, actuals }: EstimateUpdate): void {
    for (const [field, actual] of actuals) {
      const before = this.attempt(hash, () => this.tx.hget(hash, field));
      if (before === null) continue;
      const known = /^\d{1,15}$/.test(before.reply ?? '') ? Number(before.reply) : actual;
      this.tx.hset(hash, { [field]: String(known + Math.floor((actual - known) / 4)) });
      this.keep(hash, ttlSeconds);
    }
  }

  private rollUp([hash, ttlSeconds, rows]: BatchWrites['rollUps'][number]): void {
    let isWritten = false;
    for (const [field, figures] of rows) {
      const before = this.attempt(hash, () => this.tx.hget(hash, field));
      if (before === null) continue;
      const sums = added(before.reply, figures);
      if (sums === null) {
        this.refuse(hash);
        continue;
      }
      this.tx.hset(hash, { [field]: sums });
      isWritten = true;
    }
    if (isWritten) this.keep(hash, ttlSeconds);
  }

  private count(key: string, counters: CounterList): boolean {
    let isWritten = false;
    for (let i = 0; i + 1 < counters.length; i += 2) {
      const counted = this.attempt(key, () => this.tx.hincrby(key, String(counters[i]), Number(counters[i + 1])));
      if (counted) isWritten = true;
    }
    return isWritten;
  }

  private keep(key: string, seconds: number): void {
    if (seconds > 0) this.tx.expire(key, seconds);
  }

  /** Null when the store refused the command; any other error ends the transaction. */
  private attempt<T>(key: string, command: () => T): { readonly reply: T } | null {
    try {
      return { reply: command() };
    } catch (error: unknown) {
      if (!(error instanceof Error) || !/^(?:WRONGTYPE|ERR) /.test(error.message)) throw error;
      this.refuse(key);
      return null;
    }
  }

  private refuse(key: string): void {
    this.refused += 1;
    if (this.refusedKeys.size < MOST_KEYS_TOLD) this.refusedKeys.add(key);
  }
}

/** Whole micro-USD of an amount as v1 writes it; 0 of what is none. */
function toMicro(text: string | null): number {
  const usd = /^\d+\.?\d*[eE]?[-+]?\d*$/.test(text ?? '') ? Number(text) : Number.NaN;
  return usd <= MOST_USD ? Math.floor(usd * MICRO + 0.5) : 0;
}

/** Null: not the figures of a roll-up. What a newer version has appended is kept. */
function added(before: string | null, figures: readonly number[]): string | null {
  const parts = before === null ? [] : before.split(' ');
  if (!parts.every((part) => /^\d{1,16}$/.test(part))) return null;
  const sums = Array.from({ length: Math.max(parts.length, figures.length) }, (_, i) => {
    return Number(parts[i] ?? 0) + (figures[i] ?? 0);
  });
  return sums.every((sum) => sum <= Number.MAX_SAFE_INTEGER) ? sums.join(' ') : null;
}
