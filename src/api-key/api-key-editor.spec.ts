import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ConflictException, NotFoundException } from '@nestjs/common';
import { openSqliteStore, type StoreClient } from '@crs/store';
import { testApiKey } from '../../test/support/test-api-key.js';
import { TestClock } from '../../test/support/test-clock.js';
import { ApiKeyEditor } from './api-key-editor.js';
import { ApiKeyRepository } from './api-key.repository.js';

const record = testApiKey({ name: 'a' });
const now = new Date('2026-11-24T00:00:00.000Z');

let store: StoreClient;
let records: ApiKeyRepository;
let sut: ApiKeyEditor;

beforeEach(async () => {
  store = openSqliteStore(':memory:');
  records = new ApiKeyRepository(store);
  sut = new ApiKeyEditor(records, new TestClock(now.getTime()));
  await records.insert(record);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await store.quit();
});

describe('change', () => {
  it('decides on what is stored, and tells the time', async () => {
    const changed = await sut.change(record.id, (found, at) => ({ ...found, name: `${found.name}b`, updatedAt: at }));
    expect(changed).toEqual({ ...record, name: 'ab', updatedAt: now });
    expect(await sut.get(record.id)).toEqual(changed);
  });

  it('writes nothing when there is nothing to do', async () => {
    const replace = jest.spyOn(records, 'replace');
    expect(await sut.change(record.id, (found) => found)).toEqual(record);
    expect(replace).not.toHaveBeenCalled();
  });

  it('loses none of many changes at once', async () => {
    await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        sut.change(record.id, (found) => ({ ...found, tags: [...found.tags, String(n)] })),
      ),
    );
    expect((await sut.get(record.id)).tags.toSorted()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  });

  it('gives up when the key never holds still', async () => {
    jest.spyOn(records, 'replace').mockResolvedValue('changed');
    await expect(sut.change(record.id, (found) => ({ ...found, name: 'b' }))).rejects.toThrow(ConflictException);
  });
});

describe('remove', () => {
  it('removes the key as it is then, and answers it', async () => {
    expect(await sut.remove(record.id, () => undefined)).toEqual(record);
    await expect(sut.get(record.id)).rejects.toThrow(NotFoundException);
  });

  it('asks again when the key was changed in between', async () => {
    const remove = records.remove.bind(records);
    jest.spyOn(records, 'remove').mockImplementationOnce(async (stored) => {
      await sut.change(record.id, (found) => ({ ...found, name: 'restored' }));
      return remove(stored);
    });
    const names: string[] = [];
    await sut.remove(record.id, ({ name }) => names.push(name));
    expect(names).toEqual(['a', 'restored']);
  });

  it('leaves the key alone when it must not be removed', async () => {
    const refusal = new ConflictException('not this one');
    await expect(
      sut.remove(record.id, () => {
        throw refusal;
      }),
    ).rejects.toBe(refusal);
    expect(await sut.get(record.id)).toEqual(record);
  });
});

it.each(['f0000000-0000-4000-8000-000000000000', 'nonsense', '', '*', 'hash_map'])('knows no %j', async (id) => {
  await expect(sut.get(id)).rejects.toThrow(new NotFoundException('There is no API key with this id.'));
});
