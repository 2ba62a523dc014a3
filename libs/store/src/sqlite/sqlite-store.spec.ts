import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Database } from 'better-sqlite3';
import type { ScriptReply, StoreScript, StoreTransaction } from '../script.js';
import type { StoreCommand } from '../store-client.js';
import { StoreUnavailableError } from '../store-unavailable.error.js';
import { IN_MEMORY, openDatabase } from './database.js';
import { SqliteStore } from './sqlite-store.js';

const ROWS = `
  SELECT (SELECT count(*) FROM keys) + (SELECT count(*) FROM hash_fields) + (SELECT count(*) FROM set_members)
    + (SELECT count(*) FROM zset_members) + (SELECT count(*) FROM list_items) AS rows`;

const script = (transaction: (tx: StoreTransaction) => ScriptReply): StoreScript<ScriptReply> => ({
  name: 'test',
  lua: '',
  transaction,
  parse: (reply) => reply,
});

describe('SqliteStore', () => {
  let now: number;
  let db: Database;
  let sut: SqliteStore;
  let sweep: () => void;
  let sweepEveryMs: number;
  let isSweeping: boolean;
  let errors: [message: string, suppressed: number][];

  beforeEach(() => {
    now = 1_000;
    isSweeping = true;
    errors = [];
    db = openDatabase(IN_MEMORY);
    sut = new SqliteStore(db, {
      now: () => now,
      repeat: (work, everyMs) => {
        sweep = work;
        sweepEveryMs = everyMs;
        return () => {
          isSweeping = false;
        };
      },
      onError: (error, suppressed) => errors.push([error.message, suppressed]),
    });
  });
  afterEach(() => sut.quit());

  const rows = (): unknown => db.prepare(ROWS).pluck().get();

  /** Five keys, one of each type, with two parts each where there are parts: 1 + 3 + 3 + 3 + 3 rows. */
  const fill = async (suffix: string): Promise<string[]> => {
    const names = ['s', 'h', 'm', 'z', 'l'].map((name) => name + suffix);
    const [string = '', hash = '', set = '', zset = '', list = ''] = names;
    await sut.set(string, 'x');
    await sut.hset(hash, { a: '1', b: '2' });
    await sut.sadd(set, 'a', 'b');
    await sut.zadd(zset, 1, 'a');
    await sut.zadd(zset, 2, 'b');
    await sut.lpush(list, 'a', 'b');
    return names;
  };

  it('leaves no row behind when keys are deleted', async () => {
    const names = await fill('');
    expect(rows()).toBe(13);
    await sut.del(...names);
    expect(rows()).toBe(0);
  });

  describe('expiry', () => {
    it('holds a key to its very last millisecond', async () => {
      await sut.set('k', 'x', 'PX', 500);
      now = 1_500;
      expect([await sut.get('k'), await sut.pttl('k')]).toEqual(['x', 0]);
      now = 1_501;
      expect([await sut.get('k'), await sut.pttl('k'), await sut.type('k')]).toEqual([null, -2, 'none']);
    });

    it('hides what has ended before any sweep', async () => {
      const names = await fill('');
      await Promise.all(names.map((name) => sut.pexpire(name, 10)));
      now += 11;
      expect(await sut.exists(...names)).toBe(0);
      expect(await sut.mget('s')).toEqual([null]);
      expect(await sut.scan('0', 'MATCH', '*', 'COUNT', 10)).toEqual(['0', []]);
      expect(rows()).toBe(13);
    });

    it('replaces what has ended, with everything in it', async () => {
      const names = await fill('');
      await Promise.all(names.map((name) => sut.pexpire(name, 10)));
      now += 11;
      await sut.sadd('h', 'new');
      await sut.set('m', 'new');
      await sut.lpush('l', 'new');
      expect(await sut.lrange('l', 0, -1)).toEqual(['new']);
      expect(await sut.pttl('h')).toBe(-1);
      expect(await sut.type('h')).toBe('set');
    });

    it('sweeps away what has ended, twice a second, a bounded number at a time', async () => {
      const commands = Array.from({ length: 150 }, (_, index): StoreCommand => ['set', `k${index}`, 'x', 'PX', 10]);
      await sut.multi(commands).exec();
      await fill('');
      now += 11;
      sweep();
      expect(rows()).toBe(50 + 13);
      sweep();
      expect(rows()).toBe(13);
      sweep();
      expect(rows()).toBe(13);
      expect(sweepEveryMs).toBe(500);
    });

    it('reports a sweep that fails, once a minute, and goes on', async () => {
      db.exec("CREATE TRIGGER full BEFORE DELETE ON keys BEGIN SELECT RAISE(ABORT, 'disk full'); END");
      await sut.set('k', 'x', 'PX', 10);
      now += 11;
      sweep();
      sweep();
      const full = expect.stringContaining('disk full');
      expect(errors).toEqual([[full, 0]]);
      now += 60_000;
      sweep();
      expect(errors).toEqual([
        [full, 0],
        [full, 1],
      ]);
    });
  });

  describe('transactions', () => {
    it('undoes a script that throws, all of it', async () => {
      await sut.set('before', '1');
      const failing = script((tx) => {
        tx.set('a', '1');
        tx.hset('b', { f: '1' });
        tx.del('before');
        throw new Error('changed its mind');
      });
      await expect(sut.runScript(failing, [], [])).rejects.toThrow('changed its mind');
      expect(await sut.mget('a', 'b', 'before')).toEqual([null, null, '1']);
    });

    it('lets a script read what it wrote', async () => {
      const counting = script((tx) => tx.incrby('k', 2) + tx.incrby('k', 3));
      expect(await sut.runScript(counting, [], [])).toBe(7);
    });

    it('refuses a script an end without a time', async () => {
      await expect(
        sut.runScript(
          script((tx) => tx.set('k', 'x', 'PX')),
          [],
          [],
        ),
      ).rejects.toThrow('ERR syntax error');
    });

    it.each([1.5, Number.NaN, Infinity])('refuses a script that answers %d, and undoes it', async (reply) => {
      const fractional = script((tx) => {
        tx.set('k', 'x');
        return ['deep', [reply]];
      });
      await expect(sut.runScript(fractional, [], [])).rejects.toThrow(
        `Script test answered the number ${reply}: answer fractions as text.`,
      );
      expect(await sut.exists('k')).toBe(0);
    });

    it.each(['multi', 'pipeline'] as const)('undoes a %s that the file itself refuses', async (kind) => {
      db.exec("CREATE TRIGGER full BEFORE INSERT ON set_members BEGIN SELECT RAISE(ABORT, 'disk full'); END");
      const batch = sut[kind]([
        ['set', 'a', '1'],
        ['sadd', 's', 'm'],
      ]);
      await expect(batch.exec()).rejects.toThrow('disk full');
      expect(await sut.exists('a', 's')).toBe(0);
    });

    it('knows no command beyond those of the port', () => {
      expect(() => sut.multi([['flushall']])).toThrow("The store has no command 'flushall' for batches.");
      expect(() => sut.pipeline([['constructor']])).toThrow(TypeError);
    });
  });

  it('scans only the part of the names where matches can be', async () => {
    await sut.multi(Array.from({ length: 300 }, (_, index): StoreCommand => ['set', `a:${index}`, 'x'])).exec();
    await sut.mget('z');
    await sut.set('b:1', 'x');
    await sut.set('c:1', 'x');
    expect(await sut.scan('0', 'MATCH', 'b:*', 'COUNT', 10)).toEqual(['0', ['b:1']]);
  });

  describe('a file that fails', () => {
    const fill = async (): Promise<unknown> => {
      for (let index = 0; ; index += 1) {
        const failure: unknown = await sut.set(`k${index}`, 'x'.repeat(4_000)).then(
          () => null,
          (error: unknown) => error,
        );
        if (failure !== null) return failure;
      }
    };

    it('says that it is full, for as long as it is', async () => {
      db.pragma('max_page_count = 40');
      const failure = await fill();
      expect(failure).toBeInstanceOf(StoreUnavailableError);
      expect(failure).toMatchObject({ message: expect.stringContaining('SQLITE_FULL') });
      await expect(sut.ping()).rejects.toThrow(StoreUnavailableError);
      expect(await sut.get('k0')).toHaveLength(4_000);
      sweep();
      await expect(sut.ping()).rejects.toThrow(StoreUnavailableError);

      db.pragma('max_page_count = 100');
      const before = rows();
      expect([await sut.ping(), await sut.ping()]).toEqual(['PONG', 'PONG']);
      expect(rows()).toBe(before);
    });

    it('is not called failing after a mistake of a caller', async () => {
      await sut.set('k', 'x');
      await expect(sut.sadd('k', 'm')).rejects.toThrow('WRONGTYPE');
      db.exec("CREATE TRIGGER no BEFORE INSERT ON set_members BEGIN SELECT RAISE(ABORT, 'no'); END");
      await expect(sut.sadd('s', 'm')).rejects.toThrow('no');
      expect(await sut.ping()).toBe('PONG');
    });
  });

  it('closes once, stops sweeping and refuses what comes after', async () => {
    expect([await sut.quit(), await sut.quit()]).toEqual(['OK', 'OK']);
    expect(isSweeping).toBe(false);
    await expect(sut.ping()).rejects.toThrow('Connection is closed.');
    await expect(sut.ping()).rejects.toThrow(StoreUnavailableError);
    await expect(sut.set('k', 'x')).rejects.toThrow('Connection is closed.');
    await expect(sut.multi([['get', 'k']]).exec()).rejects.toThrow('Connection is closed.');
  });
});
