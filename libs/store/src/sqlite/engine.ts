import type { Database } from 'better-sqlite3';
import type { StoreTransaction } from '../script.js';
import { HashCommands } from './hash-commands.js';
import { KeyCommands } from './key-commands.js';
import { Keyspace } from './keyspace.js';
import { ListCommands } from './list-commands.js';
import { SetCommands } from './set-commands.js';
import { SortedSetCommands } from './sorted-set-commands.js';
import { StringCommands } from './string-commands.js';

/**
 * Every command, at once. A command that is refused has written nothing: each checks first and writes last. The caller
 * provides the transaction.
 */
export class SqliteEngine implements StoreTransaction {
  readonly keyspace: Keyspace;
  private readonly keys: KeyCommands;
  private readonly strings: StringCommands;
  private readonly hashes: HashCommands;
  private readonly sets: SetCommands;
  private readonly sortedSets: SortedSetCommands;
  private readonly lists: ListCommands;

  constructor(db: Database, now: () => number) {
    this.keyspace = new Keyspace(db, now);
    this.keys = new KeyCommands(this.keyspace, now);
    this.strings = new StringCommands(this.keyspace, now);
    this.hashes = new HashCommands(db, this.keyspace);
    this.sets = new SetCommands(db, this.keyspace);
    this.sortedSets = new SortedSetCommands(db, this.keyspace);
    this.lists = new ListCommands(db, this.keyspace);
  }

  type(key: string): string {
    return this.keys.type(key);
  }

  exists(...keys: string[]): number {
    return this.keys.exists(...keys);
  }

  del(...keys: string[]): number {
    return this.keys.del(...keys);
  }

  expire(key: string, seconds: number): number {
    return this.keys.expire(key, seconds);
  }

  pexpire(key: string, ms: number): number {
    return this.keys.pexpire(key, ms);
  }

  pttl(key: string): number {
    return this.keys.pttl(key);
  }

  scan(cursor: string, pattern: string, count: number): [string, string[]] {
    return this.keys.scan(cursor, pattern, count);
  }

  get(key: string): string | null {
    return this.strings.get(key);
  }

  mget(...keys: string[]): (string | null)[] {
    return this.strings.mget(...keys);
  }

  set(key: string, value: string, token?: 'PX', ms?: number, nx?: 'NX'): 'OK' | null {
    return this.strings.set(key, value, token, ms, nx);
  }

  incrby(key: string, by: number): number {
    return this.strings.incrby(key, by);
  }

  incrbyfloat(key: string, by: number): string {
    return this.strings.incrbyfloat(key, by);
  }

  hget(key: string, field: string): string | null {
    return this.hashes.hget(key, field);
  }

  hmget(key: string, ...fields: string[]): (string | null)[] {
    return this.hashes.hmget(key, ...fields);
  }

  hgetall(key: string): Record<string, string> {
    return this.hashes.hgetall(key);
  }

  hset(key: string, fields: Record<string, string>): number {
    return this.hashes.hset(key, fields);
  }

  hdel(key: string, ...fields: string[]): number {
    return this.hashes.hdel(key, ...fields);
  }

  hincrby(key: string, field: string, by: number): number {
    return this.hashes.hincrby(key, field, by);
  }

  sadd(key: string, ...members: string[]): number {
    return this.sets.sadd(key, ...members);
  }

  srem(key: string, ...members: string[]): number {
    return this.sets.srem(key, ...members);
  }

  smembers(key: string): string[] {
    return this.sets.smembers(key);
  }

  sismember(key: string, member: string): number {
    return this.sets.sismember(key, member);
  }

  scard(key: string): number {
    return this.sets.scard(key);
  }

  zadd(key: string, score: number, member: string): number {
    return this.sortedSets.zadd(key, score, member);
  }

  zrem(key: string, ...members: string[]): number {
    return this.sortedSets.zrem(key, ...members);
  }

  zscore(key: string, member: string): string | null {
    return this.sortedSets.zscore(key, member);
  }

  zcard(key: string): number {
    return this.sortedSets.zcard(key);
  }

  zrange(key: string, start: number, stop: number): string[] {
    return this.sortedSets.zrange(key, start, stop);
  }

  zrevrange(key: string, start: number, stop: number): string[] {
    return this.sortedSets.zrevrange(key, start, stop);
  }

  zrangebyscore(key: string, min: number, max: number): string[] {
    return this.sortedSets.zrangebyscore(key, min, max);
  }

  zremrangebyscore(key: string, min: number, max: number): number {
    return this.sortedSets.zremrangebyscore(key, min, max);
  }

  lpush(key: string, ...values: string[]): number {
    return this.lists.lpush(key, ...values);
  }

  lrange(key: string, start: number, stop: number): string[] {
    return this.lists.lrange(key, start, stop);
  }

  ltrim(key: string, start: number, stop: number): 'OK' {
    return this.lists.ltrim(key, start, stop);
  }

  llen(key: string): number {
    return this.lists.llen(key);
  }
}
