import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StoreFileError } from '@crs/store';
import { NestFactory } from '@nestjs/core';
import type { AppConfig } from '../core/config/app-config.js';
import { buildConfig } from '../core/config/build-config.js';
import { ConfigError } from '../core/config/config-error.js';
import { withEnvFile } from '../core/config/env-file.js';
import { loadEnv, processEnv } from '../core/config/env.dto.js';
import { toRecordId } from '../core/http/record-id.js';
import { ValidationFailedException } from '../core/http/validation.js';
import { type DoctorQuestion, type DoctorReport, UsageDoctor } from '../stats/doctor/usage-doctor.js';
import { DoctorAppModule } from './doctor-app.module.js';
import { reportText } from './report-text.js';
import { StderrLogger } from './stderr-logger.js';
import { orUsageError, UsageError } from './usage-error.js';

/** Nobody waits longer for an answer; a store that hangs must not be asked for ever. */
const CHECK_MS = 3_600_000;

/**
 * Checks the books and writes what it found to stdout. Answers 0 when they agree, 1 when they do not.
 *
 * @throws UsageError, ConfigError, StoreFileError, StoreConnectionError, HttpException when they could not be checked
 */
export async function runDoctor(args: readonly string[]): Promise<number> {
  const { json, ...question } = readOptions(args);
  const report = await check(question, readConfig());
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
  return report.total === 0 ? 0 : 1;
}

async function check(question: DoctorQuestion, config: AppConfig): Promise<DoctorReport> {
  const app = await openBooks(config);
  try {
    return await app.get(UsageDoctor).check(question, AbortSignal.timeout(CHECK_MS));
  } catch (error: unknown) {
    if (error instanceof ValidationFailedException) {
      throw new UsageError(error.errors.map(({ message }) => `${message}.`).join(' '));
    }
    throw error;
  } finally {
    await app.close();
  }
}

async function openBooks(config: AppConfig): ReturnType<typeof NestFactory.createApplicationContext> {
  if (config.store.kind === 'embedded' && !existsSync(config.store.file)) {
    throw new ConfigError(
      `There is no store at ${config.store.file}, so there are no books to check. Run this where the gateway runs, with its DATA_DIR, or its REDIS_URL.`,
    );
  }
  try {
    return await NestFactory.createApplicationContext(DoctorAppModule.forRoot(config), {
      logger: new StderrLogger(),
      abortOnError: false,
    });
  } catch (error: unknown) {
    if (!(error instanceof StoreFileError)) throw error;
    throw new StoreFileError(
      `${error.message} A gateway that is running checks its own books: GET /api/v2/stats/doctor.`,
      { cause: error },
    );
  }
}

/** As the gateway has it, but without secrets: the books hold none, and nothing must be written. */
function readConfig(): AppConfig {
  const cwd = process.cwd();
  const { env, notes } = loadEnv(withEnvFile(processEnv(), cwd));
  const dataDir = resolve(cwd, env.server.DATA_DIR);
  return buildConfig(env, { dataDir, encryptionKey: '', jwtSecret: '', notes });
}

function readOptions(args: readonly string[]): DoctorQuestion & { readonly json: boolean } {
  const { from, to, key, json = false } = orUsageError(() => parseOptions(args)).values;
  const keyId = key === undefined ? undefined : toRecordId(key);
  if (keyId === null) throw new UsageError(`--key must be the id of a key, not "${key}".`);
  return { json, from, to, keyId };
}

const parseOptions = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: false,
    options: {
      from: { type: 'string' },
      to: { type: 'string' },
      key: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
