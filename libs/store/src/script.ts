/** What a script answers before it is parsed: Redis' reply types that scripts here use. */
export type ScriptReply = string | number | null | readonly ScriptReply[];

/**
 * The commands that a script's TypeScript twin may use: the same as `StoreClient`'s, at once and inside one transaction.
 * A throw rolls the whole transaction back (Lua does not: a script checks first and writes last).
 */
export interface StoreTransaction {
  type(key: string): string;
  exists(...keys: string[]): number;
  del(...keys: string[]): number;
  expire(key: string, seconds: number): number;
  pexpire(key: string, ms: number): number;
  pttl(key: string): number;
  get(key: string): string | null;
  mget(...keys: string[]): (string | null)[];
  set(key: string, value: string, token?: 'PX', ms?: number, nx?: 'NX'): 'OK' | null;
  incrby(key: string, by: number): number;
  incrbyfloat(key: string, by: number): string;
  hget(key: string, field: string): string | null;
  hmget(key: string, ...fields: string[]): (string | null)[];
  hgetall(key: string): Record<string, string>;
  hset(key: string, fields: Record<string, string>): number;
  hdel(key: string, ...fields: string[]): number;
  hincrby(key: string, field: string, by: number): number;
  sadd(key: string, ...members: string[]): number;
  srem(key: string, ...members: string[]): number;
  smembers(key: string): string[];
  sismember(key: string, member: string): number;
  scard(key: string): number;
  zadd(key: string, score: number, member: string): number;
  zrem(key: string, ...members: string[]): number;
  zscore(key: string, member: string): string | null;
  zcard(key: string): number;
  zrange(key: string, start: number, stop: number): string[];
  zrevrange(key: string, start: number, stop: number): string[];
  zrangebyscore(key: string, min: number, max: number): string[];
  zremrangebyscore(key: string, min: number, max: number): number;
  lpush(key: string, ...values: string[]): number;
  lrange(key: string, start: number, stop: number): string[];
  ltrim(key: string, start: number, stop: number): 'OK';
  llen(key: string): number;
}

/**
 * One decision that must be atomic, written twice: as Lua beside its only caller (`verb-noun.lua`) and as TypeScript
 * (`verb-noun.script.ts`). Both take the same keys and arguments (all text, as Redis passes them) and give the same
 * reply; `parse` turns that reply into the caller's type.
 */
export interface StoreScript<R> {
  readonly name: string;
  readonly lua: string;
  transaction(tx: StoreTransaction, keys: readonly string[], args: readonly string[]): ScriptReply;
  parse(reply: ScriptReply): R;
}
