import { describe, expect, it } from '@jest/globals';
import { DEFAULT_REDIS_LIMITS, describeAddress, toRedisOptions } from './redis-options.js';
import type { RedisStoreOptions } from './redis-options.js';

const BASE: RedisStoreOptions = {
  url: null,
  host: 'redis.internal',
  port: 6380,
  username: null,
  password: null,
  db: 3,
  tls: false,
  sentinels: [],
  sentinelName: 'mymaster',
  sentinelPassword: null,
};
const ca = 'PEM';

const sut = (options: Partial<RedisStoreOptions>) => toRedisOptions({ ...BASE, ...options }, DEFAULT_REDIS_LIMITS);

describe('toRedisOptions', () => {
  it('passes host, port and database, and nothing that was not given', () => {
    expect(sut({})).toMatchObject({ host: 'redis.internal', port: 6380, db: 3 });
    for (const name of ['username', 'password', 'tls', 'sentinels', 'name']) expect(sut({})).not.toHaveProperty(name);
  });

  it('passes user and password', () => {
    expect(sut({ username: 'relay', password: 'p' })).toMatchObject({ username: 'relay', password: 'p' });
  });

  it.each([
    ['system trust', true, {}],
    ['a certificate of its own', { ca }, { ca }],
  ])('asks for TLS with %s', (_, tls, expected) => {
    expect(sut({ tls })).toMatchObject({ tls: expected });
    expect(sut({ tls })).not.toHaveProperty('sentinelTLS');
  });

  it('asks the sentinels instead of a host', () => {
    const options = sut({ sentinels: [{ host: 'a', port: 1 }], sentinelPassword: 's', password: 'p' });
    expect(options).toMatchObject({
      sentinels: [{ host: 'a', port: 1 }],
      name: 'mymaster',
      sentinelPassword: 's',
      password: 'p',
      db: 3,
    });
    expect(options).not.toHaveProperty('host');
    expect(sut({ sentinels: [{ host: 'a', port: 1 }] })).not.toHaveProperty('sentinelPassword');
  });

  it('speaks TLS with sentinels and master alike', () => {
    const options = sut({ sentinels: [{ host: 'a', port: 1 }], tls: { ca } });
    expect(options).toMatchObject({ tls: { ca }, sentinelTLS: { ca }, enableTLSForSentinelMode: true });
  });

  it('bounds every wait', () => {
    expect(sut({})).toMatchObject({ connectTimeout: 5_000, commandTimeout: 5_000, keepAlive: 30_000 });
    const delays = [1, 2, 20, 21, 1_000].map((attempt) => sut({}).retryStrategy?.(attempt));
    expect(delays).toEqual([100, 200, 2_000, 2_000, 2_000]);
  });

  it('keeps no command for later and sends none twice', () => {
    expect(sut({})).toMatchObject({ enableOfflineQueue: false, maxRetriesPerRequest: 0, lazyConnect: true });
  });

  it('connects anew when the master has become a replica, and for no other error', () => {
    const reconnect = sut({}).reconnectOnError;
    expect(reconnect?.(new Error("READONLY You can't write against a read only replica."))).toBe(true);
    expect(reconnect?.(new Error('WRONGTYPE'))).toBe(false);
  });
});

describe('the URL', () => {
  it.each([
    ['redis://one', { host: 'one', port: 6379, db: 3 }],
    ['redis://one:1234/7', { host: 'one', port: 1234, db: 7 }],
    ['redis://user:p%40ss%3A@one/', { host: 'one', username: 'user', password: 'p@ss:', db: 3 }],
    ['redis://:secret@[::1]:1', { host: '::1', port: 1, password: 'secret' }],
    ['rediss://one', { host: 'one', tls: {} }],
  ])('%s', (url, expected) => {
    expect(sut({ url })).toMatchObject(expected);
  });

  it('leaves to the other options what it does not name', () => {
    const others = { username: 'relay', password: 'kept', tls: { ca }, db: 5 };
    expect(sut({ url: 'rediss://one', ...others })).toMatchObject({ ...others, host: 'one' });
  });

  it('decides about TLS by its scheme', () => {
    expect(sut({ url: 'redis://one', tls: true })).not.toHaveProperty('tls');
  });

  it('is not used when empty', () => {
    expect(sut({ url: '' })).toMatchObject({ host: 'redis.internal' });
  });

  it.each(['one:1234', 'http://one', 'redis://', 'redis:///1', 'redis://one/zero', 'redis://:se cret@:x'])(
    'is refused when it is none: %s',
    (url) => {
      expect(() => sut({ url })).toThrow(
        'The Redis URL must look like redis://[user:password@]host[:port][/db], rediss:// for TLS.',
      );
    },
  );

  it('is refused, and not repeated, when its password is not encoded', () => {
    const url = 'redis://:50%zz@one';
    expect(() => sut({ url })).toThrow('The user or password in the Redis URL is not percent-encoded correctly.');
  });
});

describe('describeAddress', () => {
  it.each([
    [{}, 'redis.internal:6380'],
    [{ url: 'redis://user:secret@one' }, 'one:6379'],
    [{ url: 'redis://:secret@[::1]:1' }, '[::1]:1'],
    [
      {
        sentinels: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
        password: 'secret',
      },
      'mymaster of the sentinels a:1, b:2',
    ],
  ])('names what is connected to, never a secret (%#)', (options, expected) => {
    expect(describeAddress({ ...BASE, ...options })).toBe(expected);
  });
});
