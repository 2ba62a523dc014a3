import { RedisStore } from '@crs/store';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MigrationReport } from '../../src/cli/migrate/migration-report.js';
import type { Place } from '../../src/cli/migrate/open-side.js';
import { migrateBetween, redisOptions, redisPlace, type RunOptions } from './migration-run.js';
import { type RedisServer, startRedisServer } from './redis-server.js';

type EmbeddedPlace = Extract<Place, { kind: 'embedded' }>;

/** v1's database, an empty one beside it, and a place for an embedded store. */
export interface MigrationRig {
  readonly server: RedisServer;
  readonly v1: RedisStore;
  readonly v2: RedisStore;
  readonly places: { readonly v1: Place; readonly v2: Place; readonly embedded: EmbeddedPlace };
  /** From v1's database to another. */
  run(to: Place, options?: RunOptions): Promise<MigrationReport>;
  between(from: Place, to: Place, options?: RunOptions): Promise<MigrationReport>;
  /** Empties everything. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

const DATABASES = { v1: 0, v2: 1 } as const;

export async function startMigrationRig(program: string): Promise<MigrationRig> {
  const server = await startRedisServer(program);
  const folder = mkdtempSync(join(tmpdir(), 'crs-migrate-'));
  const [v1, v2] = await Promise.all([open(server, DATABASES.v1), open(server, DATABASES.v2)]);
  const places = {
    v1: redisPlace(server, DATABASES.v1),
    v2: redisPlace(server, DATABASES.v2),
    embedded: { kind: 'embedded', file: join(folder, 'relay.db') },
  } as const;
  return {
    server,
    v1,
    v2,
    places,
    run: (to, options) => migrateBetween(places.v1, to, options),
    between: migrateBetween,
    clear: async () => {
      await v1.flushall();
      rmSync(folder, { recursive: true, force: true });
    },
    stop: async () => {
      await Promise.all([v1.quit(), v2.quit()]);
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function open(server: RedisServer, db: number): Promise<RedisStore> {
  const store = new RedisStore(redisOptions(server, db));
  await store.open();
  return store;
}
