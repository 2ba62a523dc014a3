import { describe, expect, it } from '@jest/globals';
import * as sut from './index.js';

describe('@crs/store', () => {
  it('offers the port, its keys and scripts, the ways to a store and a lock; no driver', () => {
    const offered = Object.entries(sut).map(([name, value]) => [name, typeof value]);
    expect(Object.fromEntries(offered)).toEqual({
      StoreUnavailableError: 'function',
      createStore: 'function',
      defineScript: 'function',
      keys: 'object',
      lockFile: 'function',
      openSqliteStore: 'function',
      RedisStore: 'function',
      SqliteStore: 'function',
      STORE_CLIENT: 'symbol',
      StoreConnectionError: 'function',
      StoreFileError: 'function',
      StoreModule: 'function',
    });
  });
});
