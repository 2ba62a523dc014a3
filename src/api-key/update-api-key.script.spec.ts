import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openSqliteStore, type RedisStore, type StoreClient } from '@crs/store';
import { anyApiKey } from '../../test/support/any-api-key.js';
import { openRedisStore } from '../../test/support/each-store.js';
import { findRedisServer, type RedisServer, startRedisServer } from '../../test/support/redis-server.js';
import { dumpStore } from '../../test/support/store-dump.js';
import type { ApiKeyRecord } from './api-key-record.js';
import { ApiKeyRepository } from './api-key.repository.js';

const program = findRedisServer();

/** One key made, and changed twice, the second change being decided on what the first one found; then removed. */
async function play(store: StoreClient, [first, second, third]: readonly ApiKeyRecord[]): Promise<unknown> {
  if (first === undefined || second === undefined || third === undefined) throw new Error('Three records are needed.');
  const sut = new ApiKeyRepository(store);
  await sut.insert(first);
  const stored = await sut.find(first.id);
  if (stored === null) throw new Error('The key was not stored.');
  const { id } = first;
  const replies = [await sut.replace(stored, { ...second, id }), await sut.replace(stored, { ...third, id })];
  const changed = await sut.find(id);
  if (changed === null) throw new Error('The key was lost.');
  replies.push(await sut.replace(changed, { ...third, id }));
  const dump = await dumpStore(store);
  replies.push(await sut.remove(changed));
  const last = await sut.find(id);
  if (last === null) throw new Error('The key was lost.');
  replies.push(await sut.remove(last));
  return { replies, dump, rest: await dumpStore(store) };
}

describe('update-api-key and remove-api-key', () => {
  if (program === null) {
    it.todo('does the same in Lua and in TypeScript (there is no redis-server on this machine)');
    return;
  }
  let server: RedisServer;
  let redis: RedisStore;
  beforeAll(async () => {
    server = await startRedisServer(program);
    redis = await openRedisStore(server);
  });
  afterAll(async () => {
    await redis.quit();
    await server.stop();
  });

  it('does the same in Lua and in TypeScript, for any change of any key', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyApiKey(), { minLength: 3, maxLength: 3 }), async (records) => {
        await redis.flushall();
        const embedded = openSqliteStore(':memory:');
        try {
          expect(await play(redis, records)).toEqual(await play(embedded, records));
        } finally {
          await embedded.quit();
        }
      }),
      { numRuns: 60 },
    );
  });
});
