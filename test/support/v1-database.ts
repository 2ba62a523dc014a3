import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore, type StoreClient } from '@crs/store';
import type { AppConfig } from '../../src/core/config/app-config.js';
import { openRedisStore } from './each-store.ts';
import { startRedisServer } from './redis-server.ts';
import { putKey, readGolden, type StoredKey, type V1Version } from './v1-golden.ts';

/** Where v1's accounts had their simulated upstream. */
const V1_UPSTREAM = 'http://127.0.0.1:18090';

/** A store that can be filled before the gateway starts on it. */
export interface V1Database {
  readonly config: AppConfig['store'];
  /** For the time before the gateway. */
  open(): Promise<StoreClient>;
  stop(): Promise<void>;
}

export function embeddedDatabase(): Promise<V1Database> {
  const folder = mkdtempSync(join(tmpdir(), 'crs-v1-'));
  const file = join(folder, 'store.db');
  return Promise.resolve({
    config: { kind: 'embedded', file },
    open: () => Promise.resolve(openSqliteStore(file)),
    stop: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  });
}

export async function redisDatabase(program: string): Promise<V1Database> {
  const server = await startRedisServer(program);
  const nobody = { username: null, password: null, sentinelName: '', sentinelPassword: null };
  const { host, port } = server;
  return {
    config: { kind: 'redis', url: null, host, port, db: 0, tls: false, sentinels: [], ...nobody },
    open: () => openRedisStore(server),
    stop: () => server.stop(),
  };
}

/** The key with the accounts' addresses replaced. */
const moved = (stored: StoredKey, upstream: string): StoredKey =>
  JSON.parse(JSON.stringify(stored).replaceAll(V1_UPSTREAM, upstream)) as StoredKey;

/** Puts v1's database there, its accounts pointed at `upstream`. */
export async function fillAsV1(database: V1Database, version: V1Version, upstream: string): Promise<void> {
  const store = await database.open();
  for (const stored of readGolden(version)) await putKey(store, moved(stored, upstream));
  await store.quit();
}
