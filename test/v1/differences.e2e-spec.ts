import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { findRedisServer } from '../support/redis-server.ts';
import { TestApp } from '../support/test-app.ts';
import { embeddedDatabase, redisDatabase, type V1Database } from '../support/v1-database.ts';

const WITHIN_AN_HOUR = 3_600_000;

/** Cases that no other spec has; the list of all differences is in docs/migrating-from-v1.md. */
function differences(startStore: () => Promise<V1Database>): void {
  let database: V1Database;

  beforeEach(async () => {
    database = await startStore();
  });
  afterEach(() => database.stop());

  it('leaves the slots of other instances, and of v1, alone when it stops', async () => {
    const ends = Date.now() + WITHIN_AN_HOUR;
    const slots = [keys.limits.concurrency('k-1'), keys.limits.accountConcurrency('a-1')];
    const before = await database.open();
    for (const set of slots) await before.zadd(set, ends, 'a request of another instance');
    await before.quit();

    const app = await TestApp.start({ store: database.config });
    await app.close();

    const after = await database.open();
    for (const set of slots) expect(await after.zrange(set, 0, -1)).toEqual(['a request of another instance']);
    await after.quit();
  });

  it('names its requests by itself, lets no other origin in, and has no page at the root', async () => {
    const app = await TestApp.start({ store: database.config });
    try {
      const own = { origin: 'http://localhost:3000', 'x-request-id': 'named-by-the-client' };
      const refused = await app.call('GET', '/api/v1/me', undefined, own);
      expect([refused.status, refused.headers.get('x-request-id')]).toEqual([401, null]);
      expect(refused.headers.get('x-relay-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
      expect(refused.headers.get('request-id')).toBe(refused.headers.get('x-relay-request-id'));
      expect(refused.headers.get('access-control-allow-origin')).toBeNull();
      expect(await app.call('GET', '/')).toMatchObject({ status: 200, body: { service: 'claude-relay-service' } });
    } finally {
      await app.close();
    }
  });
}

describe('what differs from v1, embedded store', () => {
  differences(embeddedDatabase);
});

describe('what differs from v1, Redis', () => {
  const program = findRedisServer();
  if (program === null) {
    it.todo('runs on Redis (there is no redis-server on this machine)');
    return;
  }
  differences(() => redisDatabase(program));
});
