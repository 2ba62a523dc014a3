import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openSqliteStore, type RedisStore } from '@crs/store';
import { join } from 'node:path';
import { useScripts } from '../../../libs/store/src/testing/child-process.js';
import { type MigrationRig, startMigrationRig } from '../../../test/support/migration-rig.js';
import { redisPlace } from '../../../test/support/migration-run.js';
import { findRedisServer, startRedisServer } from '../../../test/support/redis-server.js';
import { dumpStore, withLivesOf } from '../../../test/support/store-dump.js';
import { loadGolden } from '../../../test/support/v1-golden.js';
import { leftOutOf } from './key-classes.js';

const program = findRedisServer();
const describeWithRedis = program === null ? describe.skip : describe;
const CHILD = join(__dirname, '..', '..', '..', 'test', 'support', 'migration.child.ts');
const MANY = 4000;

/** Commands that change something. */
const WRITES =
  /^cmdstat_(?:set|del|hset|hdel|sadd|srem|zadd|zrem|lpush|rpush|expire|pexpire|incr\w*|multi|exec|eval\w*):/;

describeWithRedis('a migration that something comes between', () => {
  const startScript = useScripts();
  let rig: MigrationRig;

  beforeAll(async () => {
    rig = await startMigrationRig(String(program));
  });
  beforeEach(async () => {
    await rig.clear();
  });
  afterAll(async () => {
    await rig.stop();
  });

  const fill = async (store: RedisStore): Promise<void> => {
    await loadGolden(store, '1.1.314');
    for (let at = 0; at < MANY; at += 500) {
      const commands = Array.from({ length: 500 }, (_, more): ['set', string, string] => [
        'set',
        `k:${at + more}`,
        'x',
      ]);
      await store.pipeline(commands).exec();
    }
  };
  const carried = async (store: RedisStore): Promise<Awaited<ReturnType<typeof dumpStore>>> =>
    Object.fromEntries(Object.entries(await dumpStore(store)).filter(([key]) => leftOutOf(key, true) === null));
  const expectAllCarried = async (): Promise<void> => {
    const there = await carried(rig.v2);
    expect(there).toEqual(withLivesOf(await carried(rig.v1), there));
  };

  it.each([2, 5, 11])('goes on where a process was killed after %i steps', async (steps) => {
    await fill(rig.v1);
    const script = startScript(CHILD, String(rig.server.port));
    for (let step = 0; step < steps; step += 1) expect(await script.nextLine()).toMatch(/^\d+$/);
    await script.kill();
    const already = await rig.v2.dbsize();
    expect(already).toBeGreaterThan(100);
    const report = await rig.run(rig.places.v2);
    expect(report).toMatchObject({ isComplete: true, conflicts: [], kept: [] });
    expect(report.classes.reduce((sum, { same }) => sum + same, 0)).toBeGreaterThan(100);
    await expectAllCarried();
  });

  it('goes on in an embedded store, too', async () => {
    await fill(rig.v1);
    const { embedded } = rig.places;
    const script = startScript(CHILD, String(rig.server.port), embedded.file);
    for (let step = 0; step < 3; step += 1) await script.nextLine();
    await script.kill();
    expect(await rig.run(embedded)).toMatchObject({ isComplete: true, conflicts: [], kept: [] });
    const report = await rig.run(embedded);
    expect(report.classes.every(({ added, changed, removed }) => added + changed + removed === 0)).toBe(true);
  });

  it('ends between keys when it is told to, and goes on the next time', async () => {
    await fill(rig.v1);
    const stop = new AbortController();
    const onProgress = (): void => {
      stop.abort();
    };
    const first = await rig.run(rig.places.v2, { signal: stop.signal, onProgress });
    expect([first.isComplete, first.keys > 0, first.keys < MANY]).toEqual([false, true, true]);
    expect((await rig.run(rig.places.v2)).isComplete).toBe(true);
    await expectAllCarried();
  });

  it('ends in the search for what has gone, too', async () => {
    await loadGolden(rig.v1, '1.1.314');
    await rig.v1.set('gone', '1');
    await rig.run(rig.places.v2);
    const stop = new AbortController();
    await rig.v1.del('gone');
    const total = await rig.v1.dbsize();
    const onProgress = (keys: number): void => {
      if (keys >= total) stop.abort();
    };
    expect((await rig.run(rig.places.v2, { signal: stop.signal, onProgress })).isComplete).toBe(false);
    expect(await rig.v2.exists('gone')).toBe(1);
  });

  it('sends no command to the source that writes, and to a target that has it all only the probe', async () => {
    await loadGolden(rig.v1, '1.1.314');
    await rig.run(rig.places.v2);
    await rig.v1.config('RESETSTAT');
    await rig.run(rig.places.v2);
    const commands = await rig.v1.info('commandstats');
    expect(commands).toContain('cmdstat_hgetall');
    const writes = commands.split('\r\n').filter((line) => WRITES.test(line));
    const counts = writes.map((line) => /^cmdstat_(\w+:calls=\d+)/.exec(line)?.[1]).sort();
    expect(counts).toEqual(['del:calls=1', 'exec:calls=2', 'multi:calls=2', 'set:calls=1']);
    expect(await rig.v1.keys('v2:*')).toEqual([]);
  });

  it('says which database has gone, and that the next run goes on', async () => {
    const other = await startRedisServer(String(program));
    await fill(rig.v1);
    let steps = 0;
    const onProgress = (): void => {
      steps += 1;
      if (steps === 2) process.kill(other.pid, 'SIGKILL');
    };
    const run = rig.run(redisPlace(other, 3), { onProgress });
    await expect(run).rejects.toThrow(`The target ${other.host}:${other.port}/3 cannot be used any more: `);
    await expect(run).rejects.toMatchObject({ kind: 'fault', message: expect.stringContaining('goes on where it') });
    await other.stop();
  });

  it('says which database refused, and what', async () => {
    await fill(rig.v1);
    const other = await startRedisServer(String(program), ['--maxmemory', '100']);
    try {
      const run = rig.run(redisPlace(other, 1));
      await expect(run).rejects.toThrow(
        /^The target \S+ (?:cannot be used any more|refused): .*OOM command not allowed/,
      );
    } finally {
      await other.stop();
    }
  });

  describe('before anything is written', () => {
    it('refuses an ENCRYPTION_KEY that opens nothing', async () => {
      await loadGolden(rig.v1, '1.1.314');
      const run = rig.run(rig.places.v2, { encryptionKey: 'another-encryption-key-32-chars!' });
      await expect(run).rejects.toThrow(
        /^ENCRYPTION_KEY opens none of the \d+ account secrets .* Nothing was written\.$/,
      );
      expect(await rig.v2.dbsize()).toBe(0);
    });

    it('takes one account with another key for a damaged one', async () => {
      await loadGolden(rig.v1, '1.1.314');
      const [account = ''] = await rig.v1.smembers('claude_console_account:index');
      await rig.v1.hset(`claude_console_account:${account}`, 'apiKey', `${'0'.repeat(32)}:${'1'.repeat(32)}`);
      expect((await rig.run(rig.places.v2)).isComplete).toBe(true);
    });

    it('says what it could not check', async () => {
      await rig.v1.set('usage:cost:total:id', '1');
      await rig.v1.hset('claude_console_account:plain', { apiKey: 'sk-never-sealed' });
      const { notes } = await rig.run(rig.places.v2, { encryptionKey: 'any' });
      expect(notes).toEqual([
        expect.stringContaining('has a sealed secret, so ENCRYPTION_KEY could not be checked'),
        expect.stringContaining('There are no API keys'),
      ]);
    });

    it('refuses keys that are not stored as v1 does', async () => {
      await rig.v1.hset('apikey:1', { apiKey: 'cr_plain' });
      await expect(rig.run(rig.places.v2)).rejects.toThrow('are not stored as v1 does (64 hex digits');
    });

    it('refuses one database as both', async () => {
      await expect(rig.run(rig.places.v1)).rejects.toThrow('Source and target are the same database');
    });

    it('refuses a store that a gateway has open, and says so', async () => {
      await loadGolden(rig.v1, '1.1.162');
      const gateway = openSqliteStore(rig.places.embedded.file);
      await expect(rig.run(rig.places.embedded)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(/in use by another process.* If the gateway is running, stop it first\.$/),
      });
      await gateway.quit();
    });

    it('makes no store to read from, and none in a dry run', async () => {
      const { embedded, v1 } = rig.places;
      await loadGolden(rig.v1, '1.1.162');
      await expect(rig.between(embedded, v1, { back: true })).rejects.toThrow(/^There is no store at .*DATA_DIR\.$/);
      expect((await rig.run(embedded, { dryRun: true })).classes.every(({ added }) => added > 0)).toBe(true);
      await expect(rig.between(embedded, v1, { back: true })).rejects.toThrow(/^There is no store at /);
    });

    it('says that a Redis cannot be reached', async () => {
      const other = await startRedisServer(String(program), ['--requirepass', 'secret']);
      try {
        await expect(rig.run(redisPlace(other, 1))).rejects.toThrow(/^Redis at .* cannot be used: NOAUTH/);
      } finally {
        await other.stop();
      }
    });
  });
});
