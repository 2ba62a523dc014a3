import { describe, it } from '@jest/globals';
import type { AppConfig } from '../../src/core/config/app-config.js';
import { findRedisServer, startRedisServer } from './redis-server.ts';

/** A store of one run for a whole application. */
export interface StoreOfRun {
  readonly config: AppConfig['store'];
  stop(): Promise<void>;
}

/** Starts the store of the suite; called by the suite's `beforeAll`. */
export type StartStore = () => Promise<StoreOfRun>;

/**
 * Runs the same end-to-end cases on the embedded store and on a real Redis of this run alone. Where the machine has no
 * redis-server, the second half is listed as still to be done.
 */
export function describeOnEachStoreConfig(name: string, suite: (startStore: StartStore) => void): void {
  describe(`${name}, embedded store`, () => {
    suite(() => Promise.resolve({ config: { kind: 'embedded', file: ':memory:' }, stop: () => Promise.resolve() }));
  });
  describe(`${name}, Redis`, () => {
    const program = findRedisServer();
    if (program === null) {
      it.todo('runs on Redis (there is no redis-server on this machine)');
      return;
    }
    suite(async () => {
      const server = await startRedisServer(program);
      const nobody = { username: null, password: null, sentinelName: '', sentinelPassword: null };
      const { host, port } = server;
      return {
        config: { kind: 'redis', url: null, host, port, db: 0, tls: false, sentinels: [], ...nobody },
        stop: () => server.stop(),
      };
    });
  });
}
