import type { Database, Statement } from 'better-sqlite3';
import type { StoreTransaction } from '../script.js';
import { printScore, requireScore } from './decimal.js';
import { requireInteger } from './integer.js';
import type { Keyspace } from './keyspace.js';
import { ReplyError, requireSome } from './reply-error.js';
import { resolveSpan } from './span.js';

type Range = Statement<[number, number, number], { member: string }>;

/** Ordered by score, then by the members' bytes: SQLite compares text as memcmp of UTF-8, which is Redis' order. */
export class SortedSetCommands implements Pick<
  StoreTransaction,
  'zadd' | 'zrem' | 'zscore' | 'zcard' | 'zrange' | 'zrevrange' | 'zrangebyscore' | 'zremrangebyscore'
> {
  private readonly insert: Statement<[number, string, number]>;
  private readonly update: Statement<[number, number, string]>;
  private readonly remove: Statement<[number, string]>;
  private readonly selectScore: Statement<[number, string], { score: number }>;
  private readonly selectAny: Statement<[number]>;
  private readonly count: Statement<[number], number>;
  private readonly ascending: Range;
  private readonly descending: Range;
  private readonly selectScored: Statement<[number, number, number], string>;
  private readonly removeScored: Statement<[number, number, number]>;

  constructor(
    db: Database,
    private readonly keyspace: Keyspace,
  ) {
    this.insert = db.prepare('INSERT INTO zset_members (key_id, member, score) VALUES (?, ?, ?)');
    this.update = db.prepare('UPDATE zset_members SET score = ? WHERE key_id = ? AND member = ?');
    this.remove = db.prepare('DELETE FROM zset_members WHERE key_id = ? AND member = ?');
    this.selectScore = db.prepare('SELECT score FROM zset_members WHERE key_id = ? AND member = ?');
    this.selectAny = db.prepare('SELECT 1 FROM zset_members WHERE key_id = ? LIMIT 1');
    this.count = db.prepare<[number], number>('SELECT count(*) FROM zset_members WHERE key_id = ?').pluck();
    const range = (order: 'ASC' | 'DESC'): Range =>
      db.prepare(
        `SELECT member FROM zset_members WHERE key_id = ? ORDER BY score ${order}, member ${order} LIMIT ? OFFSET ?`,
      );
    this.ascending = range('ASC');
    this.descending = range('DESC');
    this.selectScored = db
      .prepare<[number, number, number], string>(
        'SELECT member FROM zset_members WHERE key_id = ? AND score BETWEEN ? AND ? ORDER BY score, member',
      )
      .pluck();
    this.removeScored = db.prepare('DELETE FROM zset_members WHERE key_id = ? AND score BETWEEN ? AND ?');
  }

  /** Gives 1 when the member is new, 0 when only its score was set. */
  zadd(key: string, score: number, member: string): number {
    const checked = requireScore(score);
    const id = this.keyspace.ensureCollection(key, 'zset');
    if (this.update.run(checked, id, member).changes > 0) return 0;
    this.insert.run(id, member, checked);
    return 1;
  }

  zrem(key: string, ...members: string[]): number {
    requireSome('zrem', members);
    const zset = this.keyspace.findOfType(key, 'zset');
    if (zset === null) return 0;
    const removed = members.reduce((sum, member) => sum + this.remove.run(zset.id, member).changes, 0);
    if (this.selectAny.get(zset.id) === undefined) this.keyspace.remove(zset);
    return removed;
  }

  zscore(key: string, member: string): string | null {
    const zset = this.keyspace.findOfType(key, 'zset');
    const row = zset === null ? undefined : this.selectScore.get(zset.id, member);
    return row === undefined ? null : printScore(row.score);
  }

  zcard(key: string): number {
    const zset = this.keyspace.findOfType(key, 'zset');
    return zset === null ? 0 : this.sizeOf(zset.id);
  }

  zrange(key: string, start: number, stop: number): string[] {
    return this.range(this.ascending, key, start, stop);
  }

  zrevrange(key: string, start: number, stop: number): string[] {
    return this.range(this.descending, key, start, stop);
  }

  zrangebyscore(key: string, min: number, max: number): string[] {
    const [least, most] = [requireBound(min), requireBound(max)];
    const zset = this.keyspace.findOfType(key, 'zset');
    return zset === null ? [] : this.selectScored.all(zset.id, least, most);
  }

  zremrangebyscore(key: string, min: number, max: number): number {
    const [least, most] = [requireBound(min), requireBound(max)];
    const zset = this.keyspace.findOfType(key, 'zset');
    if (zset === null) return 0;
    const { changes } = this.removeScored.run(zset.id, least, most);
    if (changes > 0 && this.selectAny.get(zset.id) === undefined) this.keyspace.remove(zset);
    return changes;
  }

  private range(statement: Range, key: string, start: number, stop: number): string[] {
    const first = requireInteger(start);
    const last = requireInteger(stop);
    const zset = this.keyspace.findOfType(key, 'zset');
    if (zset === null) return [];
    // Counting reads the whole set, so it is done only where an index counts from the end.
    const size = first < 0 || last < 0 ? this.sizeOf(zset.id) : Number.MAX_SAFE_INTEGER;
    const span = resolveSpan(first, last, size);
    if (span === null) return [];
    return statement.all(zset.id, span.length, span.offset).map((row) => row.member);
  }

  private sizeOf(id: number): number {
    return Number(this.count.get(id));
  }
}

function requireBound(score: number): number {
  if (Number.isNaN(score)) throw new ReplyError('ERR min or max is not a float');
  return score;
}
