import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { keys, openSqliteStore, type StoreClient } from '@crs/store';
import { TestClock } from '../../test/support/test-clock.js';
import { KeyModelSearch } from './key-model-search.js';

type ScanReply = Awaited<ReturnType<StoreClient['scan']>>;

describe('KeyModelSearch', () => {
  let store: StoreClient;
  let clock: TestClock;
  let sut: KeyModelSearch;

  beforeEach(() => {
    store = openSqliteStore(':memory:');
    clock = new TestClock(0);
    sut = new KeyModelSearch(store, clock);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await store.quit();
  });

  const found = (keyId: string): ScanReply => ['0', [keys.usage.keyModelTotal(keyId, `of-${keyId}`)]];

  it('walks once for all who ask for a key at the same time', async () => {
    const scan = jest.spyOn(store, 'scan').mockImplementation(async () => found('a'));
    const results = await Promise.all(Array.from({ length: 5 }, () => sut.find('a')));
    expect(results).toEqual(Array.from({ length: 5 }, () => ['of-a']));
    expect(scan).toHaveBeenCalledTimes(1);
    await expect(sut.find('a')).resolves.toEqual([]);
    expect(scan).toHaveBeenCalledTimes(1);
  });

  it('walks for one key after the other', async () => {
    let [running, most] = [0, 0];
    jest.spyOn(store, 'scan').mockImplementation(async (_, __, pattern) => {
      running += 1;
      most = Math.max(most, running);
      await store.get('anything');
      running -= 1;
      return found(pattern.split(':')[1] ?? '');
    });
    await expect(Promise.all(['a', 'b', 'c'].map((key) => sut.find(key)))).resolves.toEqual([
      ['of-a'],
      ['of-b'],
      ['of-c'],
    ]);
    expect(most).toBe(1);
  });

  it('does not walk for a key whose time has passed in the wait; the next who asks tries again', async () => {
    const scan = jest.spyOn(store, 'scan').mockImplementationOnce(async () => {
      clock.ms += 5000;
      return ['7', []];
    });
    await expect(Promise.all([sut.find('a'), sut.find('b')])).resolves.toEqual([[], []]);
    expect(scan).toHaveBeenCalledTimes(1);
    scan.mockImplementationOnce(async () => found('b'));
    await expect(sut.find('b')).resolves.toEqual(['of-b']);
  });

  it('goes on after a search that failed', async () => {
    jest
      .spyOn(store, 'scan')
      .mockImplementationOnce(async () => Promise.reject(new Error('gone')))
      .mockImplementation(async () => found('b'));
    const [failed, other] = await Promise.allSettled([sut.find('a'), sut.find('b')]);
    expect(failed).toMatchObject({ status: 'rejected', reason: new Error('gone') });
    expect(other).toEqual({ status: 'fulfilled', value: ['of-b'] });
  });

  it('walks no more when another process has ended the search meanwhile', async () => {
    const scan = jest.spyOn(store, 'scan');
    jest.spyOn(store, 'get').mockImplementationOnce(async () => null);
    await store.set(keys.usage.keyModelsSearched('a'), '1');
    await store.sadd(keys.usage.keyModels('a'), 'm');
    await expect(sut.find('a')).resolves.toEqual(['m']);
    expect(scan).not.toHaveBeenCalled();
  });
});
