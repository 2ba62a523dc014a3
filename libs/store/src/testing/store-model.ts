import type { StoreTransaction } from '../script.js';

type Value =
  | { readonly type: 'string'; text: string }
  | { readonly type: 'hash'; readonly fields: Map<string, string> }
  | { readonly type: 'set'; readonly members: Set<string> }
  | { readonly type: 'zset'; readonly scores: Map<string, number> }
  | { readonly type: 'list'; items: string[] };
type ValueOf<T extends Value['type']> = Extract<Value, { type: T }>;
interface Entry {
  readonly value: Value;
  endsAt: number;
}

const INTEGER = /^(?:0|-?[1-9]\d*)$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;

/**
 * What the store should do, written for plainness alone: maps in memory, no rows, no statements. The generated cases
 * hold every store against it. Knows finite numbers below 2^53.
 */
export class StoreModel implements StoreTransaction {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly now: () => number) {}

  type(key: string): string {
    return this.entry(key)?.value.type ?? 'none';
  }
  exists(...keys: string[]): number {
    return keys.filter((key) => this.entry(key)).length;
  }
  del(...keys: string[]): number {
    return keys.filter((key) => this.entry(key) && this.entries.delete(key)).length;
  }
  expire(key: string, seconds: number): number {
    return this.pexpire(key, seconds * 1000);
  }
  pexpire(key: string, ms: number): number {
    const entry = this.entry(key);
    if (!entry) return 0;
    if (ms <= 0) this.entries.delete(key);
    entry.endsAt = this.now() + ms;
    return 1;
  }
  pttl(key: string): number {
    const entry = this.entry(key);
    if (!entry) return -2;
    return entry.endsAt === Infinity ? -1 : entry.endsAt - this.now();
  }

  get(key: string): string | null {
    return this.find(key, 'string')?.text ?? null;
  }
  mget(...keys: string[]): (string | null)[] {
    return keys.map((key) => (this.type(key) === 'string' ? this.get(key) : null));
  }
  set(key: string, text: string, token?: 'PX', ms?: number, nx?: 'NX'): 'OK' | null {
    if (token && ms !== undefined && ms <= 0) throw new Error("ERR invalid expire time in 'set' command");
    if (nx && this.entry(key)) return null;
    this.entries.set(key, { value: { type: 'string', text }, endsAt: this.now() + (ms ?? Infinity) });
    return 'OK';
  }
  incrby(key: string, by: number): number {
    const text = this.get(key) ?? '0';
    if (!INTEGER.test(text)) throw new Error('ERR value is not an integer or out of range');
    this.make(key, { type: 'string', text }).text = String(Number(text) + by);
    return Number(text) + by;
  }
  incrbyfloat(key: string, by: number): string {
    const text = this.get(key) ?? '0';
    if (!DECIMAL.test(text)) throw new Error('ERR value is not a valid float');
    const sum = String(Number((Number(text) + by).toFixed(12)));
    this.make(key, { type: 'string', text }).text = sum;
    return sum;
  }

  hget(key: string, field: string): string | null {
    return this.find(key, 'hash')?.fields.get(field) ?? null;
  }
  hmget(key: string, ...fields: string[]): (string | null)[] {
    this.find(key, 'hash');
    return fields.map((field) => this.hget(key, field));
  }
  hgetall(key: string): Record<string, string> {
    return Object.fromEntries(this.find(key, 'hash')?.fields ?? []);
  }
  hset(key: string, fields: Record<string, string>): number {
    const hash = this.make(key, { type: 'hash', fields: new Map() });
    const before = hash.fields.size;
    Object.entries(fields).forEach(([field, value]) => hash.fields.set(field, value));
    return hash.fields.size - before;
  }
  hdel(key: string, ...fields: string[]): number {
    const hash = this.find(key, 'hash');
    return this.shrink(key, hash?.fields, (held) => fields.filter((field) => held.delete(field)).length);
  }
  hincrby(key: string, field: string, by: number): number {
    const text = this.hget(key, field) ?? '0';
    if (!INTEGER.test(text)) throw new Error('ERR hash value is not an integer');
    this.hset(key, { [field]: String(Number(text) + by) });
    return Number(text) + by;
  }

  sadd(key: string, ...members: string[]): number {
    const set = this.make(key, { type: 'set', members: new Set() });
    const before = set.members.size;
    members.forEach((member) => set.members.add(member));
    return set.members.size - before;
  }
  srem(key: string, ...members: string[]): number {
    const set = this.find(key, 'set');
    return this.shrink(key, set?.members, (held) => members.filter((member) => held.delete(member)).length);
  }
  smembers(key: string): string[] {
    return [...(this.find(key, 'set')?.members ?? [])];
  }
  sismember(key: string, member: string): number {
    return this.find(key, 'set')?.members.has(member) ? 1 : 0;
  }
  scard(key: string): number {
    return this.smembers(key).length;
  }

  zadd(key: string, score: number, member: string): number {
    const zset = this.make(key, { type: 'zset', scores: new Map() });
    const isNew = !zset.scores.has(member);
    zset.scores.set(member, score);
    return isNew ? 1 : 0;
  }
  zrem(key: string, ...members: string[]): number {
    const zset = this.find(key, 'zset');
    return this.shrink(key, zset?.scores, (held) => members.filter((member) => held.delete(member)).length);
  }
  zscore(key: string, member: string): string | null {
    const score = this.find(key, 'zset')?.scores.get(member);
    return score === undefined ? null : String(score);
  }
  zcard(key: string): number {
    return this.find(key, 'zset')?.scores.size ?? 0;
  }
  zrange(key: string, start: number, stop: number): string[] {
    const scored = [...(this.find(key, 'zset')?.scores ?? [])];
    scored.sort(([a, x], [b, y]) => x - y || Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return slice(
      scored.map(([member]) => member),
      start,
      stop,
    );
  }
  zrevrange(key: string, start: number, stop: number): string[] {
    return slice(this.zrange(key, 0, -1).reverse(), start, stop);
  }
  zrangebyscore(key: string, min: number, max: number): string[] {
    const scores = this.find(key, 'zset')?.scores ?? new Map<string, number>();
    return this.zrange(key, 0, -1).filter((member) => {
      const score = scores.get(member) ?? Number.NaN;
      return score >= min && score <= max;
    });
  }
  zremrangebyscore(key: string, min: number, max: number): number {
    const members = this.zrangebyscore(key, min, max);
    return members.length === 0 ? 0 : this.zrem(key, ...members);
  }

  lpush(key: string, ...values: string[]): number {
    const items: string[] = [];
    const list = this.make(key, { type: 'list', items });
    list.items = [...values.toReversed(), ...list.items];
    return list.items.length;
  }
  lrange(key: string, start: number, stop: number): string[] {
    return slice(this.find(key, 'list')?.items ?? [], start, stop);
  }
  ltrim(key: string, start: number, stop: number): 'OK' {
    const list = this.find(key, 'list');
    if (list) list.items = this.lrange(key, start, stop);
    if (list?.items.length === 0) this.entries.delete(key);
    return 'OK';
  }
  llen(key: string): number {
    return this.find(key, 'list')?.items.length ?? 0;
  }

  private entry(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    return entry && entry.endsAt >= this.now() ? entry : undefined;
  }

  private find<T extends Value['type']>(key: string, type: T): ValueOf<T> | undefined {
    const value = this.entry(key)?.value;
    if (value && value.type !== type) {
      throw new Error('WRONGTYPE Operation against a key holding the wrong kind of value');
    }
    return value as ValueOf<T> | undefined;
  }

  /** The value that is there, else this one. */
  private make<V extends Value>(key: string, value: V): V {
    const found = this.find(key, value.type) as V | undefined;
    if (!found) this.entries.set(key, { value, endsAt: Infinity });
    return found ?? value;
  }

  /** A collection that lost its last part is gone. */
  private shrink<H extends { readonly size: number }>(
    key: string,
    held: H | undefined,
    take: (held: H) => number,
  ): number {
    if (!held) return 0;
    const taken = take(held);
    if (held.size === 0) this.entries.delete(key);
    return taken;
  }
}

function slice(items: readonly string[], start: number, stop: number): string[] {
  const from = start < 0 ? Math.max(items.length + start, 0) : start;
  const to = stop < 0 ? items.length + stop : stop;
  return items.slice(from, Math.max(to + 1, 0));
}
