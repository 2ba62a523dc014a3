import { describe, expect, it } from '@jest/globals';
import { keys, type StoreTransaction } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { readPermissions } from './read-permissions.script.js';

describeOnEachStore('read-permissions', (store) => {
  const read = (...ids: readonly string[]) => store().runScript(readPermissions, ids.map(keys.apiKey.record), []);

  it('gives the texts in the order of the records, and none where there is none', async () => {
    await store().hset(keys.apiKey.record('a'), { permissions: '["claude"]' });
    await store().hset(keys.apiKey.record('b'), { permissions: '' });
    await store().hset(keys.apiKey.record('c'), { name: 'old' });
    await store().set(keys.apiKey.record('d'), 'no record');
    expect(await read('b', 'gone', 'a', 'c', 'd')).toEqual(['', null, '["claude"]', null, null]);
    expect(await read('gone', 'd')).toEqual([null, null]);
    expect(await read()).toEqual([]);
  });

  it('reads a thousand at once', async () => {
    const ids = Array.from({ length: 1000 }, (_, n) => String(n));
    await store().hset(keys.apiKey.record('999'), { permissions: 'all' });
    expect(await read(...ids)).toEqual([...ids.slice(1).map(() => null), 'all']);
  });
});

describe('read-permissions, where the embedded store fails', () => {
  it('takes a fault of the store for no missing record', () => {
    const tx = {
      hget: (): string | null => {
        throw new Error('disk I/O error');
      },
    } as Partial<StoreTransaction> as StoreTransaction;
    expect(() => readPermissions.transaction(tx, ['apikey:a'], [])).toThrow('disk I/O error');
  });
});
