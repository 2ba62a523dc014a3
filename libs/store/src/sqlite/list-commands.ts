import type { Database, Statement } from 'better-sqlite3';
import type { StoreTransaction } from '../script.js';
import { requireInteger } from './integer.js';
import type { Keyspace } from './keyspace.js';
import { requireSome } from './reply-error.js';
import { resolveSpan } from './span.js';

/** Positions of a list's items: without gaps, because items come at the head and go at the ends only. */
interface Extent {
  readonly head: number;
  readonly size: number;
}

export class ListCommands implements Pick<StoreTransaction, 'lpush' | 'lrange' | 'ltrim' | 'llen'> {
  private readonly insert: Statement<[number, number, string]>;
  private readonly selectHead: Statement<[number], { position: number }>;
  private readonly selectTail: Statement<[number], { position: number }>;
  private readonly selectBetween: Statement<[number, number, number], { value: string }>;
  private readonly deleteOutside: Statement<[number, number, number]>;

  constructor(
    db: Database,
    private readonly keyspace: Keyspace,
  ) {
    this.insert = db.prepare('INSERT INTO list_items (key_id, position, value) VALUES (?, ?, ?)');
    const end = (order: 'ASC' | 'DESC'): Statement<[number], { position: number }> =>
      db.prepare(`SELECT position FROM list_items WHERE key_id = ? ORDER BY position ${order} LIMIT 1`);
    this.selectHead = end('ASC');
    this.selectTail = end('DESC');
    this.selectBetween = db.prepare(
      'SELECT value FROM list_items WHERE key_id = ? AND position BETWEEN ? AND ? ORDER BY position',
    );
    this.deleteOutside = db.prepare('DELETE FROM list_items WHERE key_id = ? AND position NOT BETWEEN ? AND ?');
  }

  lpush(key: string, ...values: string[]): number {
    requireSome('lpush', values);
    const id = this.keyspace.ensureCollection(key, 'list');
    const { head, size } = this.extentOf(id);
    values.forEach((value, index) => this.insert.run(id, head - 1 - index, value));
    return size + values.length;
  }

  lrange(key: string, start: number, stop: number): string[] {
    const first = requireInteger(start);
    const last = requireInteger(stop);
    const list = this.keyspace.findOfType(key, 'list');
    if (list === null) return [];
    const { head, size } = this.extentOf(list.id);
    const span = resolveSpan(first, last, size);
    if (span === null) return [];
    const from = head + span.offset;
    return this.selectBetween.all(list.id, from, from + span.length - 1).map((row) => row.value);
  }

  ltrim(key: string, start: number, stop: number): 'OK' {
    const first = requireInteger(start);
    const last = requireInteger(stop);
    const list = this.keyspace.findOfType(key, 'list');
    if (list === null) return 'OK';
    const { head, size } = this.extentOf(list.id);
    const span = resolveSpan(first, last, size);
    if (span === null) this.keyspace.remove(list);
    else this.deleteOutside.run(list.id, head + span.offset, head + span.offset + span.length - 1);
    return 'OK';
  }

  llen(key: string): number {
    const list = this.keyspace.findOfType(key, 'list');
    return list === null ? 0 : this.extentOf(list.id).size;
  }

  private extentOf(id: number): Extent {
    const head = this.selectHead.get(id)?.position;
    const tail = this.selectTail.get(id)?.position;
    return head === undefined || tail === undefined ? { head: 0, size: 0 } : { head, size: tail - head + 1 };
  }
}
