import { expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { BookedKeysRepository } from './booked-keys.repository.js';

const ID = '30144e38-6515-4949-a4b8-0e3db27a30f2';

describeOnEachStore('BookedKeysRepository', (storeOfCase) => {
  it('does not know what nobody wrote', async () => {
    await storeOfCase().sadd(keys.apiKey.all, 'another');
    await expect(new BookedKeysRepository(storeOfCase()).isKnown(ID)).resolves.toBe(false);
  });

  it.each<[string, (store: ReturnType<typeof storeOfCase>) => Promise<unknown>]>([
    ['is there', (store) => store.sadd(keys.apiKey.all, ID)],
    ['is deleted', (store) => store.sadd(keys.apiKey.deleted, ID)],
    ['is in no index', (store) => store.hset(keys.apiKey.record(ID), { name: 'old' })],
    ['is gone and was used', (store) => store.hset(keys.usage.total(ID), { totalRequests: '1' })],
    ['is gone and cost something', (store) => store.set(keys.usage.costTotal(ID), '1')],
    ['is gone and left records', (store) => store.lpush(keys.usage.records(ID), '{}')],
  ])('knows a key that %s', async (_, write) => {
    await write(storeOfCase());
    await expect(new BookedKeysRepository(storeOfCase()).isKnown(ID)).resolves.toBe(true);
  });
});
