import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ConflictException, Logger, NotFoundException } from '@nestjs/common';
import { toApiKeyId } from '@crs/extension-api';
import { keys, openSqliteStore, type StoreClient } from '@crs/store';
import { TestClock } from '../../test/support/test-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { KeyHash } from '../core/crypto/key-hash.js';
import { ValidationFailedException } from '../core/http/validation.js';
import { ApiKeyEditor } from './api-key-editor.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { BindingTargetRepository } from './binding-target.repository.js';
import { ApiKeyService } from './api-key.service.js';

Logger.overrideLogger(false);

const START = Date.parse('2026-11-23T04:05:00.000Z');
const config = testConfig();

let store: StoreClient;
let records: ApiKeyRepository;
let clock: TestClock;
let sut: ApiKeyService;

beforeEach(() => {
  store = openSqliteStore(':memory:');
  const targets = new BindingTargetRepository(store);
  records = new ApiKeyRepository(store);
  clock = new TestClock(START);
  sut = new ApiKeyService(records, new ApiKeyEditor(records, clock), targets, new KeyHash(config), config, clock);
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
    expect(await store.exists(keys.apiKey.all)).toBe(0);
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

describe('createMany', () => {
  it('makes a key of each name, each with a secret of its own', async () => {
    const created = await sut.createMany(['a', 'b'], { tokenLimit: 5 });
    expect(created.map(({ record }) => [record.name, record.tokenLimit])).toEqual([
      ['a', 5],
      ['b', 5],
    ]);
    expect(new Set(created.map(({ secret }) => secret)).size).toBe(2);
    expect(await Promise.all(created.map(({ record }) => sut.get(record.id)))).toEqual(
      created.map(({ record }) => record),
    );
  });

  it('makes none when the settings cannot be carried out', async () => {
    await expect(sut.createMany(['a', 'b'], { permissions: ['gemini'] })).rejects.toThrow(ValidationFailedException);
    expect(await store.exists(keys.apiKey.all)).toBe(0);
  });
});

describe('regenerate', () => {
  const idOf = async (secret: string) => (await records.findByHash(new KeyHash(config).of(secret)))?.record.id ?? null;

  it('gives a new secret, and the old one opens nothing any more', async () => {
    const { record, secret: old } = await sut.create({ name: 'a', tags: ['t'] });
    clock.ms += 5;
    const { record: changed, secret } = await sut.regenerate(record.id);
    expect(secret).toMatch(/^cr_[0-9a-f]{64}$/);
    expect(secret).not.toBe(old);
    const secretHash = new KeyHash(config).of(secret);
    expect(changed).toEqual({ ...record, secretHash, updatedAt: new Date(clock.ms) });
    expect(await sut.get(record.id)).toEqual(changed);
    expect([await idOf(old), await idOf(secret)]).toEqual([null, record.id]);
  });

  it('works for a key that is switched off, which stays so', async () => {
    const { record } = await sut.create({ name: 'a', isActive: false });
    expect((await sut.regenerate(record.id)).record.isActive).toBe(false);
  });

  it('leaves one secret when two ask at once, that of the last', async () => {
    const { record, secret: first } = await sut.create({ name: 'a' });
    const secrets = (await Promise.all([sut.regenerate(record.id), sut.regenerate(record.id)])).map(
      ({ secret }) => secret,
    );
    const opened = await Promise.all([first, ...secrets].map(idOf));
    expect(opened.filter((id) => id !== null)).toEqual([record.id]);
    expect(Object.keys(await store.hgetall(keys.apiKey.hashMap))).toHaveLength(1);
  });

  it('refuses a deleted key, and an unknown one', async () => {
    const { id } = await create();
    await sut.delete(id, 'ada');
    await expect(sut.regenerate(id)).rejects.toThrow('The key is deleted. Restore it before giving it a new secret.');
    await expect(sut.regenerate('nonsense')).rejects.toThrow(NotFoundException);
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
    expect(await store.smembers(keys.apiKey.deleted)).toEqual([record.id]);
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
