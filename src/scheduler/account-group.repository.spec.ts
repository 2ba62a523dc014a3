import { type StoreClient, StoreUnavailableError } from '@crs/store';
import { describe, expect, it, jest } from '@jest/globals';
import RedisMock from 'ioredis-mock';
import { TestClock } from '../../test/support/test-clock.ts';
import { AccountGroupRepository } from './account-group.repository.js';

describe('AccountGroupRepository', () => {
  it('lists the members of a group where v1 keeps them', async () => {
    const store = new RedisMock();
    await store.sadd('account_group_members:g1', 'a', 'b');
    const sut = new AccountGroupRepository(store as unknown as StoreClient, new TestClock(0));
    expect([...(await sut.listMembers('g1'))].sort()).toEqual(['a', 'b']);
    expect(await sut.listMembers('g2')).toEqual([]);
    store.disconnect();
  });

  it('gives the last known members while the store is away, and says so where it knows none', async () => {
    const store = new RedisMock();
    await store.sadd('account_group_members:g3', 'a');
    const clock = new TestClock(0);
    const sut = new AccountGroupRepository(store as unknown as StoreClient, clock);
    await sut.listMembers('g3');
    jest.spyOn(store, 'smembers').mockRejectedValue(new StoreUnavailableError('away'));
    expect(await sut.listMembers('g3')).toEqual(['a']);
    await expect(sut.listMembers('g4')).rejects.toThrow(StoreUnavailableError);
    clock.ms += 60_000;
    await expect(sut.listMembers('g3')).rejects.toThrow(StoreUnavailableError);
    store.disconnect();
  });
});
