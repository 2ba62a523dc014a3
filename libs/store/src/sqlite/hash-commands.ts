import type { Database, Statement } from 'better-sqlite3';
import type { StoreTransaction } from '../script.js';
import { addInteger } from './integer.js';
import type { Keyspace } from './keyspace.js';
import { ReplyError, requireSome } from './reply-error.js';

interface FieldRow {
  readonly field: string;
  readonly value: string;
}

const notAHashInteger = () => new ReplyError('ERR hash value is not an integer');

export class HashCommands implements Pick<
  StoreTransaction,
  'hget' | 'hmget' | 'hgetall' | 'hset' | 'hdel' | 'hincrby'
> {
  private readonly selectField: Statement<[number, string], Pick<FieldRow, 'value'>>;
  private readonly selectAll: Statement<[number], FieldRow>;
  private readonly insert: Statement<[number, string, string]>;
  private readonly update: Statement<[string, number, string]>;
  private readonly remove: Statement<[number, string]>;
  private readonly selectAny: Statement<[number]>;

  constructor(
    db: Database,
    private readonly keyspace: Keyspace,
  ) {
    this.selectField = db.prepare('SELECT value FROM hash_fields WHERE key_id = ? AND field = ?');
    this.selectAll = db.prepare('SELECT field, value FROM hash_fields WHERE key_id = ?');
    this.insert = db.prepare('INSERT INTO hash_fields (key_id, field, value) VALUES (?, ?, ?)');
    this.update = db.prepare('UPDATE hash_fields SET value = ? WHERE key_id = ? AND field = ?');
    this.remove = db.prepare('DELETE FROM hash_fields WHERE key_id = ? AND field = ?');
    this.selectAny = db.prepare('SELECT 1 FROM hash_fields WHERE key_id = ? LIMIT 1');
  }

  hget(key: string, field: string): string | null {
    const hash = this.keyspace.findOfType(key, 'hash');
    return hash === null ? null : this.fieldOf(hash.id, field);
  }

  hmget(key: string, ...fields: string[]): (string | null)[] {
    requireSome('hmget', fields);
    const hash = this.keyspace.findOfType(key, 'hash');
    return fields.map((field) => (hash === null ? null : this.fieldOf(hash.id, field)));
  }

  hgetall(key: string): Record<string, string> {
    const hash = this.keyspace.findOfType(key, 'hash');
    if (hash === null) return {};
    return Object.fromEntries(this.selectAll.all(hash.id).map(({ field, value }) => [field, value]));
  }

  hset(key: string, fields: Record<string, string>): number {
    const entries = Object.entries(fields);
    requireSome('hset', entries);
    const id = this.keyspace.ensureCollection(key, 'hash');
    return entries.filter(([field, value]) => this.put(id, field, value)).length;
  }

  hdel(key: string, ...fields: string[]): number {
    requireSome('hdel', fields);
    const hash = this.keyspace.findOfType(key, 'hash');
    if (hash === null) return 0;
    const deleted = fields.reduce((sum, field) => sum + this.remove.run(hash.id, field).changes, 0);
    if (this.selectAny.get(hash.id) === undefined) this.keyspace.remove(hash);
    return deleted;
  }

  hincrby(key: string, field: string, by: number): number {
    const hash = this.keyspace.findOfType(key, 'hash');
    const stored = hash === null ? null : this.fieldOf(hash.id, field);
    const value = addInteger(stored ?? '0', by, notAHashInteger);
    const id = hash?.id ?? this.keyspace.ensureCollection(key, 'hash');
    if (stored === null) this.insert.run(id, field, value);
    else this.update.run(value, id, field);
    return Number(value);
  }

  /** True when the field is new. */
  private put(id: number, field: string, value: string): boolean {
    if (this.update.run(value, id, field).changes > 0) return false;
    this.insert.run(id, field, value);
    return true;
  }

  private fieldOf(id: number, field: string): string | null {
    return this.selectField.get(id, field)?.value ?? null;
  }
}
