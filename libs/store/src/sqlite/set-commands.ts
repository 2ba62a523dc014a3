import type { Database, Statement } from 'better-sqlite3';
import type { StoreTransaction } from '../script.js';
import type { Keyspace } from './keyspace.js';
import { requireSome } from './reply-error.js';

export class SetCommands implements Pick<StoreTransaction, 'sadd' | 'srem' | 'smembers' | 'sismember' | 'scard'> {
  private readonly insert: Statement<[number, string]>;
  private readonly remove: Statement<[number, string]>;
  private readonly selectAll: Statement<[number], { member: string }>;
  private readonly selectMember: Statement<[number, string]>;
  private readonly selectAny: Statement<[number]>;
  private readonly count: Statement<[number], number>;

  constructor(
    db: Database,
    private readonly keyspace: Keyspace,
  ) {
    this.insert = db.prepare('INSERT OR IGNORE INTO set_members (key_id, member) VALUES (?, ?)');
    this.remove = db.prepare('DELETE FROM set_members WHERE key_id = ? AND member = ?');
    this.selectAll = db.prepare('SELECT member FROM set_members WHERE key_id = ?');
    this.selectMember = db.prepare('SELECT 1 FROM set_members WHERE key_id = ? AND member = ?');
    this.selectAny = db.prepare('SELECT 1 FROM set_members WHERE key_id = ? LIMIT 1');
    this.count = db.prepare<[number], number>('SELECT count(*) FROM set_members WHERE key_id = ?').pluck();
  }

  sadd(key: string, ...members: string[]): number {
    requireSome('sadd', members);
    const id = this.keyspace.ensureCollection(key, 'set');
    return members.reduce((sum, member) => sum + this.insert.run(id, member).changes, 0);
  }

  srem(key: string, ...members: string[]): number {
    requireSome('srem', members);
    const set = this.keyspace.findOfType(key, 'set');
    if (set === null) return 0;
    const removed = members.reduce((sum, member) => sum + this.remove.run(set.id, member).changes, 0);
    if (this.selectAny.get(set.id) === undefined) this.keyspace.remove(set);
    return removed;
  }

  smembers(key: string): string[] {
    const set = this.keyspace.findOfType(key, 'set');
    return set === null ? [] : this.selectAll.all(set.id).map((row) => row.member);
  }

  sismember(key: string, member: string): number {
    const set = this.keyspace.findOfType(key, 'set');
    return set !== null && this.selectMember.get(set.id, member) !== undefined ? 1 : 0;
  }

  scard(key: string): number {
    const set = this.keyspace.findOfType(key, 'set');
    return set === null ? 0 : Number(this.count.get(set.id));
  }
}
