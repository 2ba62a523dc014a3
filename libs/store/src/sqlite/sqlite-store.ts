import type { Database } from 'better-sqlite3';
import { reportRarely, warnOnProcess } from '../error-report.js';
import type { ErrorReport } from '../error-report.js';
import { systemRepeat } from '../repeat-timer.js';
import type { RepeatTimer } from '../repeat-timer.js';
import { keys } from '../keys.js';
import type { ScriptReply, StoreScript } from '../script.js';
import type { BatchReplies, StoreBatch, StoreClient, StoreCommand } from '../store-client.js';
import { StoreUnavailableError } from '../store-unavailable.error.js';
import { readBatch, requireQueueable, runBatch } from './batch.js';
import type { BatchCall } from './batch.js';
import { openDatabase } from './database.js';
import { SqliteEngine } from './engine.js';
import { StoreFileError, toOpeningFault, toSqliteFault } from './sqlite-fault.js';

export interface SqliteStoreOptions {
  /** Epoch milliseconds; the system's clock when not given. */
  readonly now?: () => number;
  /** Runs the sweep of expired keys; an interval that does not keep the process alive when not given. */
  readonly repeat?: RepeatTimer;
  /** Told when a sweep fails. */
  readonly onError?: ErrorReport;
}

/** A sweep frees the room of keys that nobody asks for any more; expiry itself does not depend on it. */
const SWEEP_EVERY_MS = 500;
/** Few enough that the requests that wait for a sweep do not feel it: about a millisecond. */
const KEYS_PER_SWEEP = 100;
const REPORT_EVERY_MS = 60_000;
/** Larger than what fits into the page of its key, so that writing it takes room. */
const PROBE = 'x'.repeat(8192);

/**
 * The embedded store. The file belongs to this process alone and every command runs to its end at once, so the only
 * thing that a transaction has to guard against is the process dying between two statements.
 */
export class SqliteStore implements StoreClient {
  private readonly engine: SqliteEngine;
  private readonly stopSweeping: () => void;
  /** A write has failed, and none was tried since that shows that writing works again. */
  private isWriteFaulty = false;

  constructor(
    private readonly db: Database,
    { now = Date.now, repeat = systemRepeat, onError = warnOnProcess }: SqliteStoreOptions,
  ) {
    this.engine = new SqliteEngine(db, now);
    const report = reportRarely(onError, REPORT_EVERY_MS, now);
    this.stopSweeping = repeat(() => {
      this.sweep(report);
    }, SWEEP_EVERY_MS);
  }

  /** Fails after a write has failed, until writing works again; it tries that itself. */
  async ping(): Promise<string> {
    if (!this.isWriteFaulty) return this.read(() => 'PONG');
    this.write(() => {
      this.engine.set(keys.store.probe, PROBE);
      this.engine.del(keys.store.probe);
    });
    this.isWriteFaulty = false;
    return 'PONG';
  }

  async type(key: string): Promise<string> {
    return this.read(() => this.engine.type(key));
  }

  async exists(...keys: string[]): Promise<number> {
    return this.read(() => this.engine.exists(...keys));
  }

  async del(...keys: string[]): Promise<number> {
    return this.write(() => this.engine.del(...keys));
  }

  async expire(key: string, seconds: number): Promise<number> {
    return this.write(() => this.engine.expire(key, seconds));
  }

  async pexpire(key: string, ms: number): Promise<number> {
    return this.write(() => this.engine.pexpire(key, ms));
  }

  async pttl(key: string): Promise<number> {
    return this.read(() => this.engine.pttl(key));
  }

  async scan(
    cursor: string,
    _matchToken: 'MATCH',
    pattern: string,
    _countToken: 'COUNT',
    count: number,
  ): Promise<[string, string[]]> {
    return this.read(() => this.engine.scan(cursor, pattern, count));
  }

  async get(key: string): Promise<string | null> {
    return this.read(() => this.engine.get(key));
  }

  async mget(...keys: string[]): Promise<(string | null)[]> {
    return this.read(() => this.engine.mget(...keys));
  }

  async set(key: string, value: string): Promise<'OK'>;
  async set(key: string, value: string, millisecondsToken: 'PX', ms: number): Promise<'OK'>;
  async set(key: string, value: string, millisecondsToken: 'PX', ms: number, nx: 'NX'): Promise<'OK' | null>;
  async set(key: string, value: string, token?: 'PX', ms?: number, nx?: 'NX'): Promise<'OK' | null> {
    return this.write(() => this.engine.set(key, value, token, ms, nx));
  }

  async incrby(key: string, by: number): Promise<number> {
    return this.write(() => this.engine.incrby(key, by));
  }

  async incrbyfloat(key: string, by: number): Promise<string> {
    return this.write(() => this.engine.incrbyfloat(key, by));
  }

  async hget(key: string, field: string): Promise<string | null> {
    return this.read(() => this.engine.hget(key, field));
  }

  async hmget(key: string, ...fields: string[]): Promise<(string | null)[]> {
    return this.read(() => this.engine.hmget(key, ...fields));
  }

  async hgetall(key: string): Promise<Record<string, string>> {
    return this.read(() => this.engine.hgetall(key));
  }

