import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreFileError, toOpeningFault } from './sqlite-fault.js';

/** The layout that this version writes; kept in the file's `user_version`. */
const LAYOUT = 1;
const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;
/** Pages of the write-ahead log (4 KiB each) after which it is copied back: fewer, larger fsyncs. */
const CHECKPOINT_PAGES = 4096;

const SCHEMA = `
  CREATE TABLE keys (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    value TEXT,
    expires_at INTEGER
  ) STRICT;
  CREATE INDEX keys_by_end ON keys (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE hash_fields (
    key_id INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (key_id, field)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE set_members (
    key_id INTEGER NOT NULL, member TEXT NOT NULL,
    PRIMARY KEY (key_id, member)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE zset_members (
    key_id INTEGER NOT NULL, member TEXT NOT NULL, score REAL NOT NULL,
    PRIMARY KEY (key_id, member)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX zset_by_score ON zset_members (key_id, score, member);
  CREATE TABLE list_items (
    key_id INTEGER NOT NULL, position INTEGER NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (key_id, position)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${LAYOUT};
`;

/** Keeps everything in memory; for tests. */
export const IN_MEMORY = ':memory:';

/**
 * Opens the file for this process alone, making it (0600) and its folder (0700) when they are not there.
 *
 * `locking_mode = EXCLUSIVE` instead of a lock file: the lock is the operating system's on the database itself, so it
 * ends with the process however that ends, and nothing stale can stop the next start. SQLite then also keeps the
 * write-ahead log's index in memory and takes no locks per transaction.
 *
 * `synchronous = NORMAL` with a write-ahead log: a commit is in the system's page cache when it returns, so a killed
 * process loses nothing; a power cut may lose the last commits, never the file.
 *
 * @throws StoreFileError when another process has the file, or it is no store of this version.
 */
export function openDatabase(file: string): Database {
  if (file !== IN_MEMORY) prepareFile(file);
  let db: Database | null = null;
  try {
    db = new Sqlite(file, { timeout: 0 });
    claim(db, file);
    return db;
  } catch (error) {
    db?.close();
    throw toOpeningFault(error, file);
  }
}

/** Sets how the file is written, takes its lock and makes its tables when it is new. */
function claim(db: Database, file: string): void {
  db.pragma('locking_mode = EXCLUSIVE');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.transaction(applyLayout).exclusive(db, file);
}

/** Never opens a file that is there: closing any descriptor of it would end this process' own locks on it (POSIX). */
function prepareFile(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: OWNER_ONLY_FOLDER });
    if (!existsSync(file)) closeSync(openSync(file, 'wx', OWNER_ONLY_FILE));
    chmodSync(file, OWNER_ONLY_FILE);
  } catch (cause) {
    throw new StoreFileError(`The store file ${file} cannot be written.`, { cause });
  }
}

function applyLayout(db: Database, file: string): void {
  const layout = db.pragma('user_version', { simple: true });
  if (layout === LAYOUT) return;
  const isNew = layout === 0 && db.prepare('SELECT 1 FROM sqlite_master').get() === undefined;
  if (!isNew) throw new StoreFileError(`The store file ${file} was not written by this version of the gateway.`);
  db.exec(SCHEMA);
}
