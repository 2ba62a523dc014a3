import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Bootstrap from '../src/bootstrap.js';
import type * as LoadConfig from '../src/core/config/load-config.js';
import { AdminClient } from '../test/support/admin-client.ts';
import { findRedisServer, startRedisServer } from '../test/support/redis-server.ts';

const ADMIN = { username: 'admin', password: 'measures the built gateway' };

/** A built module: its decorators cannot be run from source. */
export async function built<T>(path: string): Promise<T> {
  return (await import(pathToFileURL(resolve('dist', path)).href)) as T;
}

const { createRelayApp } = await built<typeof Bootstrap>('bootstrap.js');
const { loadConfig } = await built<typeof LoadConfig>('core/config/load-config.js');

export type App = Awaited<ReturnType<typeof Bootstrap.createRelayApp>>;

/** The whole application behind its own port, and its administrator. */
export interface BuiltApp {
  readonly app: App;
  readonly admin: AdminClient;
}

type Run = (name: string, built: BuiltApp) => Promise<boolean>;

/** What a run answers with the embedded store on disk and, where the machine has a redis-server, with a Redis of its own. */
export async function onEachStore(run: Run): Promise<readonly boolean[]> {
  return [await onStore('embedded store', {}, run), await onRedis(run)];
}

async function onStore(name: string, storeEnv: Readonly<Record<string, string>>, run: Run): Promise<boolean> {
  const dataDir = mkdtempSync(join(tmpdir(), 'crs-bench-'));
  const env = {
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    NODE_ENV: 'production',
    ADMIN_PASSWORD: ADMIN.password,
    ...storeEnv,
  };
  const app = await createRelayApp({ config: loadConfig({ env, cwd: dataDir }) });
  try {
    await app.listen(0, '127.0.0.1');
    return await run(name, { app, admin: new AdminClient(await app.getUrl(), ADMIN) });
  } finally {
    await app.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function onRedis(run: Run): Promise<boolean> {
  const program = findRedisServer();
  if (program === null) {
    console.log('Not measured on Redis: there is no redis-server on this machine.');
    return true;
  }
  const server = await startRedisServer(program);
  try {
    const place = { REDIS_HOST: server.host, REDIS_PORT: String(server.port) };
    return await onStore('Redis', { ...place, ENCRYPTION_KEY: 'a-key-of-thirty-two-characters!!' }, run);
  } finally {
    await server.stop();
  }
}
