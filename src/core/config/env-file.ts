import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError } from './config-error.js';
import type { EnvSource } from './env.dto.js';
import { errorCode } from './error-code.js';

/** There is no such file: a folder of that name (a Python environment, a mount without its source) is none. */
const NO_FILE = new Set(['ENOENT', 'EISDIR', 'ENOTDIR']);

/**
 * Adds what the `.env` file of the folder says. A variable that the environment has wins, also an empty one, so that it
 * can switch one of the file off.
 *
 * @throws ConfigError when the file is there and cannot be read
 */
export const withEnvFile = (env: EnvSource, cwd: string): EnvSource => {
  const path = join(cwd, '.env');
  try {
    return { ...parseEnv(readFileSync(path, 'utf8')), ...env };
  } catch (error: unknown) {
    if (NO_FILE.has(errorCode(error))) return env;
    throw new ConfigError(`${path} cannot be read (${errorCode(error)})`, { cause: error });
  }
};
