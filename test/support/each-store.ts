import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from '@jest/globals';
import { openSqliteStore, RedisStore, type StoreClient } from '@crs/store';
import { findRedisServer, type RedisServer, startRedisServer } from './redis-server.js';

/** Gives the store of the running case, which is empty when the case begins. */
export type StoreOfCase = () => StoreClient;

/**
 * Runs the same cases on the embedded store and on a real Redis of this run alone. Where the machine has no
 * redis-server, the second half is listed as still to be done.
 */
export function describeOnEachStore(name: string, suite: (store: StoreOfCase) => void): void {
  describe(`${name}, embedded store`, () => {
    let store: StoreClient;
    beforeEach(() => {
      store = openSqliteStore(':memory:');
    });
    afterEach(async () => {
      await store.quit();
    });
    suite(() => store);
  });
  describe(`${name}, Redis`, () => {
    const program = findRedisServer();
    if (program === null) {
      it.todo('runs on Redis (there is no redis-server on this machine)');
      return;
    }
    runOnRedis(program, suite);
  });
}

function runOnRedis(program: string, suite: (store: StoreOfCase) => void): void {
  let server: RedisServer;
  let store: RedisStore;
  beforeAll(async () => {
    server = await startRedisServer(program);
    store = await openRedisStore(server);
  });
  beforeEach(async () => {
    await store.flushall();
  });
  afterAll(async () => {
    await store.quit();
    await server.stop();
  });
  suite(() => store);
}

/** A connection to a server of this run. */
export async function openRedisStore({ host, port }: RedisServer): Promise<RedisStore> {
  const nobody = { username: null, password: null, sentinelName: '', sentinelPassword: null };
  const store = new RedisStore({ host, port, db: 0, tls: false, sentinels: [], ...nobody });
  await store.open();
  return store;
}
