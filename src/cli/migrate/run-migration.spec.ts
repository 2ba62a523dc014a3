import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openSqliteStore, type StoreClient } from '@crs/store';
import { type MigrationRig, startMigrationRig } from '../../../test/support/migration-rig.js';
import { findRedisServer } from '../../../test/support/redis-server.js';
import { type DumpedKey, dumpStore, withLivesOf } from '../../../test/support/store-dump.js';
import { loadGolden, V1_VERSIONS } from '../../../test/support/v1-golden.js';
import { leftOutOf } from './key-classes.js';
import type { ClassReport, MigrationReport } from './migration-report.js';
import type { Place } from './open-side.js';

const program = findRedisServer();
const describeWithRedis = program === null ? describe.skip : describe;

type Dump = Readonly<Record<string, DumpedKey>>;

/** What is to arrive: all but what is left out. */
const carriedOf = (dump: Dump): Dump =>
  Object.fromEntries(Object.entries(dump).filter(([key]) => leftOutOf(key, true) === null));

const sum = ({ classes }: MigrationReport, fate: keyof ClassReport): number =>
  classes.reduce((total, report) => total + Number(report[fate]), 0);

/** Every fate with at least one key. */
const fatesOf = (report: MigrationReport): Record<string, number> =>
  Object.fromEntries(
    (['added', 'changed', 'removed', 'kept', 'conflicts', 'same'] as const)
      .map((fate) => [fate, sum(report, fate)] as const)
      .filter(([, count]) => count > 0),
  );

