import { expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import type { ApiKeyIndexRepository } from './api-key-index.repository.js';
import { ApiKeyNamesRepository } from './api-key-names.repository.js';

describeOnEachStore('ApiKeyNamesRepository', (store) => {
  const index = { ensureBuilt: () => Promise.resolve() } as Partial<ApiKeyIndexRepository> as ApiKeyIndexRepository;
  const sut = () => new ApiKeyNamesRepository(store(), index);

  it('finds the names of many keys, and leaves out those without a record', async () => {
    const ids = Array.from({ length: 600 }, (_, n) => `id-${n}`);
    await Promise.all(ids.map((id) => store().hset(keys.apiKey.record(id), { name: `name of ${id}` })));
    await store().hset(keys.apiKey.record('nameless'), { isActive: 'true' });
    await store().set(keys.apiKey.record('damaged'), 'no hash');
    const names = await sut().namesOf([...ids, 'nobody', 'nameless', 'damaged']);
    expect([...names]).toEqual(ids.map((id) => [id, `name of ${id}`]));
    await expect(sut().namesOf([])).resolves.toEqual(new Map());
  });

  it('counts the keys, deleted ones left out', async () => {
    await expect(sut().count()).resolves.toEqual({ total: 0, active: 0 });
    await store().sadd(keys.apiKey.all, 'a', 'b', 'c');
    await store().sadd(keys.apiKey.active, 'a', 'c');
    await store().sadd(keys.apiKey.deleted, 'c');
    await expect(sut().count()).resolves.toEqual({ total: 2, active: 1 });
  });
});
