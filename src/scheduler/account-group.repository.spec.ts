import type { StoreClient } from '@crs/store';
import { describe, expect, it } from '@jest/globals';
import RedisMock from 'ioredis-mock';
import { AccountGroupRepository } from './account-group.repository.js';

describe('AccountGroupRepository', () => {
  it('lists the members of a group where v1 keeps them', async () => {
    const store = new RedisMock();
    await store.sadd('account_group_members:g1', 'a', 'b');
    const sut = new AccountGroupRepository(store as unknown as StoreClient);
    expect([...(await sut.listMembers('g1'))].sort()).toEqual(['a', 'b']);
    expect(await sut.listMembers('g2')).toEqual([]);
    store.disconnect();
  });
});
