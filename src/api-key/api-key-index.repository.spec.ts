import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { toApiKeyId } from '@crs/extension-api';
import { keys, openSqliteStore, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { dumpStore } from '../../test/support/store-dump.js';
import { testApiKey } from '../../test/support/test-api-key.js';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';
import type { ApiKeyRecord } from './api-key-record.js';
import { encodeApiKey } from './api-key.codec.js';
import { ApiKeyRepository } from './api-key.repository.js';

Logger.overrideLogger(false);

const deletion = { at: new Date('2026-11-23T04:05:16.015Z'), by: 'cr_admin', byType: 'admin' };

const key = (digit: number, change: Partial<ApiKeyRecord> = {}): ApiKeyRecord =>
  testApiKey({
    id: toApiKeyId(`${String(digit).repeat(8)}-0000-4000-8000-000000000000`),
    secretHash: String(digit).repeat(64),
    name: `Key ${digit}`,
    createdAt: new Date(1_795_406_700_000 + digit),
    ...change,
  });

const active = key(1, { tags: ['ci'], permissions: ['claude'], lastUsedAt: new Date(1_795_406_716_254) });
const disabled = key(2, { isActive: false, permissions: ['codex', 'gemini'], name: 'Ärger' });
const deleted = key(3, { isActive: false, deletion, tags: ['old'] });
const every = [active, disabled, deleted];

/** What an old v1 leaves: records and the look-up, but no index. */
async function writeOldDatabase(store: StoreClient, records: readonly ApiKeyRecord[]): Promise<void> {
  for (const record of records) {
    await store.hset(keys.apiKey.record(record.id), { ...encodeApiKey(record).fields });
    await store.expire(keys.apiKey.record(record.id), 1000);
  }
}

describeOnEachStore('ApiKeyIndexRepository', (store) => {
  const sut = () => new ApiKeyIndexRepository(store(), new ApiKeyRepository(store()));

  it('indexes the keys of an old database as v1 would', async () => {
    await writeOldDatabase(store(), every);
    await sut().ensureBuilt();
    const dump = await dumpStore(store());
    const value = (name: string) => dump[name]?.value;
    const ids = every.map((record) => record.id);
    expect(value('apikey:index:version')).toBe('2');
    expect(value('apikey:idx:all')).toEqual(ids);
    expect(value('apikey:idx:createdAt')).toEqual(ids.map((id, at) => [id, 1_795_406_700_001 + at]));
    expect(value('apikey:idx:lastUsedAt')).toEqual([
      [disabled.id, 0],
      [deleted.id, 0],
      [active.id, 1_795_406_716_254],
    ]);
    expect(value('apikey:idx:name')).toEqual([
      [`key 1\0${active.id}`, 0],
      [`key 3\0${deleted.id}`, 0],
      [`ärger\0${disabled.id}`, 0],
    ]);
    expect(value('apikey:set:active')).toEqual([active.id]);
    expect(value('apikey:set:deleted')).toEqual([deleted.id]);
    expect(value('apikey:tag:ci')).toEqual([active.id]);
    expect(value('apikey:tags:all')).toEqual(['ci', 'old']);
    expect(value('apikey:hash_map')).toEqual({ [active.secretHash]: active.id, [disabled.secretHash]: disabled.id });
    expect(dump[`apikey:${active.id}`]?.ttlSeconds).toBe(1000);
    expect(dump[`v2:apikey:${active.id}`]).toBeUndefined();
  });

  it('is not confused by what else begins like a key', async () => {
    await writeOldDatabase(store(), [active]);
    await store().set('apikey:text', 'x');
    await store().hset('apikey:hash_map', { 'some-hash': active.id });
    await store().zadd('apikey:tmp:sorted:1', 0, active.id);
    await store().hset(keys.apiKey.record('rest'), { lastUsedAt: '' });
    await sut().ensureBuilt();
    expect(await store().smembers(keys.apiKey.all)).toEqual([active.id]);
  });

  it.each([
    [null, true],
    ['1', true],
    ['rubbish', true],
    ['2', false],
    ['4', false],
  ])('builds when the version is %j: %s', async (version, builds) => {
    await writeOldDatabase(store(), [active]);
    if (version !== null) await store().set(keys.apiKey.indexVersion, version);
    await sut().ensureBuilt();
    expect(await store().scard(keys.apiKey.all)).toBe(builds ? 1 : 0);
    expect(await store().get(keys.apiKey.indexVersion)).toBe(builds ? '2' : version);
  });

  it('builds many keys, for several callers at once', async () => {
    const many = Array.from({ length: 120 }, (_, at) =>
      key(1, { id: toApiKeyId(`${String(at).padStart(8, '0')}-0000-4000-8000-000000000000`) }),
    );
    await writeOldDatabase(store(), many);
    const index = sut();
    await Promise.all([index.ensureBuilt(), index.ensureBuilt()]);
    expect(await store().scard(keys.apiKey.all)).toBe(120);
  });

  it('lists the deleted keys', async () => {
    await writeOldDatabase(store(), every);
    await sut().ensureBuilt();
    expect(await sut().listDeleted()).toEqual([deleted.id]);
  });

  it('forgets keys that have disappeared', async () => {
    await writeOldDatabase(store(), every);
    await store().hset(keys.apiKey.extra(active.id), { modelRestrictionMode: 'deny' });
    const index = sut();
    await index.ensureBuilt();
    await store().del(keys.apiKey.record(active.id), keys.apiKey.record(deleted.id));
    await index.forget([active.id, deleted.id]);
    expect(await store().smembers(keys.apiKey.all)).toEqual([disabled.id]);
    const dump = Object.entries(await dumpStore(store()));
    const rest = dump.filter(([name]) => name !== 'apikey:hash_map');
    expect(JSON.stringify(rest)).not.toContain(active.id);
    expect(JSON.stringify(rest)).not.toContain(deleted.id);
  });
});

describe('ApiKeyIndexRepository while keys change', () => {
  async function build(replies: readonly ('done' | 'changed' | 'missing')[]): Promise<number> {
    const store = openSqliteStore(':memory:');
    await writeOldDatabase(store, [active]);
    const records = new ApiKeyRepository(store);
    let calls = 0;
    jest.spyOn(records, 'replace').mockImplementation(async () => replies[calls++] ?? 'changed');
    try {
      await new ApiKeyIndexRepository(store, records).ensureBuilt();
      return calls;
    } finally {
      await store.quit();
    }
  }

  it('reads a key again that was changed after it was read', async () => {
    expect(await build(['changed', 'changed', 'done'])).toBe(3);
  });

  it('lets a key go that has disappeared meanwhile', async () => {
    expect(await build(['missing'])).toBe(1);
  });

  it('gives up on a key that changes all the time, and builds anew the next time', async () => {
    await expect(build([])).rejects.toThrow(/could not be indexed/);
  });
});
