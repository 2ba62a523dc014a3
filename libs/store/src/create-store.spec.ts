import { describe, expect, it } from '@jest/globals';
import { createStore } from './create-store.js';
import { RedisStore } from './redis/redis-store.js';
import { SqliteStore } from './sqlite/sqlite-store.js';
import { FakeRedis } from './testing/fake-redis.js';
import { useTemporaryFolder } from './testing/temporary-folder.js';

const REDIS = {
  kind: 'redis',
  url: null,
  host: '127.0.0.1',
  username: null,
  password: null,
  db: 0,
  tls: false,
  sentinels: [],
  sentinelName: 'mymaster',
  sentinelPassword: null,
} as const;

describe('createStore', () => {
  const path = useTemporaryFolder();
  const ignore = (): undefined => undefined;

  it('opens the embedded store, which keeps what is written', async () => {
    const options = { kind: 'embedded', file: path('data/store.db') } as const;
    const first = await createStore(options, ignore);
    expect(first).toBeInstanceOf(SqliteStore);
    await first.set('k', 'kept');
    await first.quit();
    const second = await createStore(options, ignore);
    expect(await second.get('k')).toBe('kept');
    await second.quit();
  });

  it('connects to Redis before it answers', async () => {
    const redis = new FakeRedis();
    const sut = await createStore({ ...REDIS, port: await redis.listen() }, ignore);
    expect(sut).toBeInstanceOf(RedisStore);
    expect(await sut.ping()).toBe('PONG');
    await sut.quit();
    await redis.close();
  });

  it('says which Redis cannot be used', async () => {
    const redis = new FakeRedis({ INFO: () => '-NOAUTH Authentication required.\r\n' });
    const port = await redis.listen();
    const errors: string[] = [];
    await expect(createStore({ ...REDIS, port }, (error) => errors.push(error.message))).rejects.toThrow(
      `Redis at 127.0.0.1:${port} cannot be used: NOAUTH`,
    );
    expect(errors).toEqual(['NOAUTH Authentication required.']);
    await redis.close();
  });
});
