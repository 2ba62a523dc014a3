import type { StoreTransaction } from '../script.js';
import { compileGlob } from './glob.js';
import { requireInteger } from './integer.js';
import { endAfter } from './keyspace.js';
import type { Keyspace } from './keyspace.js';
import { ReplyError, requireSome, syntaxError } from './reply-error.js';

const MARK = '>';

/** What can be done with a key of any type. */
export class KeyCommands implements Pick<StoreTransaction, 'type' | 'exists' | 'del' | 'expire' | 'pexpire' | 'pttl'> {
  constructor(
    private readonly keyspace: Keyspace,
    private readonly now: () => number,
  ) {}

  type(key: string): string {
    return this.keyspace.find(key)?.type ?? 'none';
  }

  exists(...keys: string[]): number {
    requireSome('exists', keys);
    return keys.filter((key) => this.keyspace.find(key) !== null).length;
  }

  del(...keys: string[]): number {
    requireSome('del', keys);
    let deleted = 0;
    for (const name of keys) {
      const key = this.keyspace.find(name);
      if (key === null) continue;
      this.keyspace.remove(key);
      deleted += 1;
    }
    return deleted;
  }

  expire(key: string, seconds: number): number {
    return this.expireIn(key, requireInteger(seconds) * 1000);
  }

  pexpire(key: string, ms: number): number {
    return this.expireIn(key, requireInteger(ms));
  }

  pttl(key: string): number {
    const stored = this.keyspace.find(key);
    if (stored === null) return -2;
    return stored.expiresAt === null ? -1 : stored.expiresAt - this.now();
  }

  /**
   * One step in byte order of the names. The cursor is the last name seen, so a step costs the same wherever it starts,
   * keeps nothing between steps and never gives a key twice. A pattern's literal beginning bounds what is read.
   */
  scan(cursor: string, pattern: string, count: number): [string, string[]] {
    if (requireInteger(count) < 1) throw syntaxError();
    if (cursor !== '0' && !cursor.startsWith(MARK)) throw new ReplyError('ERR invalid cursor');
    const glob = compileGlob(pattern);
    const isFirst = cursor === '0';
    const names = this.keyspace.listNames(isFirst ? glob.prefix : cursor.slice(MARK.length), isFirst, count);
    const inside = names.filter((name) => name.startsWith(glob.prefix));
    const last = names.at(-1);
    const isDone = last === undefined || names.length < count || inside.length < names.length;
    return [isDone ? '0' : MARK + last, inside.filter((name) => glob.matches(name))];
  }

  private expireIn(name: string, ms: number): number {
    const key = this.keyspace.find(name);
    if (key === null) return 0;
    if (ms <= 0) this.keyspace.remove(key);
    else this.keyspace.setExpiry(key, endAfter(this.now(), ms));
    return 1;
  }
}
