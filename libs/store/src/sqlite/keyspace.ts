import type { Database, Statement } from 'better-sqlite3';
import { wrongType } from './reply-error.js';

type KeyType = 'string' | 'hash' | 'set' | 'zset' | 'list';

/** A live key. `value` is a string's text, null for every other type. */
interface StoredKey {
  readonly id: number;
  readonly type: KeyType;
  /** Epoch ms after which the key is gone; null = never. */
  readonly expiresAt: number | null;
  readonly value: string | null;
}

/** Where the parts of each type stand; a string stands in its key's own row. */
const PART_TABLES = { hash: 'hash_fields', set: 'set_members', zset: 'zset_members', list: 'list_items' } as const;

/** Epoch ms; an end beyond what numbers hold exactly is as good as the last that they do. */
export const endAfter = (now: number, ms: number): number => Math.min(now + ms, Number.MAX_SAFE_INTEGER);

/**
 * The one table of keys: what type a key has and when it ends. An expired key is absent for every reader at once; its
 * rows go when the name is written again or the sweep comes by, so that reads never write.
 */
export class Keyspace {
  private readonly select: Statement<[string], StoredKey>;
  private readonly insert: Statement<[string, KeyType, string | null, number | null]>;
  private readonly update: Statement<[string, number | null, number]>;
  private readonly updateValue: Statement<[string, number]>;
  private readonly updateExpiry: Statement<[number | null, number]>;
  private readonly deleteKey: Statement<[number]>;
  private readonly deleteParts: Readonly<Record<keyof typeof PART_TABLES, Statement<[number]>>>;
  private readonly selectExpired: Statement<[number, number], Pick<StoredKey, 'id' | 'type'>>;
  private readonly selectFrom: Statement<[string, number, number], { name: string }>;
  private readonly selectAfter: Statement<[string, number, number], { name: string }>;

  constructor(
    db: Database,
    private readonly now: () => number,
  ) {
    this.select = db.prepare('SELECT id, type, value, expires_at AS expiresAt FROM keys WHERE name = ?');
    this.insert = db.prepare('INSERT INTO keys (name, type, value, expires_at) VALUES (?, ?, ?, ?)');
    this.update = db.prepare('UPDATE keys SET value = ?, expires_at = ? WHERE id = ?');
    this.updateValue = db.prepare('UPDATE keys SET value = ? WHERE id = ?');
    this.updateExpiry = db.prepare('UPDATE keys SET expires_at = ? WHERE id = ?');
    this.deleteKey = db.prepare('DELETE FROM keys WHERE id = ?');
    const deleteFrom = (table: string): Statement<[number]> => db.prepare(`DELETE FROM ${table} WHERE key_id = ?`);
    this.deleteParts = {
      hash: deleteFrom(PART_TABLES.hash),
      set: deleteFrom(PART_TABLES.set),
      zset: deleteFrom(PART_TABLES.zset),
      list: deleteFrom(PART_TABLES.list),
    };
    this.selectExpired = db.prepare('SELECT id, type FROM keys WHERE expires_at < ? ORDER BY expires_at LIMIT ?');
    const live = '(expires_at IS NULL OR expires_at >= ?) ORDER BY name LIMIT ?';
    this.selectFrom = db.prepare(`SELECT name FROM keys WHERE name >= ? AND ${live}`);
    this.selectAfter = db.prepare(`SELECT name FROM keys WHERE name > ? AND ${live}`);
  }

  find(name: string): StoredKey | null {
    const key = this.select.get(name);
    return key === undefined || this.isExpired(key) ? null : key;
  }

  /** @throws ReplyError WRONGTYPE when the key is there with another type. */
  findOfType(name: string, type: KeyType): StoredKey | null {
    const key = this.find(name);
    if (key !== null && key.type !== type) throw wrongType();
    return key;
  }

  /** The id of the collection of that name, made when it is not there. @throws ReplyError WRONGTYPE. */
  ensureCollection(name: string, type: Exclude<KeyType, 'string'>): number {
    const key = this.select.get(name);
    if (key !== undefined && !this.isExpired(key)) {
      if (key.type !== type) throw wrongType();
      return key.id;
    }
    if (key !== undefined) this.remove(key);
    return Number(this.insert.run(name, type, null, null).lastInsertRowid);
  }

  /** Makes the name a string with exactly this end, whatever it was before. */
  putString(name: string, value: string, expiresAt: number | null): void {
    const key = this.select.get(name);
    if (key?.type === 'string') {
      this.update.run(value, expiresAt, key.id);
      return;
    }
    if (key !== undefined) this.remove(key);
    this.insert.run(name, 'string', value, expiresAt);
  }

  /** Replaces a string's text and keeps its end. */
  setValue(key: StoredKey, value: string): void {
    this.updateValue.run(value, key.id);
  }

  setExpiry(key: StoredKey, expiresAt: number): void {
    this.updateExpiry.run(expiresAt, key.id);
  }

  remove(key: Pick<StoredKey, 'id' | 'type'>): void {
    if (key.type !== 'string') this.deleteParts[key.type].run(key.id);
    this.deleteKey.run(key.id);
  }

  /** Names of live keys in byte order: after the given one, or from it on. */
  listNames(bound: string, inclusive: boolean, count: number): string[] {
    const statement = inclusive ? this.selectFrom : this.selectAfter;
    return statement.all(bound, this.now(), count).map((row) => row.name);
  }

  /** Removes at most `limit` expired keys, the longest dead first; gives how many. */
  removeExpired(limit: number): number {
    const expired = this.selectExpired.all(this.now(), limit);
    expired.forEach((key) => {
      this.remove(key);
    });
    return expired.length;
  }

  private isExpired(key: StoredKey): boolean {
    return key.expiresAt !== null && key.expiresAt < this.now();
  }
}
