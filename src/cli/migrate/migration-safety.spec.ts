import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keys, openSqliteStore, type StoreClient } from '@crs/store';
import { type MigrationRig, startMigrationRig } from '../../../test/support/migration-rig.js';
import { redisPlace, type RunOptions } from '../../../test/support/migration-run.js';
import { findRedisServer } from '../../../test/support/redis-server.js';
import { dumpStore, withLivesOf } from '../../../test/support/store-dump.js';
import { loadGolden, readMade } from '../../../test/support/v1-golden.js';
import type { Place } from './open-side.js';

const program = findRedisServer();
const describeWithRedis = program === null ? describe.skip : describe;

const MAP = keys.apiKey.hashMap;
const NEW_ID = '00000000-0000-4000-8000-000000000000';
const [ONE, TWO] = ['1'.repeat(64), '2'.repeat(64)];

describeWithRedis('a migration that must lose nothing', () => {
  let rig: MigrationRig;

  beforeAll(async () => {
    rig = await startMigrationRig(String(program));
  });
  beforeEach(async () => {
    await rig.clear();
    await loadGolden(rig.v1, '1.1.314');
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
  const madeKey = (): { id: string; hash: Promise<string> } => {
    const id = readMade('1.1.314').keys[0]?.id ?? '';
    return { id, hash: rig.v1.hget(keys.apiKey.record(id), 'apiKey').then(String) };
  };

  describe.each(['v2', 'embedded'] as const)('to %s', (name) => {
    const target = (): Place => rig.places[name];
    const back = (options: RunOptions = {}) => rig.between(target(), rig.places.v1, { ...options, back: true });
    const inV2 = <T>(work: (store: StoreClient) => Promise<T>): Promise<T> => opened(target(), work);

    describe('where the source has lost its data', () => {
      it('leaves the target as it is, and says so', async () => {
        await rig.run(target());
        const before = await inV2(dumpStore);
        await rig.v1.flushdb();
        await rig.v1.set('oem:settings', 'of a new v1');
        const run = rig.run(target());
        await expect(run).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('--remove') });
        await expect(run).rejects.toThrow(/^The source \S+ has no API key any more\. .*Nothing was written/);
        const after = await inV2(dumpStore);
        expect(after).toEqual(withLivesOf(before, after));
        expect((await rig.run(target(), { dryRun: true })).refusal).toContain('has no API key any more');
      });

      it('removes it with --remove', async () => {
        await rig.run(target());
        await rig.v1.flushdb();
        await rig.run(target(), { remove: true });
        expect(await inV2((store) => store.exists(keys.apiKey.record(madeKey().id)))).toBe(0);
      });

      it('refuses to remove more than a tenth, but not a few', async () => {
        const some = Array.from({ length: 400 }, (_, at) => `k:${at}`);
        await rig.v1.mset(...some.flatMap((key) => [key, '1']));
        await rig.run(target());
        await rig.v1.del(...some.slice(0, 19));
        await rig.run(target());
        expect(await inV2((store) => store.exists(...some))).toBe(381);
        await rig.v1.del(...some.slice(0, 300));
        await expect(rig.run(target())).rejects.toThrow(/ lacks 281 of the \d+ keys that were carried before\./);
        expect(await inV2((store) => store.exists(...some))).toBe(381);
        await rig.run(target(), { remove: true });
        expect(await inV2((store) => store.exists(...some))).toBe(100);
      });

      it('takes the end of the time of many keys for no loss', async () => {
        const some = Array.from({ length: 400 }, (_, at) => `k:${at}`);
        await rig.v1.multi(some.map((key) => ['set', key, '1', 'PX', 30_000])).exec();
        await rig.run(target());
        await rig.v1.del(...some);
        expect((await rig.run(target())).isComplete).toBe(true);
      });

      it('does not empty v1 on the way back', async () => {
        await rig.run(target());
        await inV2(async (store) => {
          for (const { id } of readMade('1.1.314').keys) await store.del(keys.apiKey.record(id));
          const records = (await dumpStore(store)) as Readonly<Record<string, unknown>>;
          const left = Object.keys(records).filter((key) => /^apikey:[^:]+$/.test(key) && key !== MAP);
          if (left.length > 0) await store.del(...left);
        });
        await expect(back()).rejects.toThrow('has no API key any more');
        expect(await rig.v1.exists(keys.apiKey.record(madeKey().id))).toBe(1);
      });
    });

    describe('the look-up of secrets', () => {
      const make = (store: StoreClient, id: string, hash: string) =>
        store
          .multi([
            ['hset', keys.apiKey.record(id), 'id', id, 'apiKey', hash, 'isDeleted', 'false'],
            ['hset', MAP, hash, id],
          ])
          .exec();

      it('is that of v1 after the first copy', async () => {
        await rig.run(target());
        expect(await inV2((store) => store.hgetall(MAP))).toEqual(await rig.v1.hgetall(MAP));
      });

      it('leads to the keys that either side has made', async () => {
        await rig.run(target());
        await make(rig.v1, NEW_ID, ONE);
        await inV2((store) => make(store, 'of-v2', TWO));
        await rig.run(target());
        expect(await inV2((store) => store.hmget(MAP, ONE, TWO))).toEqual([NEW_ID, 'of-v2']);
        await back();
        expect(await rig.v1.hmget(MAP, ONE, TWO)).toEqual([NEW_ID, 'of-v2']);
      });

      it('leads no more to what was revoked, deleted for good or given another secret', async () => {
        const { id, hash } = madeKey();
        const old = await hash;
        await make(rig.v1, NEW_ID, ONE);
        await make(rig.v1, 'renewed', TWO);
        await rig.run(target());
        await rig.v1.hset(keys.apiKey.record(id), { isDeleted: 'true' });
        await rig.v1.del(keys.apiKey.record(NEW_ID));
        const other = '3'.repeat(64);
        await rig.v1.hset(keys.apiKey.record('renewed'), { apiKey: other });
        // v1 as it is when its look-up was left behind.
        await rig.run(target());
        expect(await inV2((store) => store.hmget(MAP, old, ONE, TWO, other))).toEqual([null, null, null, 'renewed']);
      });

      it('leads no more to what was revoked here, on the way back', async () => {
        const { id, hash } = madeKey();
        const old = await hash;
        await rig.run(target());
        await inV2((store) => store.hset(keys.apiKey.record(id), { isDeleted: 'true' }));
        await back();
        expect(await rig.v1.hget(MAP, old)).toBeNull();
      });

      it('keeps a field that leads to another key', async () => {
        const { id, hash } = madeKey();
        const old = await hash;
        await rig.run(target());
        await inV2((store) => store.hset(MAP, { [old]: 'another' }));
        await rig.v1.hset(keys.apiKey.record(id), { isDeleted: 'true' });
        await rig.run(target());
        expect(await inV2((store) => store.hget(MAP, old))).toBe('another');
      });
    });

    describe('a key that was tried in v2', () => {
      it('is revoked there once it was revoked in v1', async () => {
        const { id, hash } = madeKey();
        const old = await hash;
        await rig.run(target());
        await inV2((store) => store.hset(keys.apiKey.record(id), { lastUsedAt: '2026-11-24T12:00:00.000Z' }));
        await rig.v1.hset(keys.apiKey.record(id), { isDeleted: 'true', isActive: 'false' });
        expect((await rig.run(target())).conflicts).toEqual([]);
        const read = () =>
          inV2(async (store) => [await store.hget(keys.apiKey.record(id), 'isDeleted'), await store.hget(MAP, old)]);
        expect(await read()).toEqual(['true', null]);
      });

      it('has the last use of either side', async () => {
        const record = keys.apiKey.record(madeKey().id);
        await rig.run(target());
        await inV2((store) => store.hset(record, { lastUsedAt: '2099-11-24T12:00:00.000Z' }));
        await rig.run(target());
        expect(await inV2((store) => store.hget(record, 'lastUsedAt'))).toBe('2099-11-24T12:00:00.000Z');
        await rig.v1.hset(record, { lastUsedAt: '2099-11-24T20:00:00.000Z' });
        await rig.run(target());
        expect(await inV2((store) => store.hget(record, 'lastUsedAt'))).toBe('2099-11-24T20:00:00.000Z');
      });
    });

    it('gives a first copy a name of its own, which stays and is not carried', async () => {
      await rig.v1.set(keys.storeId(), 'of v1');
      await rig.run(target());
      const id = await inV2((store) => store.get(keys.storeId()));
      expect(id).toMatch(/^[0-9a-f]{32}$/);
      await rig.run(target());
      expect(await inV2((store) => store.get(keys.storeId()))).toBe(id);
      await back();
      expect(await rig.v1.get(keys.storeId())).toBe('of v1');
    });
  });

  it('leaves the name of a database that has one', async () => {
    await rig.v2.set(keys.storeId(), 'its own');
    await rig.run(rig.places.v2);
    expect(await rig.v2.get(keys.storeId())).toBe('its own');
  });

  describe('where one database has two names', () => {
    const otherName = (): Place => redisPlace({ host: 'localhost', port: rig.server.port }, 0);

    it('refuses it, and leaves nothing behind', async () => {
      await expect(rig.run(otherName())).rejects.toThrow(
        /^Source and target are the same database, \S+ and localhost:/,
      );
      expect(await rig.v1.keys('v2:*')).toEqual([]);
    });

    it('names the first name before anything else', async () => {
      await rig.run(rig.places.v2);
      const run = rig.between(otherName(), rig.places.v2);
      await expect(run).rejects.toThrow(`with --from redis://${rig.server.host}:${rig.server.port}/0`);
      const toOther = rig.between(rig.places.v2, otherName(), { back: true });
      await expect(toOther).rejects.toThrow(`with --to redis://${rig.server.host}:${rig.server.port}/0`);
    });
  });
});
