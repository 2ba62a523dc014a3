import { resolve } from 'node:path';
import type { AppConfig } from '../../core/config/app-config.js';
import { buildConfig } from '../../core/config/build-config.js';
import { withEnvFile } from '../../core/config/env-file.js';
import { type Env, loadEnv, processEnv } from '../../core/config/env.dto.js';
import { isPlaceholder } from '../../core/config/secrets.js';
import { type Clock, SystemClock } from '../../core/time/clock.js';
import { MigrationError } from './migration-error.js';
import { placesOf, readMigrationOptions } from './migration-options.js';
import type { MigrationReport } from './migration-report.js';
import { migrationText } from './migration-text.js';
import { runMigration } from './run-migration.js';

const STOPPED = 1;
const CONFLICTS = 3;
const PROGRESS_EVERY_MS = 2000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Carries v1's data to v2, or back; progress on stderr, the report on stdout. Answers 0 when all was carried, 1 when it
 * was stopped on the way, 3 when keys are in conflict, or a dry run finds that it would be refused.
 *
 * @throws UsageError, ConfigError, MigrationError, StoreConnectionError, StoreFileError
 */
export async function runMigrate(args: readonly string[]): Promise<number> {
  const options = readMigrationOptions(args);
  const { config, notes } = readConfig();
  const clock = new SystemClock();
  const stop = new AbortController();
  const onSignal = (): void => {
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const report = await runMigration({
      options,
      places: placesOf(options, config),
      config,
      clock,
      signal: stop.signal,
      onStart: (from, to) => {
        say(`From ${from} ${options.back ? "(v2's)" : "(v1's)"} to ${to} ${options.back ? "(v1's)" : "(v2's)"}.`);
      },
      onProgress: progressOf(clock),
    });
    return tell({ ...report, notes: [...report.notes, ...notes] }, options.json);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

function tell(report: MigrationReport, json: boolean): number {
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : migrationText(report));
  if (!report.isComplete) return STOPPED;
  return report.conflicts.length > 0 || report.refusal !== null ? CONFLICTS : 0;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

function progressOf(clock: Clock): (keys: number, total: number | null) => void {
  let toldAt = clock.now();
  return (keys, total) => {
    if (clock.now() - toldAt < PROGRESS_EVERY_MS) return;
    toldAt = clock.now();
    say(total === null ? `${keys} keys` : `${keys} of about ${total} keys`);
  };
}

/** What v2 will have, with the key that v1's secrets were sealed with. */
function readConfig(): { readonly config: AppConfig; readonly notes: readonly string[] } {
  const cwd = process.cwd();
  const { env } = loadEnv(withEnvFile(processEnv(), cwd));
  const encryptionKey = env.security.ENCRYPTION_KEY;
  if (encryptionKey === null) {
    throw new MigrationError(
      'refused',
      "Set ENCRYPTION_KEY to v1's: without it no client key and no account secret can be used. It is in v1's .env.",
    );
  }
  const dataDir = resolve(cwd, env.server.DATA_DIR);
  const config = buildConfig(env, { dataDir, encryptionKey, jwtSecret: '', notes: [] });
  return { config, notes: notesOn(env, config, encryptionKey) };
}

function notesOn({ server, security }: Env, config: AppConfig, encryptionKey: string): string[] {
  const hours = config.zoneOffsetHours;
  const notes = [
    `With these settings v2 keeps dates at UTC${hours < 0 ? '' : '+'}${hours} and makes client keys that begin with ` +
      `"${config.apiKeyPrefix}": TIMEZONE_OFFSET and API_KEY_PREFIX must be as v1 had them.`,
  ];
  if (Math.trunc(server.TIMEZONE_OFFSET) === 0) {
    notes.push(
      'v1 reads TIMEZONE_OFFSET=0 as 8, so its dates are at UTC+8: set TIMEZONE_OFFSET=8, or days do not agree.',
    );
  }
  if (isPlaceholder(encryptionKey) && !security.ALLOW_PLACEHOLDER_KEY) {
    notes.push(
      'ENCRYPTION_KEY is a placeholder that everybody knows: v2 uses it only with ALLOW_PLACEHOLDER_KEY=true.',
    );
  }
  return notes;
}
