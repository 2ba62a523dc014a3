import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openSqliteStore, RedisStore } from '@crs/store';
import type { RedisStoreOptions, StoreClient } from '@crs/store';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describeStoreConformance } from '../../libs/store/src/testing/store.conformance.js';
import { commandSequence, comparable } from '../../libs/store/src/testing/generated-commands.js';
import { empty, perform, scanAll } from '../../libs/store/src/testing/store-harness.js';
import {
  findRedisServer,
  startRedisServer,
  startSentinel,
  startTlsRedisServer,
  whyNoTls,
} from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';

const PLAIN: Omit<RedisStoreOptions, 'host' | 'port'> = {
  username: null,
  password: null,
  db: 0,
  tls: false,
  sentinels: [],
  sentinelName: '',
  sentinelPassword: null,
};

describeStoreConformance('The embedded store', async () => {
  let now = 1_800_000_000_000;
  return {
    store: openSqliteStore(':memory:', { now: () => now }),
    advance: async (ms) => {
      now += ms;
    },
  };
});

const program = findRedisServer();
if (program !== null) describeRedis(program);
else say('No redis-server on this machine: the Redis half of the store conformance suite is not run.');

function describeRedis(redisServer: string): void {
  const servers: RedisServer[] = [];
  const started = async (server: Promise<RedisServer>): Promise<RedisServer> => {
    servers.push(await server);
    return server;
  };
  const connected = async (options: RedisStoreOptions): Promise<RedisStore> => {
    const store = new RedisStore(options);
    await store.open();
    return store;
  };
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  describeStoreConformance('Redis', async () => {
    const { host, port } = await started(startRedisServer(redisServer));
    const store = await connected({ ...PLAIN, host, port });
    return { store, advance: (ms) => passOnServer(store, ms) };
  });

  describe('The embedded store beside Redis', () => {
    let redis: RedisStore;
    const embedded = openSqliteStore(':memory:');

    beforeAll(async () => {
      const { host, port } = await started(startRedisServer(redisServer));
      redis = await connected({ ...PLAIN, host, port });
    });
    afterAll(() => Promise.all([redis.quit(), embedded.quit()]));

    it('answers the same to the same commands', async () => {
      const property = fc.asyncProperty(commandSequence, async (commands) => {
        await Promise.all([empty(redis), empty(embedded)]);
        for (const command of commands) {
          const [expected, actual] = await Promise.all(
            [redis, embedded].map((store: StoreClient) => perform(store, command).catch((error: unknown) => error)),
          );
          expect([command, comparable(command, actual)]).toEqual([command, comparable(command, expected)]);
        }
      });
      await fc.assert(property, { numRuns: 150 });
    });

    // In a range of a class Redis compares bytes beyond ASCII as the machine's `char`, signed or not.
    it.each([
      ['ASCII', ['a', 'b', 'c', '-', '*', '?', '[', ']', '^', '\\']],
      ['any text, without ranges', ['a', 'ß', '\u{1F600}', '*', '?', '[', ']', '^', '\\']],
    ])('matches the same names with the same patterns: %s', async (_, symbols) => {
      const text = (maxLength: number): fc.Arbitrary<string> =>
        fc.array(fc.constantFrom(...symbols), { minLength: 1, maxLength }).map((parts) => parts.join(''));
      const names = fc.array(text(5), { minLength: 1, maxLength: 12 });
      const patterns = fc.array(text(7), { minLength: 5, maxLength: 15 });
      const property = fc.asyncProperty(names, patterns, async (all, some) => {
        await Promise.all([empty(redis), empty(embedded)]);
        for (const each of all) await Promise.all([redis.set(each, ''), embedded.set(each, '')]);
        for (const each of some) {
          expect([each, await scanAll(embedded, each)]).toEqual([each, await scanAll(redis, each)]);
        }
      });
      await fc.assert(property, { numRuns: 60 });
    });
  });

  const noTls = whyNoTls(redisServer);
  if (noTls !== null) say(`Redis over TLS is not tested: ${noTls}.`);
  else
    describe('Redis over TLS', () => {
      it('speaks TLS, and only to a server that it trusts', async () => {
        const { host, port, folder } = await started(startTlsRedisServer(redisServer));
        const ca = readFileSync(join(folder, 'cert.pem'));

        const sut = await connected({ ...PLAIN, host, port, tls: { ca } });
        expect(await sut.set('k', 'over TLS')).toBe('OK');
        await sut.quit();

        const byUrl = await connected({
          ...PLAIN,
          host: 'unused',
          port: 1,
          tls: { ca },
          url: `rediss://${host}:${port}/2`,
        });
        expect(await byUrl.get('k')).toBeNull();
        await byUrl.quit();

        const untrusting = new RedisStore({ ...PLAIN, host, port, tls: true }, { onError: () => undefined });
        await expect(untrusting.open()).rejects.toThrow(
          `Redis at ${host}:${port} cannot be used: self-signed certificate`,
        );
      });
    });

  describe('Redis by other ways', () => {
    it('finds the master through a sentinel', async () => {
      const master = await started(startRedisServer(redisServer, ['--requirepass', 'masters-own']));
      const watch = { name: 'relay', master, password: 'sentinels-own' };
      const { host, port } = await started(startSentinel(redisServer, watch));

      const sut = await connected({
        ...PLAIN,
        host: 'unused',
        port: 1,
        password: 'masters-own',
        sentinels: [{ host, port }],
        sentinelName: 'relay',
        sentinelPassword: 'sentinels-own',
      });
      expect(await sut.set('k', 'x')).toBe('OK');
      expect(await sut.config('GET', 'port')).toEqual(['port', String(master.port)]);
      await sut.quit();
    });

    it.each([
      ['a wrong password', { password: 'not this one' }, 'WRONGPASS'],
      ['no password', {}, 'NOAUTH'],
      ['a database that is not there', { password: 'right', db: 99 }, 'ERR DB index is out of range'],
    ])('says at once what is wrong with %s, and no secret', async (_, wrong, reason) => {
      const { host, port } = await started(startRedisServer(redisServer, ['--requirepass', 'right']));
      const sut = new RedisStore({ ...PLAIN, host, port, ...wrong }, { onError: () => undefined });
      const failure: unknown = await sut.open().catch((error: unknown) => error);
      expect(failure).toMatchObject({
        message: expect.stringContaining(`Redis at ${host}:${port} cannot be used: ${reason}`),
      });
      expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('not this one');
      await until(async () => sut.status === 'end');
    });

    it('comes back by itself after the server was away', async () => {
      const first = await started(startRedisServer(redisServer));
      const sut = await connected({ ...PLAIN, host: first.host, port: first.port });
      await first.stop();
      await expect(sut.ping()).rejects.toThrow();

      await started(startRedisServer(redisServer, ['--port', String(first.port)]));
      await until(async () => (await sut.ping().catch(() => '')) === 'PONG');
      await sut.quit();
    });
  });
}

/** One line, past the test runner, which would hang a stack trace on it. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Waits for the server's own clock: it alone decides what has ended. */
async function passOnServer(store: RedisStore, ms: number): Promise<void> {
  const time = async (): Promise<number> => {
    const [seconds, micros] = await store.time();
    return Number(seconds) * 1000 + Number(micros) / 1000;
  };
  const end = (await time()) + ms;
  await until(async () => (await time()) > end);
}

/** Asks again and again, for ten seconds at most. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    if (await isTrue()) return;
    await wait(10);
  }
  throw new Error('What was waited for did not come.');
}
