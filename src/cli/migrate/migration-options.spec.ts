import { describe, expect, it } from '@jest/globals';
import { testConfig } from '../../../test/support/test-config.js';
import type { AppConfig } from '../../core/config/app-config.js';
import { UsageError } from '../usage-error.js';
import { placesOf, readMigrationOptions } from './migration-options.js';

const REDIS = {
  kind: 'redis',
  url: null,
  host: 'v1-redis',
  port: 6380,
  username: null,
  password: 'secret',
  db: 0,
  tls: true,
  sentinels: [],
  sentinelName: 'mymaster',
  sentinelPassword: null,
} as const;

const withRedis = (more: Partial<typeof REDIS> | { url: string } = {}): AppConfig =>
  testConfig({ store: { ...REDIS, ...more } });
const withoutRedis = testConfig({ dataDir: '/data' });

const sut = (args: readonly string[], config: AppConfig) => placesOf(readMigrationOptions(args), config);

describe('readMigrationOptions', () => {
  it('reads all of them', () => {
    expect(
      readMigrationOptions(['--from', 'a', '--to=b', '--dry-run', '--back', '--overwrite', '--remove', '--json']),
    ).toEqual({
      from: 'a',
      to: 'b',
      dryRun: true,
      back: true,
      overwrite: true,
      remove: true,
      json: true,
    });
  });

  it('needs none', () => {
    const none = { from: null, to: null, dryRun: false, back: false, overwrite: false, remove: false, json: false };
    expect(readMigrationOptions([])).toEqual(none);
  });

  it.each([[['--frm', 'x']], [['redis://x']], [['--from']]])('refuses %j', (args) => {
    expect(() => readMigrationOptions(args)).toThrow(UsageError);
  });
});

describe('placesOf', () => {
  it("goes from the environment's Redis to database 1 of the same server, with its password and TLS", () => {
    expect(sut([], withRedis())).toEqual({
      from: { kind: 'redis', options: REDIS },
      to: { kind: 'redis', options: { ...REDIS, db: 1 } },
    });
  });

  it('goes the other way with --back', () => {
    const { from, to } = sut([], withRedis());
    expect(sut(['--back'], withRedis())).toEqual({ from: to, to: from });
  });

  it.each(['redis://:p%40ss@host:1234', 'redis://:p%40ss@host:1234/0', 'redis://:p%40ss@host:1234/5'])(
    'finds database 1 beside %s',
    (url) => {
      expect(sut([], withRedis({ url })).to).toMatchObject({ options: { url: 'redis://:p%40ss@host:1234/1' } });
      expect(sut(['--from', url], withoutRedis).to).toMatchObject({ options: { url: 'redis://:p%40ss@host:1234/1' } });
    },
  );

  it('takes what is said', () => {
    expect(sut(['--from', 'rediss://one/2', '--to', 'embedded'], withoutRedis)).toMatchObject({
      from: { kind: 'redis', options: { url: 'rediss://one/2', db: 0, password: null } },
      to: { kind: 'embedded', file: '/data/relay.db' },
    });
    expect(sut(['--back', '--from', 'embedded', '--to', 'redis://one'], withoutRedis)).toMatchObject({
      from: { kind: 'embedded', file: '/data/relay.db' },
      to: { options: { url: 'redis://one' } },
    });
  });

  it.each([
    [[], "Where is v1's database? Say --from redis://"],
    [['--back'], "Where is v1's database? Say --to redis://"],
    [['--from', 'embedded'], 'v1 has no embedded store: --from must be a Redis.'],
    [['--back', '--to', 'embedded'], 'v1 has no embedded store: --to must be a Redis.'],
    [['--from', 'host:6379'], '--from must be redis://'],
    [['--to', 'http://:secret@host'], '--to must be redis://'],
  ])('refuses %j', (args, message) => {
    expect(() => sut(args, withoutRedis)).toThrow(UsageError);
    expect(() => sut(args, withoutRedis)).toThrow(message);
    expect(() => sut(args, withoutRedis)).not.toThrow('secret');
  });
});
