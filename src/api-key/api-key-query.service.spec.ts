import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { toApiKeyId } from '@crs/extension-api';
import { keys, openSqliteStore, type StoreClient } from '@crs/store';
import { testApiKey } from '../../test/support/test-api-key.js';
import { TestClock } from '../../test/support/test-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { Zone } from '../core/time/zone.js';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';
import { ApiKeyQueryRepository } from './api-key-query.repository.js';
import { type ApiKeyPage, ApiKeyQueryService } from './api-key-query.service.js';
import { ApiKeyRepository } from './api-key.repository.js';

Logger.overrideLogger(false);

const page: ApiKeyPage = {
  filter: { deletion: 'live', isActive: null, service: null, tag: null, search: '' },
  order: { by: 'createdAt', descending: true },
  offset: 0,
  limit: 50,
};

let store: StoreClient;
let records: ApiKeyRepository;
let index: ApiKeyIndexRepository;
let sut: ApiKeyQueryService;

beforeEach(() => {
  store = openSqliteStore(':memory:');
  records = new ApiKeyRepository(store);
  index = new ApiKeyIndexRepository(store, records);
  const query = new ApiKeyQueryRepository(store, new Zone(testConfig()), new TestClock(0));
  sut = new ApiKeyQueryService(records, index, query);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await store.quit();
});

async function create(n: number, name: string) {
  const record = testApiKey({
    id: toApiKeyId(`0000000${String(n)}-0000-4000-8000-000000000000`),
    name,
    createdAt: new Date(n),
    activatedAt: new Date(n),
  });
  await records.insert(record);
  return record;
}

describe('list', () => {
  it('gives a page, newest first, and how many there are in all', async () => {
    for (const [n, name] of ['a', 'b', 'c', 'd', 'e'].entries()) await create(n, name);
    const { items, total } = await sut.list({ ...page, offset: 1, limit: 2 });
    expect(items.map((record) => record.name)).toEqual(['d', 'c']);
    expect(total).toBe(5);
    expect(await sut.list({ ...page, offset: 9 })).toEqual({ items: [], total: 5 });
  });

  it('finds the keys of an old database that has no index', async () => {
    const record = await create(1, 'old');
    await store.del(keys.apiKey.all, keys.apiKey.byCreatedAt);
    expect(await sut.list(page)).toEqual({ items: [record], total: 1 });
  });

  it('leaves out keys that have disappeared, and forgets them', async () => {
    const gone = await create(1, 'gone');
    const kept = await create(2, 'kept');
    await store.set(keys.apiKey.indexVersion, '2');
    await store.del(keys.apiKey.record(gone.id));
    expect(await sut.list(page)).toEqual({ items: [kept], total: 1 });
    expect(await store.smembers(keys.apiKey.all)).toEqual([kept.id]);
  });

  it('answers with what is there when it cannot be forgotten', async () => {
    const gone = await create(1, 'gone');
    await store.set(keys.apiKey.indexVersion, '2');
    await store.del(keys.apiKey.record(gone.id));
    jest.spyOn(index, 'forget').mockResolvedValue();
    expect((await sut.list(page)).items).toEqual([]);
  });
});
