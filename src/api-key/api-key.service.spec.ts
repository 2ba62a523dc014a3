import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ConflictException, Logger, NotFoundException } from '@nestjs/common';
import { toApiKeyId } from '@crs/extension-api';
import { keys, openSqliteStore, type StoreClient } from '@crs/store';
import { TestClock } from '../../test/support/test-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { KeyHash } from '../core/crypto/key-hash.js';
import { ValidationFailedException } from '../core/http/validation.js';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { type ApiKeyPage, ApiKeyService } from './api-key.service.js';

Logger.overrideLogger(false);

const START = Date.parse('2026-11-23T04:05:00.000Z');
const config = testConfig();
const page: ApiKeyPage = { offset: 0, limit: 50, includeDeleted: false, isActive: null, service: null, search: '' };

let store: StoreClient;
let records: ApiKeyRepository;
let clock: TestClock;
let sut: ApiKeyService;

beforeEach(() => {
  store = openSqliteStore(':memory:');
  records = new ApiKeyRepository(store);
  clock = new TestClock(START);
  const index = new ApiKeyIndexRepository(store, records);
  sut = new ApiKeyService(records, index, new KeyHash(config), config, clock);
});

afterEach(async () => {
  await store.quit();
});

const create = async (name = 'a') => (await sut.create({ name })).record;

describe('create', () => {
  it('makes a secret of 64 hex digits behind the prefix and keeps its hash alone', async () => {
    const { record, secret } = await sut.create({ name: 'a' });
    expect(secret).toMatch(/^cr_[0-9a-f]{64}$/);
    expect(record.secretHash).toBe(new KeyHash(config).of(secret));
    expect(record.createdAt).toEqual(new Date(START));
    expect(await sut.get(record.id)).toEqual(record);
    expect(JSON.stringify(await store.hgetall(keys.apiKey.record(record.id)))).not.toContain(secret);
    expect((await sut.create({ name: 'a' })).secret).not.toBe(secret);
  });

  it('refuses what cannot be carried out, naming the field', async () => {
    await expect(sut.create({ name: 'a', permissions: ['gemini'] })).rejects.toThrow(ValidationFailedException);
    expect((await sut.list(page)).total).toBe(0);
  });
});

describe('get', () => {
  it.each(['f0000000-0000-4000-8000-000000000000', 'nonsense', '', '*', 'hash_map'])('knows no %j', async (id) => {
    await create();
    await expect(sut.get(id)).rejects.toThrow(new NotFoundException('There is no API key with this id.'));
  });

  it('takes an id in any case', async () => {
    const record = await create();
    expect(await sut.get(record.id.toUpperCase())).toEqual(record);
  });
});

describe('list', () => {
  it('gives a page, newest first, and how many there are in all', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) {
      clock.ms += 1;
      await create(name);
    }
    const { items, total } = await sut.list({ ...page, offset: 1, limit: 2 });
    expect(items.map((record) => record.name)).toEqual(['d', 'c']);
    expect(total).toBe(5);
    expect(await sut.list({ ...page, offset: 9 })).toEqual({ items: [], total: 5 });
  });

  it('leaves out keys that have disappeared, and forgets them', async () => {
    const gone = await create('gone');
    clock.ms += 1;
    const kept = await create('kept');
    await store.del(keys.apiKey.record(gone.id));
    expect(await sut.list(page)).toEqual({ items: [kept], total: 1 });
    expect(await store.smembers(keys.apiKey.all)).toEqual([kept.id]);
  });

  it('answers with what is there when it cannot be forgotten', async () => {
    const gone = await create('gone');
    await store.del(keys.apiKey.record(gone.id));
    jest.spyOn(ApiKeyIndexRepository.prototype, 'forget').mockResolvedValue();
    expect((await sut.list(page)).items).toEqual([]);
    jest.restoreAllMocks();
  });
});

