import { StoreUnavailableError } from '../store-unavailable.error.js';

/** The store's file cannot be used; the message says which file, and why. */
export class StoreFileError extends Error {
  override readonly name = 'StoreFileError';
}

/** No room, a failing or vanished disk, no memory: nothing that the caller did. */
const PASSING_CODES = /^SQLITE_(?:BUSY|CANTOPEN|FULL|IOERR|LOCKED|NOMEM|PROTOCOL|READONLY)(?:_|$)/;
const DAMAGE_CODES = /^SQLITE_(?:CORRUPT|NOTADB)(?:_|$)/;

/** What the caller of a command gets: faults of the disk or the file under their own names, all else as it is. */
export function toSqliteFault(error: unknown, file: string): unknown {
  const code = sqliteCodeOf(error);
  if (code === null) return error;
  if (DAMAGE_CODES.test(code)) return damaged(file, code, error);
  return PASSING_CODES.test(code) ? new StoreUnavailableError(`${file}: ${code}`, { cause: error }) : error;
}

/** What whoever starts the gateway gets. */
export function toOpeningFault(error: unknown, file: string): unknown {
  const code = sqliteCodeOf(error);
  if (code === null) return error;
  if (DAMAGE_CODES.test(code)) return damaged(file, code, error);
  if (isInUse(error)) {
    const advice = 'is in use by another process: stop it, or use another file';
    return new StoreFileError(`The store file ${file} ${advice}.`, { cause: error });
  }
  return new StoreFileError(`The store file ${file} cannot be opened (${code}).`, { cause: error });
}

/** Another process, or another connection of this one, has the file. */
export const isInUse = (error: unknown): boolean => sqliteCodeOf(error)?.startsWith('SQLITE_BUSY') ?? false;

function damaged(file: string, code: string, cause: unknown): StoreFileError {
  return new StoreFileError(`The store file ${file} is damaged (${code}): put it back from a backup.`, { cause });
}

/** By its code and not by its class: the driver keeps one class per process, tests load its module many times. */
function sqliteCodeOf(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : null;
}