  async hset(key: string, fields: Record<string, string>): Promise<number> {
    return this.write(() => this.engine.hset(key, fields));
  }

  async hdel(key: string, ...fields: string[]): Promise<number> {
    return this.write(() => this.engine.hdel(key, ...fields));
  }

  async hincrby(key: string, field: string, by: number): Promise<number> {
    return this.write(() => this.engine.hincrby(key, field, by));
  }

  async sadd(key: string, ...members: string[]): Promise<number> {
    return this.write(() => this.engine.sadd(key, ...members));
  }

  async srem(key: string, ...members: string[]): Promise<number> {
    return this.write(() => this.engine.srem(key, ...members));
  }

  async smembers(key: string): Promise<string[]> {
    return this.read(() => this.engine.smembers(key));
  }

  async sismember(key: string, member: string): Promise<number> {
    return this.read(() => this.engine.sismember(key, member));
  }

  async scard(key: string): Promise<number> {
    return this.read(() => this.engine.scard(key));
  }

  async zadd(key: string, score: number, member: string): Promise<number> {
    return this.write(() => this.engine.zadd(key, score, member));
  }

  async zrem(key: string, ...members: string[]): Promise<number> {
    return this.write(() => this.engine.zrem(key, ...members));
  }

  async zscore(key: string, member: string): Promise<string | null> {
    return this.read(() => this.engine.zscore(key, member));
  }

  async zcard(key: string): Promise<number> {
    return this.read(() => this.engine.zcard(key));
  }

  async zrange(key: string, start: number, stop: number): Promise<string[]> {
    return this.read(() => this.engine.zrange(key, start, stop));
  }

  async zrevrange(key: string, start: number, stop: number): Promise<string[]> {
    return this.read(() => this.engine.zrevrange(key, start, stop));
  }

  async zrangebyscore(key: string, min: number, max: number): Promise<string[]> {
    return this.read(() => this.engine.zrangebyscore(key, min, max));
  }

  async zremrangebyscore(key: string, min: number, max: number): Promise<number> {
    return this.write(() => this.engine.zremrangebyscore(key, min, max));
  }

  async lpush(key: string, ...values: string[]): Promise<number> {
    return this.write(() => this.engine.lpush(key, ...values));
  }

  async lrange(key: string, start: number, stop: number): Promise<string[]> {
    return this.read(() => this.engine.lrange(key, start, stop));
  }

  async ltrim(key: string, start: number, stop: number): Promise<'OK'> {
    return this.write(() => this.engine.ltrim(key, start, stop));
  }

  async llen(key: string): Promise<number> {
    return this.read(() => this.engine.llen(key));
  }

  pipeline(commands: StoreCommand[]): StoreBatch {
    const calls = readBatch(commands);
    return { exec: async () => this.runAll(calls) };
  }

  multi(commands: StoreCommand[]): StoreBatch {
    const calls = readBatch(commands);
    return {
      exec: async () => {
        requireQueueable(calls);
        return this.runAll(calls);
      },
    };
  }

  async runScript<R>(script: StoreScript<R>, keys: readonly string[], args: readonly (string | number)[]): Promise<R> {
    const reply = this.write(() => requireWhole(script.name, script.transaction(this.engine, keys, args.map(String))));
    return script.parse(reply);
  }

  async quit(): Promise<'OK'> {
    this.stopSweeping();
    this.db.close();
    return 'OK';
  }

  private sweep(report: (error: unknown) => void): void {
    try {
      this.write(() => this.engine.keyspace.removeExpired(KEYS_PER_SWEEP));
    } catch (error) {
      report(error);
    }
  }

  private runAll(calls: readonly BatchCall[]): BatchReplies {
    return this.write(() => runBatch(this.engine, calls));
  }

  private read<T>(work: () => T): T {
    if (!this.db.open) throw new StoreUnavailableError('Connection is closed');
    try {
      return work();
    } catch (error) {
      throw toSqliteFault(error, this.db.name);
    }
  }

  private write<T>(work: () => T): T {
    try {
      return this.read(() => this.db.transaction(work)());
    } catch (error) {
      if (error instanceof StoreUnavailableError || error instanceof StoreFileError) this.isWriteFaulty = true;
      throw error;
    }
  }
}

/** Redis cuts a script's numbers to whole ones; a twin that relies on a fraction must not pass unnoticed. */
function requireWhole(name: string, reply: ScriptReply): ScriptReply {
  const parts = Array.isArray(reply) ? (reply as readonly ScriptReply[]) : [reply];
  for (const part of parts) {
    if (Array.isArray(part)) requireWhole(name, part as readonly ScriptReply[]);
    else if (typeof part === 'number' && !Number.isSafeInteger(part)) {
      throw new TypeError(`Script ${name} answered the number ${part}: answer fractions as text.`);
    }
  }
  return reply;
}

/** @throws StoreFileError, see `openDatabase`. */
export function openSqliteStore(file: string, options: SqliteStoreOptions = {}): SqliteStore {
  const db = openDatabase(file);
  try {
    return new SqliteStore(db, options);
  } catch (error) {
    db.close();
    throw toOpeningFault(error, file);
  }
}
