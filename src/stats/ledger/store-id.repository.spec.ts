import { expect, it } from '@jest/globals';
import { keys, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { StoreIdRepository } from './store-id.repository.js';

describeOnEachStore('StoreIdRepository', (store) => {
  const sut = (): StoreIdRepository => new StoreIdRepository(store());

  it('makes an id once, and keeps it', async () => {
    const id = await sut().findOrMake(null);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    await expect(sut().findOrMake(null)).resolves.toBe(id);
    await expect(sut().findOrMake('of-a-journal')).resolves.toBe(id);
  });

  it('takes over the id that a journal names where the store is empty', async () => {
    await expect(sut().findOrMake('of-a-journal')).resolves.toBe('of-a-journal');
    await expect(store().get(keys.storeId())).resolves.toBe('of-a-journal');
  });

  it('takes none over where the store has API keys', async () => {
    await store().hset(keys.apiKey.hashMap, { hash: 'id' });
    await expect(sut().findOrMake('of-a-journal')).resolves.toMatch(/^[0-9a-f]{32}$/);
  });

  it('agrees with a process that starts at the same moment', async () => {
    const [one, other] = await Promise.all([sut().findOrMake(null), sut().findOrMake(null)]);
    expect(one).toBe(other);
    const inner = store();
    const late = new Proxy<StoreClient>(inner, {
      get: (target, name) =>
        name === 'exists'
          ? async (...names: string[]) => {
              await target.set(keys.storeId(), 'of-the-other');
              return target.exists(...names);
            }
          : (Reflect.get(target, name) as unknown),
    });
    await inner.del(keys.storeId());
    const lateId = new StoreIdRepository(
      new Proxy(late, { get: (target, name) => bound(target, Reflect.get(target, name)) }),
    ).findOrMake(null);
    await expect(lateId).resolves.toBe('of-the-other');
  });
});

const bound = (target: object, member: unknown): unknown =>
  typeof member === 'function' ? (member.bind(target) as unknown) : member;
