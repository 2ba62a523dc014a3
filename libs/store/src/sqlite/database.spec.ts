import { describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { useTemporaryFolder } from '../testing/temporary-folder.js';
import { useWriters } from '../testing/writer-process.js';
import { openDatabase } from './database.js';
import { StoreFileError } from './sqlite-fault.js';
import { openSqliteStore } from './sqlite-store.js';

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('openDatabase', () => {
  const path = useTemporaryFolder();
  const startWriter = useWriters();

  it('makes the folder and the file for the owner alone', () => {
    const file = path('new/deep/store.db');
    const sut = openDatabase(file);
    sut.exec('INSERT INTO keys (name, type) VALUES (1, 1)');
    expect([path('new'), path('new/deep')].map(modeOf)).toEqual(['700', '700']);
    expect([file, `${file}-wal`].map(modeOf)).toEqual(['600', '600']);
    sut.close();
  });

  it('takes a file that others could read away from them', () => {
    const file = path('store.db');
    writeFileSync(file, '', { mode: 0o644 });
    const sut = openDatabase(file);
    expect(modeOf(file)).toBe('600');
    sut.close();
  });

  it('writes ahead, and leaves the syncing of each commit to the system', () => {
    const sut = openDatabase(path('store.db'));
    const settings = ['journal_mode', 'locking_mode', 'synchronous'].map((name) => sut.pragma(name, { simple: true }));
    expect(settings).toEqual(['wal', 'exclusive', 1]);
    sut.close();
  });

  it('refuses at once a file that another process has open, and takes it when that process was killed', async () => {
    const file = path('store.db');
    const writer = await startWriter(file);
    const startedAt = performance.now();
    expect(() => openDatabase(file)).toThrow(
      `The store file ${file} is in use by another process: stop it, or use another file.`,
    );
    expect(performance.now() - startedAt).toBeLessThan(1_000);

    await writer.kill();
    expect(() => openDatabase(file).close()).not.toThrow();
  });

  it('keeps the file to itself after it was refused to a second opening in the same process', async () => {
    const file = path('store.db');
    const first = openDatabase(file);
    expect(() => openDatabase(file)).toThrow('is in use by another process');
    await expect(startWriter(file)).rejects.toThrow('The writing process ended.');
    first.close();
  });

  it('keeps everything that was acknowledged when the process is killed', async () => {
    const file = path('store.db');
    const writer = await startWriter(file);
    await writer.acknowledged(200);
    const last = await writer.kill();

    const store = openSqliteStore(file);
    const kept = Number(await store.get('last'));
    expect(last).toBeGreaterThanOrEqual(200);
    expect(kept).toBeGreaterThanOrEqual(last);
    // The writes of one batch are there together or not at all.
    expect(await store.hget('counters', 'writes')).toBe(String(kept));
    expect(await store.llen('list')).toBe(kept);
    await store.quit();
  });

  it.each([
    [
      'a folder',
      (file: string) => {
        mkdirSync(file);
      },
      /cannot be opened \(SQLITE_CANTOPEN/,
    ],
    [
      'no database',
      (file: string) => {
        writeFileSync(file, 'x'.repeat(4096));
      },
      /is damaged \(SQLITE_NOTADB\): put it back from a backup\./,
    ],
    ['a database of something else', (file: string) => new Sqlite(file).exec('CREATE TABLE t (x)').close(), /by this/],
    ['a newer layout', (file: string) => new Sqlite(file).exec('PRAGMA user_version = 2').close(), /by this version/],
  ])('refuses %s, naming the file', (_, make, reason) => {
    const file = path('store.db');
    make(file);
    expect(() => openDatabase(file)).toThrow(StoreFileError);
    expect(() => openDatabase(file)).toThrow(reason);
    expect(() => openDatabase(file)).toThrow(file);
  });

  it('refuses a place where nothing can be written', () => {
    writeFileSync(path('file'), '');
    const file = path('file/store.db');
    expect(() => openDatabase(file)).toThrow(`The store file ${file} cannot be written.`);
  });
});
