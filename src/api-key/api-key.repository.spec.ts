import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toApiKeyId } from '@crs/extension-api';
import { keys } from '@crs/store';
import { countRoundTrips } from '../../test/support/count-round-trips.js';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { dumpStore } from '../../test/support/store-dump.js';
import { testApiKey } from '../../test/support/test-api-key.js';
import type { ApiKeyRecord } from './api-key-record.js';
import type { StoredApiKey } from './api-key-write.js';
import { encodeApiKey } from './api-key.codec.js';
import { ApiKeyRepository } from './api-key.repository.js';

const YEAR_SECONDS = 31_536_000;
const plain = testApiKey({ name: 'Plain-A', tags: ['ci', 'team-a'] });
const deletion = { at: new Date('2026-11-23T04:05:00.414Z'), by: 'ada', byType: 'admin' };

describeOnEachStore('ApiKeyRepository', (store) => {
  const sut = () => new ApiKeyRepository(store());

  async function insert(record: ApiKeyRecord): Promise<StoredApiKey> {
    await sut().insert(record);
    const stored = await sut().find(record.id);
    if (stored === null) throw new Error('The key was not stored.');
    return stored;
  }

  it('stores a new key exactly as v1 does', async () => {
    await sut().insert(plain);
    const { fields, extra } = encodeApiKey(plain);
    const forever = { ttlSeconds: null };
    const ids = [plain.id];
    expect(await dumpStore(store())).toEqual({
      [`apikey:${plain.id}`]: { type: 'hash', ttlSeconds: YEAR_SECONDS, value: fields },
      [`v2:apikey:${plain.id}`]: { ...forever, type: 'hash', value: extra },
      [`v2:usage:models:searched:${plain.id}`]: { ...forever, type: 'string', value: '1' },
      'apikey:hash_map': { ...forever, type: 'hash', value: { [plain.secretHash]: plain.id } },
      'apikey:idx:all': { ...forever, type: 'set', value: ids },
      'apikey:idx:createdAt': { ...forever, type: 'zset', value: [[plain.id, 1_795_406_700_344]] },
      'apikey:idx:lastUsedAt': { ...forever, type: 'zset', value: [[plain.id, 0]] },
      'apikey:idx:name': { ...forever, type: 'zset', value: [[`plain-a\0${plain.id}`, 0]] },
      'apikey:set:active': { ...forever, type: 'set', value: ids },
      'apikey:tag:ci': { ...forever, type: 'set', value: ids },
      'apikey:tag:team-a': { ...forever, type: 'set', value: ids },
      'apikey:tags:all': { ...forever, type: 'set', value: ['ci', 'team-a'] },
    });
  });

  it('stores many new keys at once', async () => {
    const others = [1, 2].map((n) =>
      testApiKey({
        id: toApiKeyId(`0000000${String(n)}-0000-4000-8000-000000000000`),
        secretHash: String(n).repeat(64),
      }),
    );
    await sut().insertAll(others);
    const found = await sut().findMany(others.map(({ id }) => id));
    expect(found.map((stored) => stored?.record)).toEqual(others);
    expect((await sut().findByHash('2'.repeat(64)))?.record).toEqual(others[1]);
  });

  it('keeps a new key that is switched off out of the active ones', async () => {
    await sut().insert(testApiKey({ isActive: false }));
    expect(await store().smembers(keys.apiKey.active)).toEqual([]);
    expect(await store().smembers(keys.apiKey.all)).toEqual([plain.id]);
  });

  it('finds keys in the order of the ids', async () => {
    const other = testApiKey({ id: toApiKeyId('7961662a-ef63-41d4-9dea-5aed1d0e4d01'), name: 'other' });
    await sut().insert(plain);
    await sut().insert(other);
    const found = await sut().findMany([other.id, 'missing', plain.id]);
    expect(found.map((stored) => stored?.record)).toEqual([other, undefined, plain]);
    expect(await sut().findMany([])).toEqual([]);
  });

  it('takes what is no key for missing: another type, or the rest of one that has disappeared', async () => {
    await store().set(keys.apiKey.record('text'), 'x');
    await store().hset(keys.apiKey.record('rest'), { lastUsedAt: '2026-11-23T04:05:00.414Z' });
    expect(await sut().findMany(['text', 'rest'])).toEqual([null, null]);
    expect(await sut().find(toApiKeyId('rest'))).toBeNull();
  });

  it('finds a key by the hash of its secret', async () => {
    await sut().insert(plain);
    expect((await sut().findByHash(plain.secretHash))?.record).toEqual(plain);
    expect(await sut().findByHash('b'.repeat(64))).toBeNull();
  });

  it('finds a key by the look-up of old versions, unless its secret is another one by now', async () => {
    await sut().insert(plain);
    await store().hdel(keys.apiKey.hashMap, plain.secretHash);
    await store().hset(keys.apiKey.legacyHash(plain.secretHash), { id: plain.id, name: 'x' });
    await store().hset(keys.apiKey.legacyHash('old-hash'), { id: plain.id });
    expect((await sut().findByHash(plain.secretHash))?.record).toEqual(plain);
    expect(await sut().findByHash('old-hash')).toBeNull();
  });

  it('finds a key again in one round trip, and believes nothing but what the store says then', async () => {
    const { store: counted, roundTrips } = countRoundTrips(store());
    const again = new ApiKeyRepository(counted);
    const find = async () => {
      const before = roundTrips.length;
      const found = await again.findByHash(plain.secretHash);
      return { name: found?.record.name, roundTrips: roundTrips.length - before };
    };
    await sut().insert(plain);
    expect(await find()).toEqual({ name: 'Plain-A', roundTrips: 2 });
    expect(await find()).toEqual({ name: 'Plain-A', roundTrips: 1 });
    await store().hset(keys.apiKey.record(plain.id), { name: 'B' });
    expect(await find()).toEqual({ name: 'B', roundTrips: 1 });
    const heir = testApiKey({ id: toApiKeyId('7961662a-ef63-41d4-9dea-5aed1d0e4d01'), name: 'heir' });
    await sut().insert({ ...heir, secretHash: plain.secretHash });
    expect(await find()).toEqual({ name: 'heir', roundTrips: 2 });
    await store().hdel(keys.apiKey.hashMap, plain.secretHash);
    expect((await find()).name).toBeUndefined();
  });

  it.each<[string, (record: string) => Promise<unknown>]>([
    ['its record has gone', (record) => store().del(record)],
    ['its secret is another one', (record) => store().hset(record, { apiKey: 'b'.repeat(64) })],
  ])('does not find a key again of which %s', async (_, change) => {
    const again = sut();
    await again.insert(plain);
    await again.findByHash(plain.secretHash);
    await change(keys.apiKey.record(plain.id));
    expect(await again.findByHash(plain.secretHash)).toBeNull();
  });

  it('is not misled by a look-up without a record, or of another type', async () => {
    await store().hset(keys.apiKey.hashMap, { gone: 'f0000000-0000-4000-8000-000000000000' });
    await store().set(keys.apiKey.legacyHash('odd'), 'x');
    expect(await sut().findByHash('gone')).toBeNull();
    expect(await sut().findByHash('odd')).toBeNull();
  });

  it('moves a renamed key in the name index and between tags, and leaves strays and equal fields alone', async () => {
    await store().hset(keys.apiKey.record(plain.id), { allow1mContext: 'true' });
    const stored = await insert(plain);
    await store().hset(keys.apiKey.record(plain.id), { lastUsedAt: '2026-11-23T09:00:00.000Z' });
    const next = { ...plain, name: 'NEW', tags: ['team-a', 'web'], tokenLimit: 5 };
    expect(await sut().replace(stored, next)).toBe('done');
    const record = await store().hgetall(keys.apiKey.record(plain.id));
    expect(record).toMatchObject({ name: 'NEW', allow1mContext: 'true', lastUsedAt: '2026-11-23T09:00:00.000Z' });
    expect(await store().zrange(keys.apiKey.byName, 0, -1)).toEqual([`new\0${plain.id}`]);
    expect((await store().smembers(keys.apiKey.allTags)).sort()).toEqual(['team-a', 'web']);
    expect(await store().exists(keys.apiKey.tag('ci'))).toBe(0);
    expect(await store().smembers(keys.apiKey.tag('web'))).toEqual([plain.id]);
  });

  it('keeps a tag that another key still has', async () => {
    const stored = await insert(plain);
    await sut().insert(testApiKey({ id: toApiKeyId('7961662a-ef63-41d4-9dea-5aed1d0e4d01'), tags: ['ci'] }));
    await sut().replace(stored, { ...plain, tags: [] });
    expect(await store().smembers(keys.apiKey.allTags)).toEqual(['ci']);
  });

  it('renews the year of a key that it writes, and only then', async () => {
    const stored = await insert(plain);
    await store().expire(keys.apiKey.record(plain.id), 100);
    await sut().replace(stored, plain);
    expect(await store().pttl(keys.apiKey.record(plain.id))).toBeLessThanOrEqual(100_000);
    await sut().replace(stored, { ...plain, icon: 'x' });
    expect(await store().pttl(keys.apiKey.record(plain.id))).toBeGreaterThan((YEAR_SECONDS - 10) * 1000);
  });

  it('takes a deleted key out of every look-up, and puts a restored one back as v1 does', async () => {
    const stored = await insert(plain);
    await store().hset(keys.apiKey.legacyHash(plain.secretHash), { id: plain.id });
    await sut().replace(stored, { ...plain, isActive: false, deletion });
    expect(await store().hgetall(keys.apiKey.hashMap)).toEqual({});
    expect(await store().exists(keys.apiKey.legacyHash(plain.secretHash))).toBe(0);
    expect(await store().smembers(keys.apiKey.deleted)).toEqual([plain.id]);
    expect(await store().smembers(keys.apiKey.active)).toEqual([]);
    expect(await store().hgetall(keys.apiKey.record(plain.id))).toMatchObject({
      isDeleted: 'true',
      deletedAt: '2026-11-23T04:05:00.414Z',
      deletedBy: 'ada',
      deletedByType: 'admin',
      isActive: 'false',
    });

    const deleted = await sut().find(plain.id);
    if (deleted === null) throw new Error('The record is gone.');
    const restoration = { ...deletion, at: new Date(deletion.at) };
    await sut().replace(deleted, { ...deleted.record, isActive: true, deletion: null, restoration });
    expect(await store().hgetall(keys.apiKey.hashMap)).toEqual({ [plain.secretHash]: plain.id });
    expect(await store().hgetall(keys.apiKey.legacyHash(plain.secretHash))).toEqual({
      id: plain.id,
      name: 'Plain-A',
      isActive: 'true',
    });
    expect(await store().smembers(keys.apiKey.deleted)).toEqual([]);
    expect(await store().smembers(keys.apiKey.active)).toEqual([plain.id]);
    expect(await store().hget(keys.apiKey.record(plain.id), 'isDeleted')).toBeNull();
  });

  it('puts a new secret in the place of the old one, in every look-up', async () => {
    const stored = await insert(plain);
    await store().hset(keys.apiKey.legacyHash(plain.secretHash), { id: plain.id });
    const secretHash = 'b'.repeat(64);
    expect(await sut().replace(stored, { ...plain, secretHash })).toBe('done');
    expect(await store().hgetall(keys.apiKey.hashMap)).toEqual({ [secretHash]: plain.id });
    expect(await store().exists(keys.apiKey.legacyHash(plain.secretHash))).toBe(0);
    expect(await store().hget(keys.apiKey.record(plain.id), 'apiKey')).toBe(secretHash);
    expect(await sut().findByHash(plain.secretHash)).toBeNull();
    expect((await sut().findByHash(secretHash))?.record.id).toBe(plain.id);
  });

  it('gives no new secret to a key that was deleted in between', async () => {
    const stored = await insert(plain);
    await sut().replace(stored, { ...plain, isActive: false, deletion });
    const before = await dumpStore(store());
    expect(await sut().replace(stored, { ...plain, secretHash: 'b'.repeat(64) })).toBe('changed');
    expect(await dumpStore(store())).toEqual(before);
  });

  it('writes a restriction that v1 does not know beside the record', async () => {
    const stored = await insert(plain);
    await sut().replace(stored, { ...plain, enableModelRestriction: true, restrictedModels: ['m'] });
    expect(await store().hgetall(keys.apiKey.extra(plain.id))).toEqual({
      modelRestrictionMode: 'allow',
      enableModelRestriction: 'true',
      allowedModels: '["m"]',
    });
  });

  it('indexes a new date of the last use', async () => {
    const stored = await insert(plain);
    await sut().replace(stored, { ...plain, lastUsedAt: new Date(1000) });
    expect(Number(await store().zscore(keys.apiKey.byLastUsedAt, plain.id))).toBe(1000);
    await store().zadd(keys.apiKey.byLastUsedAt, 2000, plain.id);
    const now = await sut().find(plain.id);
    if (now !== null) await sut().replace(now, { ...now.record, name: 'b' });
    expect(Number(await store().zscore(keys.apiKey.byLastUsedAt, plain.id))).toBe(2000);
  });

  it('does not bring back a key that has disappeared', async () => {
    const stored = await insert(plain);
    await store().del(keys.apiKey.record(plain.id));
    const before = await dumpStore(store());
    expect(await sut().replace(stored, { ...plain, name: 'b' })).toBe('missing');
    expect(await dumpStore(store())).toEqual(before);
  });

  it.each([
    ['another value', 'record', { name: 'theirs' }],
    ['a field more', 'record', { isDeleted: 'true' }],
    ['another value of what v1 does not know', 'extra', { modelRestrictionMode: 'deny' }],
  ] as const)('does not overwrite what somebody else has changed: %s', async (_, where, fields) => {
    const stored = await insert(plain);
    await store().hset(keys.apiKey[where](plain.id), { ...fields });
    const before = await dumpStore(store());
    expect(await sut().replace(stored, { ...plain, name: 'mine' })).toBe('changed');
    expect(await dumpStore(store())).toEqual(before);
  });

  it('does not overwrite a key that lost a field meanwhile', async () => {
    const stored = await insert(plain);
    await store().hdel(keys.apiKey.record(plain.id), 'icon');
    expect(await sut().replace(stored, { ...plain, name: 'mine' })).toBe('changed');
  });

  it('keeps texts of every script, with quotes, line ends and characters of no plane', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1 }), async (name) => {
        await store().del(keys.apiKey.byName, keys.apiKey.allTags);
        const stored = await insert({ ...plain, tags: [] });
        expect(await sut().replace(stored, { ...stored.record, name, tags: [name] })).toBe('done');
        expect((await sut().find(plain.id))?.record).toMatchObject({ name, tags: [name] });
        expect(await store().zrange(keys.apiKey.byName, 0, -1)).toEqual([`${name.toLowerCase()}\0${plain.id}`]);
      }),
      { numRuns: 50 },
    );
  });

  it('leaves one name in the index, the stored one, when admins rename at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('a', 'B', 'c'), { minLength: 2, maxLength: 5 }), async (names) => {
        await store().del(keys.apiKey.byName);
        const stored = await insert(plain);
        const replies = await Promise.all(names.map((name) => sut().replace(stored, { ...plain, name })));
        expect(replies.filter((reply) => reply === 'done')).toHaveLength(1);
        const name = (await sut().find(plain.id))?.record.name ?? '';
        expect(await store().zrange(keys.apiKey.byName, 0, -1)).toEqual([`${name.toLowerCase()}\0${plain.id}`]);
      }),
      { numRuns: 20 },
    );
  });

  it('says what went wrong when the store refuses a part of a new key', async () => {
    await store().set(keys.apiKey.all, 'no set');
    await expect(sut().insert(plain)).rejects.toThrow(/WRONGTYPE/);
  });
});
