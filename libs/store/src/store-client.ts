import type { StoreScript } from './script.js';

/** One command of a batch, as ioredis takes it: the name, then its arguments. */
export type StoreCommand = [name: string, ...args: (string | number)[]];

/** What `exec` answers: one `[error, reply]` pair per command, in order. `null` only when Redis discarded the batch. */
export type BatchReplies = [error: Error | null, reply: unknown][] | null;

/** A batch that was built and not sent yet. */
export interface StoreBatch {
  exec(): Promise<BatchReplies>;
}

/**
 * The store, in the words of Redis.
 *
 * The signatures are the narrow part of ioredis' own that the gateway uses, so with Redis the port *is* the ioredis
 * client (`RedisStore` extends it and the compiler checks the fit); the embedded store is one class with the same
 * methods. A narrow interface instead of `Pick<Redis, ...>`: ioredis' overloads (callbacks, buffers) cannot be
 * implemented by a second class without casts.
 *
 * Keys come from `keys`, never from a template string. Values are text. Durations carry their unit in the name.
 * Errors: what Redis answers (`WRONGTYPE ...`, `ERR value is not an integer or out of range`) is thrown by both.
 */
export interface StoreClient {
  ping(): Promise<string>;
  type(key: string): Promise<string>;
  exists(...keys: string[]): Promise<number>;
  del(...keys: string[]): Promise<number>;
  expire(key: string, seconds: number): Promise<number>;
  pexpire(key: string, ms: number): Promise<number>;
  /** -2: no such key, -1: no time to live. */
  pttl(key: string): Promise<number>;
  /** Matching keys of one step; the next cursor is '0' at the end. A glob: `*`, `?`, `[a-z]`, `\` escapes. */
  scan(
    cursor: string,
    matchToken: 'MATCH',
    pattern: string,
    countToken: 'COUNT',
    count: number,
  ): Promise<[string, string[]]>;

  get(key: string): Promise<string | null>;
  mget(...keys: string[]): Promise<(string | null)[]>;
  set(key: string, value: string): Promise<'OK'>;
  set(key: string, value: string, millisecondsToken: 'PX', ms: number): Promise<'OK'>;
  set(key: string, value: string, millisecondsToken: 'PX', ms: number, nx: 'NX'): Promise<'OK' | null>;
  incrby(key: string, by: number): Promise<number>;
  incrbyfloat(key: string, by: number): Promise<string>;

  hget(key: string, field: string): Promise<string | null>;
  hmget(key: string, ...fields: string[]): Promise<(string | null)[]>;
  hgetall(key: string): Promise<Record<string, string>>;
  hset(key: string, fields: Record<string, string>): Promise<number>;
  hdel(key: string, ...fields: string[]): Promise<number>;
  hincrby(key: string, field: string, by: number): Promise<number>;

  sadd(key: string, ...members: string[]): Promise<number>;
  srem(key: string, ...members: string[]): Promise<number>;
  smembers(key: string): Promise<string[]>;
  sismember(key: string, member: string): Promise<number>;
  scard(key: string): Promise<number>;

  zadd(key: string, score: number, member: string): Promise<number>;
  zrem(key: string, ...members: string[]): Promise<number>;
  zscore(key: string, member: string): Promise<string | null>;
  zcard(key: string): Promise<number>;
  zrange(key: string, start: number, stop: number): Promise<string[]>;
  zrevrange(key: string, start: number, stop: number): Promise<string[]>;
  /** Members with `min <= score <= max`, in order. */
  zrangebyscore(key: string, min: number, max: number): Promise<string[]>;
  /** How many were removed. */
  zremrangebyscore(key: string, min: number, max: number): Promise<number>;

  lpush(key: string, ...values: string[]): Promise<number>;
  lrange(key: string, start: number, stop: number): Promise<string[]>;
  ltrim(key: string, start: number, stop: number): Promise<'OK'>;
  llen(key: string): Promise<number>;

  /** Sent together in one round trip; not atomic. */
  pipeline(commands: StoreCommand[]): StoreBatch;
  /** Sent together and carried out with nothing between. A command that fails does not undo the others (as Redis). */
  multi(commands: StoreCommand[]): StoreBatch;
  /** Runs a script atomically: its Lua in Redis, its TypeScript twin in one transaction of the embedded store. */
  runScript<R>(script: StoreScript<R>, keys: readonly string[], args: readonly (string | number)[]): Promise<R>;

  /** Ends the connection or closes the file; safe to call twice. */
  quit(): Promise<'OK'>;
}

/** The injection token of the one store of the process. */
export const STORE_CLIENT = Symbol('StoreClient');
