import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RedisStore } from '@crs/store';
import { openRedisStore } from '../../../test/support/each-store.js';
import { findRedisServer, startRedisServer, type RedisServer } from '../../../test/support/redis-server.js';
import { BatchTally } from './batch-tally.js';
import { settleBatch } from './settle-batch.script.js';

const AT = Date.parse('2026-11-23T04:05:00.678Z');

describe('settle-batch in Redis', () => {
  const program = findRedisServer();
  if (program === null) {
    it.todo('does all that it can when a command is refused on the way (there is no redis-server on this machine)');
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

  it('does all that it can when a command is refused on the way, because a repeat would be a duplicate', async () => {
    await redis.set('start', String(AT));
    const tally = new BatchTally();
    tally.windowUse('start', 1e300, { at: AT, sums: [['cost', '1']] });
    tally.rollUp('rows', 0, 'row', [1]);
    const args = ['1', '0', JSON.stringify(tally.toWrites())];
    const reply = await redis.runScript(settleBatch, ['marker'], args);
    expect(reply).toEqual({ kind: 'settled', refusedWrites: 1, refusedKeys: ['cost'] });
    await expect(redis.exists('cost', 'rows')).resolves.toBe(2);
    await expect(redis.runScript(settleBatch, ['marker'], args)).resolves.toEqual({ kind: 'duplicate' });
  });
});
