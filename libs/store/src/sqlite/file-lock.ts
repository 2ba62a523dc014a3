import Sqlite from 'better-sqlite3';
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { isInUse } from './sqlite-fault.js';

const OWNER_ONLY_FILE = 0o600;

/** Held until it is released or the process has ended, however it ends. Keep it: one that nobody refers to is lost. */
export interface FileLock {
  /** Safe to call twice. The file stays. */
  release(): void;
}

/**
 * Takes the file for this process alone; null when another process, or another holder in this one, has it. `make`: a
 * file that is not there is made (0600).
 *
 * The lock is the operating system's, by way of a SQLite transaction that never writes: nothing stale is left behind,
 * process ids do not matter, and it needs no room on the disk.
 *
 * @throws the driver's or the system's error when the file is not there, or cannot be made or locked.
 */
export function lockFile(file: string, { make }: { readonly make: boolean }): FileLock | null {
  if (make) makeFile(file);
  const db = new Sqlite(file, { timeout: 0, fileMustExist: true });
  try {
    // Without a journal beside the file, the exclusive transaction leaves no trace.
    db.pragma('journal_mode = MEMORY');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (isInUse(error)) return null;
    throw error;
  }
  return { release: () => db.close() };
}

/** Never opens a file that is there: closing any descriptor of it would end this process' own locks on it (POSIX). */
function makeFile(file: string): void {
  if (!existsSync(file)) closeSync(openSync(file, 'wx', OWNER_ONLY_FILE));
  chmodSync(file, OWNER_ONLY_FILE);
}
