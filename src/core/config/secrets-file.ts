import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from './config-error.js';
import { errorCode } from './error-code.js';
import type { StoredSecrets } from './secrets.js';

const SECRET_BYTES = 32;
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const OTHERS = 0o077;

/** Where generated secrets are kept. */
export const secretsFileIn = (dataDir: string): string => join(dataDir, 'secrets.json');

/** Makes the data folder, readable by its owner alone where it is new. */
export const makeDataDir = (dataDir: string): void => {
  try {
    mkdirSync(dataDir, { recursive: true, mode: FOLDER_MODE });
  } catch (error: unknown) {
    throw new ConfigError(`DATA_DIR: ${dataDir} cannot be made or is no folder (${errorCode(error)})`, {
      cause: error,
    });
  }
};

/**
 * Reads the generated secrets; null when there are none.
 *
 * @throws ConfigError when the file is damaged: a new one would make every stored key and account unreadable
 */
export const findStoredSecrets = (file: string): StoredSecrets | null => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error: unknown) {
    if (errorCode(error) === 'ENOENT') return null;
    throw new ConfigError(`${file} cannot be read (${errorCode(error)})`, { cause: error });
  }
  const secrets = parseSecrets(text);
  if (secrets !== null) return secrets;
  throw new ConfigError(
    `${file} is damaged. Put it back from a backup: without the key in it, no stored client key or account can be used.\n` +
      'Only where nothing is worth keeping: remove it together with the database.',
  );
};

/** Others on this machine could read the secrets. */
export const isReadableByOthers = (file: string): boolean =>
  process.platform !== 'win32' && (statSync(file).mode & OTHERS) !== 0;

/**
 * Generates the secrets, unless another process was faster; answers what the file then holds. The file appears whole or
 * not at all: it is written under another name, synced, and linked, which fails when the name is taken.
 */
export const createSecrets = (file: string): StoredSecrets => {
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    writeSynced(draft, { encryptionKey: newSecret(), jwtSecret: newSecret() });
    linkUnlessTaken(draft, file);
    syncFolder(dirname(file));
  } catch (error: unknown) {
    throw new ConfigError(
      `The secrets cannot be written to ${file} (${errorCode(error)}). ` +
        'Mend that, or set ENCRYPTION_KEY and JWT_SECRET yourself.',
      { cause: error },
    );
  } finally {
    rmSync(draft, { force: true });
  }
  const stored = findStoredSecrets(file);
  if (stored === null) throw new ConfigError(`${file} was removed while the service started`);
  return stored;
};

const newSecret = (): string => randomBytes(SECRET_BYTES).toString('hex');

const writeSynced = (path: string, secrets: StoredSecrets): void => {
  const file = openSync(path, 'wx', FILE_MODE);
  try {
    writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

const linkUnlessTaken = (from: string, to: string): void => {
  try {
    linkSync(from, to);
  } catch (error: unknown) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
};

/** Makes the new name itself survive a loss of power. Windows cannot open a folder and needs no such thing. */
const syncFolder = (path: string): void => {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};

const parseSecrets = (text: string): StoredSecrets | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { encryptionKey, jwtSecret } = value as { encryptionKey?: unknown; jwtSecret?: unknown };
  return isSecret(encryptionKey) && isSecret(jwtSecret) ? { encryptionKey, jwtSecret } : null;
};

const isSecret = (value: unknown): value is string => typeof value === 'string' && value !== '';