describe('update', () => {
  it('changes only what is given, and notes when', async () => {
    const record = (await sut.create({ name: 'a', tokenLimit: 5, tags: ['t'] })).record;
    clock.ms += 5;
    const updated = await sut.update(record.id, { name: 'b', tags: null });
    expect(updated).toEqual({ ...record, name: 'b', tags: [], updatedAt: new Date(clock.ms) });
    expect(await sut.get(record.id)).toEqual(updated);
  });

  it('refuses what cannot be carried out', async () => {
    const { id } = await create();
    await expect(sut.update(id, { permissions: ['droid'] })).rejects.toThrow(ValidationFailedException);
  });

  it('does not change a deleted key', async () => {
    const { id } = await create();
    const deleted = await sut.delete(id, 'ada');
    await expect(sut.update(id, { isActive: true })).rejects.toThrow(ConflictException);
    expect(await sut.get(id)).toEqual(deleted);
  });

  it('loses neither of two changes that are made at once', async () => {
    const { id } = await create();
    await Promise.all([
      sut.update(id, { name: 'b' }),
      sut.update(id, { tokenLimit: 7 }),
      sut.update(id, { enableModelRestriction: true }),
      sut.update(id, { restrictedModels: ['m'] }),
    ]);
    expect(await sut.get(id)).toMatchObject({
      name: 'b',
      tokenLimit: 7,
      enableModelRestriction: true,
      restrictedModels: ['m'],
    });
  });

  it('decides anew when the key was changed in between, and tells of a deletion', async () => {
    const { id } = await create();
    const replace = records.replace.bind(records);
    jest.spyOn(records, 'replace').mockImplementationOnce(async (stored, next) => {
      await store.hset(keys.apiKey.record(id), { isDeleted: 'true' });
      return replace(stored, next);
    });
    await expect(sut.update(id, { name: 'b' })).rejects.toThrow(ConflictException);
  });

  it('does not bring a key back that disappears in between', async () => {
    const { id } = await create();
    const replace = records.replace.bind(records);
    jest.spyOn(records, 'replace').mockImplementationOnce(async (stored, next) => {
      await store.del(keys.apiKey.record(id));
      return replace(stored, next);
    });
    await expect(sut.update(id, { name: 'b' })).rejects.toThrow(NotFoundException);
    expect(await store.exists(keys.apiKey.record(id))).toBe(0);
  });

  it('gives up when the key never holds still', async () => {
    const { id } = await create();
    jest.spyOn(records, 'replace').mockResolvedValue('changed');
    await expect(sut.update(id, { name: 'b' })).rejects.toThrow('Try again');
  });
});

describe('delete and restore', () => {
  it('marks the key as v1 does', async () => {
    const record = await create();
    clock.ms += 5;
    const deletion = { at: new Date(clock.ms), by: 'ada', byType: 'admin' };
    expect(await sut.delete(record.id, 'ada')).toEqual({ ...record, isActive: false, deletion });
    expect(await sut.list(page)).toEqual({ items: [], total: 0 });
    expect((await sut.list({ ...page, includeDeleted: true })).total).toBe(1);
  });

  it('does not change the date of a deletion', async () => {
    const { id } = await create();
    const deleted = await sut.delete(id, 'ada');
    clock.ms += 5;
    expect(await sut.delete(id, 'bob')).toEqual(deleted);
  });

  it('restores a key to work', async () => {
    const record = (await sut.create({ name: 'a', isActive: false })).record;
    await sut.delete(record.id, 'ada');
    clock.ms += 5;
    const restored = await sut.restore(record.id, 'bob');
    expect(restored).toEqual({
      ...record,
      isActive: true,
      restoration: { at: new Date(clock.ms), by: 'bob', byType: 'admin' },
    });
    expect(await sut.get(record.id)).toEqual(restored);
  });

  it('restores only what is deleted', async () => {
    const { id } = await create();
    await expect(sut.restore(id, 'bob')).rejects.toThrow(ConflictException);
    await expect(sut.restore(toApiKeyId('nonsense'), 'bob')).rejects.toThrow(NotFoundException);
    await expect(sut.delete('nonsense', 'bob')).rejects.toThrow(NotFoundException);
  });
});
