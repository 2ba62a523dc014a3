import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AppConfig } from './app-config.js';
import { buildConfig, EMBEDDED_FILE, usesRedis } from './build-config.js';
import { ConfigError } from './config-error.js';
import { withEnvFile } from './env-file.js';
import { type Env, type EnvSource, loadEnv, processEnv } from './env.dto.js';
import { decideSecrets, type SecretsAnswer, type SecretsQuestion } from './secrets.js';
import { createSecrets, findStoredSecrets, isReadableByOthers, makeDataDir, secretsFileIn } from './secrets-file.js';

export interface LoadConfigOptions {
  /** The process's own, unless given. */
  readonly env?: EnvSource;
  /** Where `.env` is looked for and what DATA_DIR is relative to; the working directory, unless given. */
  readonly cwd?: string;
}

type Secrets = Extract<SecretsAnswer, { kind: 'use' }>;

/**
 * Everything that must be known before the service starts: reads `.env` and the environment, checks it, and finds or
 * generates the secrets.
 *
 * @throws ConfigError whose message is the whole text to print
 */
export const loadConfig = ({ env = processEnv(), cwd = process.cwd() }: LoadConfigOptions = {}): AppConfig => {
  const loaded = loadEnv(withEnvFile(env, cwd));
  const dataDir = resolve(cwd, loaded.env.server.DATA_DIR);
  const secrets = obtainSecrets(loaded.env, dataDir);
  return buildConfig(loaded.env, {
    dataDir,
    encryptionKey: secrets.encryptionKey,
    jwtSecret: secrets.jwtSecret,
    notes: [...secrets.notes, ...loaded.notes],
  });
};

const obtainSecrets = (env: Env, dataDir: string): Secrets => {
  const embedded = !usesRedis(env.store);
  if (embedded) makeDataDir(dataDir);
  const file = secretsFileIn(dataDir);
  // In this order: another first start writes its secrets before its database, so a database seen here without secrets
  // was not made by one.
  const databaseExists = embedded && existsSync(join(dataDir, EMBEDDED_FILE));
  const stored = findStoredSecrets(file);
  const question: SecretsQuestion = {
    encryptionKey: env.security.ENCRYPTION_KEY,
    jwtSecret: env.security.JWT_SECRET,
    allowPlaceholder: env.security.ALLOW_PLACEHOLDER_KEY,
    production: env.server.NODE_ENV === 'production',
    store: embedded ? 'embedded' : 'redis',
    databaseExists,
    stored,
    file,
  };
  const answer = settle(question, dataDir);
  const open = existsSync(file) && isReadableByOthers(file) ? [`${file} can be read by others: chmod 600 it`] : [];
  return { ...answer, notes: [...answer.notes, ...open] };
};

const settle = (question: SecretsQuestion, dataDir: string): Secrets => {
  const answer = decideSecrets(question);
  switch (answer.kind) {
    case 'use':
      return answer;
    case 'refuse':
      throw new ConfigError(answer.reason);
    case 'generate': {
      makeDataDir(dataDir);
      const again = settle({ ...question, stored: createSecrets(question.file) }, dataDir);
      const made = `New secrets were written to ${question.file}. Back it up: without it, no stored key can be used`;
      return { ...again, notes: [made, ...again.notes] };
    }
  }
};