describeWithRedis('runMigration', () => {
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

  const opened = async <T>(place: Place, work: (store: StoreClient) => Promise<T>): Promise<T> => {
    if (place.kind === 'redis') return work(rig.v2);
    const store = openSqliteStore(place.file);
    try {
      return await work(store);
    } finally {
      await store.quit();
    }
  };
  const dumpOf = (place: Place): Promise<Dump> => opened(place, dumpStore);

  describe.each(['v2', 'embedded'] as const)('to %s', (name) => {
    const target = (): Place => rig.places[name];

    it.each(V1_VERSIONS)('carries a database of %s whole, and only reads it', async (version) => {
      await loadGolden(rig.v1, version);
      const before = await dumpStore(rig.v1);
      const report = await rig.run(target());
      const left = await dumpStore(rig.v1);
      expect(left).toEqual(withLivesOf(before, left));
      const there = carriedOf(await dumpOf(target()));
      expect(there).toEqual(withLivesOf(carriedOf(before), there));
      expect(fatesOf(report)).toEqual({ added: Object.keys(carriedOf(before)).length });
      expect(report).toMatchObject({ isComplete: true, refusal: null, conflicts: [], notCarried: [] });
      expect(report.keys).toBe(Object.keys(before).length);
    });

    it.each(V1_VERSIONS)('writes nothing the second time (%s)', async (version) => {
      await loadGolden(rig.v1, version);
      await rig.run(target());
      const before = await dumpOf(target());
      const report = await rig.run(target());
      const after = await dumpOf(target());
      expect(after).toEqual(withLivesOf(before, after));
      expect(Object.keys(fatesOf(report))).toEqual(['same']);
    });

    it.each(V1_VERSIONS)('brings it back to an empty v1, without anything of v2 (%s)', async (version) => {
      await loadGolden(rig.v1, version);
      const before = carriedOf(await dumpStore(rig.v1));
      await rig.run(target());
      await opened(target(), (store) => store.set('v2:prices', 'of v2'));
      await rig.v1.flushdb();
      const report = await rig.between(target(), rig.places.v1, { back: true });
      const after = await dumpStore(rig.v1);
      expect(carriedOf(after)).toEqual(withLivesOf(before, after));
      expect(Object.keys(after).filter((key) => key.startsWith('v2:'))).toEqual([]);
      expect(report.direction).toBe('v2-to-v1');
      expect(Object.keys(fatesOf(report))).toEqual(['added']);
    });

    it('carries texts of every kind, and large keys', async () => {
      await loadGolden(rig.v1, '1.1.162');
      const many = Array.from({ length: 5001 }, (_, at) => `Größe ${at} \u0000\n\u{1f600}`);
      const fields = Object.fromEntries(many.map((text, at) => [`${at}`, text]));
      await rig.v1.hset('big:hash', { ...fields, ['__proto__']: 'own', '\u0001\u0002\u007f': '' });
      await rig.v1.rpush('big:list', ...many, ...many);
      await rig.v1.sadd('big:set', ...many);
      for (const [at, text] of many.slice(0, 500).entries()) await rig.v1.zadd('big:zset', at / 3 - 50, text);
      await rig.v1.zadd('scores', '-inf', 'least', '+inf', 'most', 0.1, 'tenth', 1795406700344, 'ms');
      await rig.v1.set('odd \u0000 name \uFFFD', 'a true \uFFFD in a text');
      const before = await dumpStore(rig.v1);
      const report = await rig.run(target());
      expect(report.notCarried).toEqual([]);
      const there = carriedOf(await dumpOf(target()));
      expect(there).toEqual(withLivesOf(carriedOf(before), there));
      expect(Object.keys(fatesOf(await rig.run(target())))).toEqual(['same']);
    });

    it('leaves alone, and names, what is no text and what has no place there', async () => {
      await loadGolden(rig.v1, '1.1.162');
      const bytes = Buffer.from([0xff, 0xfe, 0x41]);
      await rig.v1.set('bytes', bytes);
      await rig.v1.hset('fields', 'bytes', bytes);
      await rig.v1.set(Buffer.from([0x6e, 0xff]), 'text');
      await rig.v1.xadd('billing:events', '*', 'data', '{}');
      const report = await rig.run(target());
      expect(report.notCarriedTotal).toBe(4);
      expect(new Map(report.notCarried.map(({ key, reason }) => [key, reason]))).toEqual(
        new Map([
          ['bytes', 'it holds bytes that are no text (UTF-8)'],
          ['fields', 'it holds bytes that are no text (UTF-8)'],
          ['n\uFFFD', 'its name holds bytes that are no text (UTF-8)'],
          ['billing:events', 'it is a stream, which only v1 uses'],
        ]),
      );
      const there = await dumpOf(target());
      expect(
        Object.keys(there).filter((key) => ['bytes', 'fields', 'n\uFFFD', 'billing:events'].includes(key)),
      ).toEqual([]);
    });

    it('carries what has changed since, and keeps what v2 has made of it', async () => {
      await loadGolden(rig.v1, '1.1.314');
      await rig.v1.mset('one', '1', 'two', '1', 'three', '1', 'four', '1', 'five', '1');
      await rig.v1.set('short', '1', 'PX', 90_000);
      await rig.run(target());
      await rig.v1.mset('one', 'v1', 'three', 'v1', 'six', 'v1');
      await rig.v1.del('four', 'five');
      await opened(target(), async (store) => {
        for (const key of ['two', 'three', 'five']) await store.set(key, 'v2');
      });
      const report = await rig.run(target());
      expect(fatesOf(report)).toMatchObject({ added: 1, changed: 1, removed: 1, kept: 1, conflicts: 2 });
      expect([report.kept, report.conflicts]).toEqual([['two'], ['three', 'five']]);
      const names = ['one', 'two', 'three', 'four', 'five', 'six'];
      const read = () => opened(target(), (store) => store.mget(...names));
      expect(await read()).toEqual(['v1', 'v2', 'v2', null, 'v2', 'v1']);
      await rig.run(target(), { overwrite: true });
      expect(await read()).toEqual(['v1', 'v2', 'v1', null, null, 'v1']);
      expect(fatesOf(await rig.run(target()))).toMatchObject({ kept: 1 });
    });

    it('takes over a longer life, and never shortens one', async () => {
      await loadGolden(rig.v1, '1.1.162');
      await rig.v1.set('longer', '1', 'EX', 1000);
      await rig.v1.set('shorter', '1', 'EX', 1000);
      await rig.run(target());
      await rig.v1.expire('longer', 9000);
      await rig.v1.expire('shorter', 200);
      expect(fatesOf(await rig.run(target()))).toMatchObject({ changed: 1 });
      const lives = await opened(target(), async (store) => [await store.pttl('longer'), await store.pttl('shorter')]);
      expect(lives[0]).toBeGreaterThan(8_900_000);
      expect(lives[1]).toBeGreaterThan(900_000);
    });

    it('lets v2 make its index anew where keys were added to one that v1 did not have', async () => {
      await loadGolden(rig.v1, '1.1.162');
      await rig.run(target());
      await opened(target(), (store) => store.set('apikey:index:version', '2'));
      expect(fatesOf(await rig.run(target()))).not.toHaveProperty('changed');
      await rig.v1.hset('apikey:00000000-0000-4000-8000-000000000000', 'apiKey', 'f'.repeat(64));
      await rig.run(target());
      expect(await opened(target(), (store) => store.get('apikey:index:version'))).toBeNull();
    });

    it('lets an index be made anew that both sides have changed', async () => {
      await loadGolden(rig.v1, '1.1.314');
      await rig.run(target());
      await rig.v1.sadd('apikey:idx:all', 'of-v1');
      await opened(target(), (store) => store.sadd('apikey:idx:all', 'of-v2'));
      const report = await rig.run(target());
      expect([report.conflicts, report.kept]).toEqual([[], ['apikey:idx:all']]);
      await opened(target(), async (store) => {
        expect(await store.get('apikey:index:version')).toBeNull();
        expect(await store.sismember('apikey:idx:all', 'of-v2')).toBe(1);
        await store.set('apikey:index:version', '2');
      });
      await rig.run(target());
      expect(await opened(target(), (store) => store.get('apikey:index:version'))).toBe('2');
    });

    it('refuses a target with data of another origin, unless told to overwrite', async () => {
      await loadGolden(rig.v1, '1.1.162');
      await opened(target(), async (store) => {
        await store.set('v2:admin', 'made by v2');
        await store.set('claude_relay_config', '{}');
      });
      await expect(rig.run(target())).rejects.toThrow('holds data that was not carried from this source');
      expect(Object.keys(await dumpOf(target()))).toEqual(['claude_relay_config', 'v2:admin']);
      expect((await rig.run(target(), { dryRun: true })).refusal).toContain('--overwrite');
      expect((await rig.run(target(), { overwrite: true })).isComplete).toBe(true);
      expect((await rig.run(target())).refusal).toBeNull();
    });

    it('takes a target where v2 has only been started', async () => {
      await loadGolden(rig.v1, '1.1.162');
      await opened(target(), (store) => store.set('v2:admin', 'made by v2'));
      expect((await rig.run(target())).refusal).toBeNull();
      expect(await opened(target(), (store) => store.get('v2:admin'))).toBe('made by v2');
    });

    it('goes both ways, as often as one likes', async () => {
      await loadGolden(rig.v1, '1.1.314');
      await rig.run(target());
      await opened(target(), (store) => store.set('oem:settings', '{"of":"v2"}'));
      const back = () => rig.between(target(), rig.places.v1, { back: true });
      expect(fatesOf(await back())).toMatchObject({ added: 1 });
      await opened(target(), (store) => store.set('oem:settings', '{"of":"v2 again"}'));
      expect(fatesOf(await back())).toMatchObject({ changed: 1 });
      await rig.v1.set('oem:settings', '{"of":"v1"}');
      expect(fatesOf(await rig.run(target()))).toMatchObject({ changed: 1 });
      expect(await opened(target(), (store) => store.get('oem:settings'))).toBe('{"of":"v1"}');
      expect(await rig.v1.keys('v2:*')).toEqual([]);
    });

    it('changes nothing in a dry run', async () => {
      await loadGolden(rig.v1, '1.1.314');
      await rig.run(target());
      const before = await dumpOf(target());
      await rig.v1.set('one', '1');
      await rig.v1.del('oem:settings', 'apikey:index:version');
      const report = await rig.run(target(), { dryRun: true });
      const after = await dumpOf(target());
      expect(after).toEqual(withLivesOf(before, after));
      expect(fatesOf(report)).toMatchObject({ added: 1, removed: 1 });
      expect(report.dryRun).toBe(true);
    });
  });
});
