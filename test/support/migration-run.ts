import type { RedisStoreOptions } from '@crs/store';
import type { MigrationOptions } from '../../src/cli/migrate/migration-options.js';
import type { MigrationReport } from '../../src/cli/migrate/migration-report.js';
import type { Place } from '../../src/cli/migrate/open-side.js';
import { runMigration } from '../../src/cli/migrate/run-migration.js';
import { type Clock, SystemClock } from '../../src/core/time/clock.js';
import type { RedisServer } from './redis-server.js';
import { testConfig } from './test-config.js';

export interface RunOptions extends Partial<MigrationOptions> {
  /** That of v1's golden databases unless given. */
  readonly encryptionKey?: string;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly onProgress?: (keys: number, total: number | null) => void;
}

const NO_OPTIONS = { from: null, to: null, dryRun: false, back: false, overwrite: false, remove: false, json: false };
const GOLDEN_KEY = 'golden-encryption-key-32-chars!!';

export const redisPlace = ({ host, port }: Pick<RedisServer, 'host' | 'port'>, db: number): Place => ({
  kind: 'redis',
  options: redisOptions({ host, port }, db),
});

export const redisOptions = ({ host, port }: Pick<RedisServer, 'host' | 'port'>, db: number): RedisStoreOptions => ({
  host,
  port,
  db,
  tls: false,
  sentinels: [],
  username: null,
  password: null,
  sentinelName: '',
  sentinelPassword: null,
});

/** As the command does it, without its terminal. */
export const migrateBetween = (from: Place, to: Place, more: RunOptions = {}): Promise<MigrationReport> => {
  const { encryptionKey = GOLDEN_KEY, signal, clock = new SystemClock(), onProgress, ...options } = more;
  return runMigration({
    options: { ...NO_OPTIONS, ...options },
    places: { from, to },
    config: testConfig({ encryptionKey }),
    clock,
    signal: signal ?? new AbortController().signal,
    onStart: () => undefined,
    onProgress: onProgress ?? (() => undefined),
  });
};
