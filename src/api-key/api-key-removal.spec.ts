import { expect, it, jest } from '@jest/globals';
import { ConflictException, Logger, NotFoundException } from '@nestjs/common';
import { toApiKeyId } from '@crs/extension-api';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { testApiKey } from '../../test/support/test-api-key.js';
import { TestClock } from '../../test/support/test-clock.js';
import { ApiKeyEditor } from './api-key-editor.js';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';
import { ApiKeyRemoval } from './api-key-removal.js';
import type { ApiKeyRecord } from './api-key-record.js';
import { ApiKeyRepository } from './api-key.repository.js';

Logger.overrideLogger(false);

const deletion = { at: new Date('2026-11-24T00:00:00.000Z'), by: 'ada', byType: 'admin' };

const key = (n: number, change: Partial<ApiKeyRecord> = {}): ApiKeyRecord =>
  testApiKey({
    id: toApiKeyId(`${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`),
    secretHash: String(n).padStart(64, '0'),
    ...change,
  });

describeOnEachStore('ApiKeyRemoval', (store) => {
  function setUp() {
    const records = new ApiKeyRepository(store());
    const editor = new ApiKeyEditor(records, new TestClock(0));
    const index = new ApiKeyIndexRepository(store(), records);
    return { records, editor, sut: new ApiKeyRemoval(editor, index) };
  }

  async function createDeleted(count: number): Promise<readonly string[]> {
    const { records, editor } = setUp();
    await store().set(keys.apiKey.indexVersion, '2');
    const all = Array.from({ length: count }, (_, n) => key(n));
    await records.insertAll(all);
    for (const { id } of all) await editor.change(id, (record) => ({ ...record, isActive: false, deletion }));
    return all.map(({ id }) => id);
  }

  it('removes a deleted key, and answers it as it was', async () => {
    const { sut } = setUp();
    const [id = ''] = await createDeleted(1);
    expect(await sut.remove(id)).toEqual({ ...key(0), isActive: false, deletion });
    await expect(sut.remove(id)).rejects.toThrow(NotFoundException);
    expect(await store().exists(keys.apiKey.record(id), keys.apiKey.deleted, keys.apiKey.all)).toBe(0);
  });

  it('refuses a key that is not deleted, and says what to do', async () => {
    const { records, sut } = setUp();
    await records.insert(key(1));
    await expect(sut.remove(key(1).id)).rejects.toThrow(ConflictException);
    await expect(sut.remove(key(1).id)).rejects.toThrow('Delete it first.');
    expect((await records.find(key(1).id))?.record).toEqual(key(1));
  });

  it('removes all deleted keys, and no other', async () => {
    const { records, sut } = setUp();
    await createDeleted(60);
    await records.insert(key(100));
    expect(await sut.removeAllDeleted()).toBe(60);
    expect(await store().smembers(keys.apiKey.all)).toEqual([key(100).id]);
    expect(await sut.removeAllDeleted()).toBe(0);
  });

  it('keeps one that is restored meanwhile, and forgets one that has disappeared', async () => {
    const { editor, records, sut } = setUp();
    const [restored = '', gone = ''] = await createDeleted(3);
    await editor.change(restored, (record) => ({ ...record, deletion: null, isActive: true }));
    await store().sadd(keys.apiKey.deleted, restored, 'no-id');
    await store().del(keys.apiKey.record(gone));
    expect(await sut.removeAllDeleted()).toBe(1);
    expect((await records.find(key(0).id))?.record.deletion).toBeNull();
    expect(await store().smembers(keys.apiKey.all)).toEqual([restored]);
    expect(await store().smembers(keys.apiKey.deleted)).toEqual([restored]);
  });

  it('removes the deleted keys of an old database that has no index', async () => {
    const { sut } = setUp();
    await createDeleted(1);
    await store().del(keys.apiKey.deleted, keys.apiKey.all, keys.apiKey.indexVersion);
    expect(await sut.removeAllDeleted()).toBe(1);
  });

  it('does not pass over a key that could not be removed', async () => {
    const { editor, sut } = setUp();
    await createDeleted(2);
    jest.spyOn(editor, 'remove').mockRejectedValue(new Error('away'));
    await expect(sut.removeAllDeleted()).rejects.toThrow('away');
  });
});
