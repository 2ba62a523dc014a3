import { describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { openSync, closeSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { StoreUnavailableError } from '../store-unavailable.error.js';
import { useTemporaryFolder } from '../testing/temporary-folder.js';
import { isInUse, StoreFileError, toOpeningFault, toSqliteFault } from './sqlite-fault.js';
import { openSqliteStore } from './sqlite-store.js';

const fault = (code: unknown): Error => Object.assign(new Error('text'), { code });

describe('toSqliteFault', () => {
  it.each(['SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_IOERR_WRITE', 'SQLITE_READONLY_DBMOVED', 'SQLITE_BUSY'])(
    'tells of a store that is away: %s',
    (code) => {
      const cause = fault(code);
      const sut = toSqliteFault(cause, '/data/relay.db');
      expect(sut).toBeInstanceOf(StoreUnavailableError);
      expect(sut).toMatchObject({ message: `The store is not available: /data/relay.db: ${code}.`, cause });
    },
  );

  it.each(['SQLITE_CORRUPT', 'SQLITE_CORRUPT_INDEX', 'SQLITE_NOTADB'])('tells of a damaged file: %s', (code) => {
    const message = `The store file /data/relay.db is damaged (${code}): put it back from a backup.`;
    for (const sut of [toSqliteFault(fault(code), '/data/relay.db'), toOpeningFault(fault(code), '/data/relay.db')]) {
      expect(sut).toBeInstanceOf(StoreFileError);
      expect(sut).toMatchObject({ message });
    }
  });

  it.each([fault('SQLITE_CONSTRAINT_TRIGGER'), fault('E_OTHER'), fault(5), new Error('plain'), 'text', null])(
    'leaves everything else as it is: %s',
    (error) => {
      expect(toSqliteFault(error, 'file')).toBe(error);
    },
  );
});

describe('isInUse', () => {
  it.each([
    [fault('SQLITE_BUSY'), true],
    [fault('SQLITE_BUSY_SNAPSHOT'), true],
    [fault('SQLITE_NOTADB'), false],
    [fault('EBUSY'), false],
    [null, false],
  ])('knows %s: %s', (error, expected) => {
    expect(isInUse(error)).toBe(expected);
  });
});

describe('a file that was damaged', () => {
  const path = useTemporaryFolder();
  const damage = (file: string, from: number, bytes: number): void => {
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, Buffer.alloc(bytes, 0xff), 0, bytes, from);
    closeSync(descriptor);
  };
  const written = async (): Promise<string> => {
    const file = path('store.db');
    const store = openSqliteStore(file);
    for (let index = 0; index < 200; index += 1) await store.set(`key-${index}`, 'x'.repeat(500));
    await store.quit();
    return file;
  };

  it('is named, with what to do, when it is opened', async () => {
    const file = await written();
    damage(file, 100, 3_000);
    expect(() => openSqliteStore(file)).toThrow(/^The store file .* is damaged \(SQLITE_CORRUPT\): put it back/);
    expect(() => openSqliteStore(file)).toThrow(file);
  });

  it('is named, with what to do, when the damage is found later', async () => {
    const file = await written();
    damage(file, 4096, readFileSync(file).length - 4096);
    const store = openSqliteStore(file);
    await expect(store.get('key-1')).rejects.toThrow(/is damaged \(SQLITE_CORRUPT\): put it back from a backup\.$/);
    await expect(store.set('key-1', 'x')).rejects.toThrow(StoreFileError);
    await expect(store.ping()).rejects.toThrow(StoreFileError);
    await store.quit();
  });

  it('lets go of a file whose tables are missing', () => {
    const file = path('store.db');
    new Sqlite(file).exec('PRAGMA user_version = 1').close();
    const reason = `The store file ${file} cannot be opened (SQLITE_ERROR).`;
    expect(() => openSqliteStore(file)).toThrow(reason);
    expect(() => openSqliteStore(file)).toThrow(reason);
  });

  it('is not confused with one that is locked or cannot be opened', () => {
    expect(toOpeningFault(fault('SQLITE_BUSY'), 'file')).toMatchObject({ message: expect.stringContaining('in use') });
    expect(toOpeningFault(fault('SQLITE_CANTOPEN'), 'file')).toMatchObject({
      message: 'The store file file cannot be opened (SQLITE_CANTOPEN).',
    });
    expect(toOpeningFault('text', 'file')).toBe('text');
    writeFileSync(path('empty.db'), '');
    expect(() => void openSqliteStore(path('empty.db')).quit()).not.toThrow();
  });
});
