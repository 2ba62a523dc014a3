import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { AppConfig } from '../../core/config/app-config.js';
import { EMBEDDED_FILE } from '../../core/config/build-config.js';
import { isRedisUrl } from '../../core/config/env/address.js';
import { orUsageError, UsageError } from '../usage-error.js';
import type { Place } from './open-side.js';

export interface MigrationOptions {
  readonly from: string | null;
  readonly to: string | null;
  readonly dryRun: boolean;
  readonly back: boolean;
  readonly overwrite: boolean;
  /** What the source has no more is removed, however much it is. */
  readonly remove: boolean;
  readonly json: boolean;
}

export interface Places {
  readonly from: Place;
  readonly to: Place;
}

/** Where v2's data goes unless something else is said: beside v1's, on the same server. */
const V2_DB = 1;
const DEFAULT_PORT = 6379;

/** @throws UsageError */
export function readMigrationOptions(args: readonly string[]): MigrationOptions {
  const values = orUsageError(() => parse(args)).values;
  return {
    from: values.from ?? null,
    to: values.to ?? null,
    dryRun: values['dry-run'] ?? false,
    back: values.back ?? false,
    overwrite: values.overwrite ?? false,
    remove: values.remove ?? false,
    json: values.json ?? false,
  };
}

/**
 * v1's database is the one that the environment names (v1's own .env does), v2's is database 1 of the same server,
 * unless `--from` and `--to` say otherwise.
 *
 * @throws UsageError
 */
export function placesOf({ from, to, back }: MigrationOptions, { store, dataDir }: AppConfig): Places {
  const file = join(dataDir, EMBEDDED_FILE);
  const named = {
    from: from === null ? null : toPlace('--from', from, file),
    to: to === null ? null : toPlace('--to', to, file),
  };
  const environment: Place | null = store.kind === 'redis' ? { kind: 'redis', options: store } : null;
  const v1 = (back ? named.to : named.from) ?? environment;
  const option = back ? '--to' : '--from';
  if (v1 === null) {
    throw new UsageError(
      `Where is v1's database? Say ${option} redis://[:password@]host:port/db, or run this with v1's REDIS_* variables.`,
    );
  }
  if (v1.kind === 'embedded') throw new UsageError(`v1 has no embedded store: ${option} must be a Redis.`);
  const v2 = (back ? named.from : named.to) ?? { kind: 'redis', options: otherDb(v1) };
  return back ? { from: v2, to: v1 } : { from: v1, to: v2 };
}

function toPlace(option: string, text: string, file: string): Place {
  if (text === 'embedded') return { kind: 'embedded', file };
  // The text is not repeated: it may hold a password.
  if (!isRedisUrl(text)) {
    throw new UsageError(`${option} must be redis://[user:password@]host[:port][/db], rediss:// for TLS, or embedded.`);
  }
  const nobody = { username: null, password: null, sentinels: [], sentinelName: '', sentinelPassword: null };
  return { kind: 'redis', options: { url: text, host: '', port: DEFAULT_PORT, db: 0, tls: false, ...nobody } };
}

function otherDb({ options }: Extract<Place, { kind: 'redis' }>): typeof options {
  if (!options.url) return { ...options, db: V2_DB };
  const url = new URL(options.url);
  url.pathname = `/${V2_DB}`;
  return { ...options, url: url.href };
}

const parse = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: false,
    options: {
      from: { type: 'string' },
      to: { type: 'string' },
      'dry-run': { type: 'boolean' },
      back: { type: 'boolean' },
      overwrite: { type: 'boolean' },
      remove: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  });
