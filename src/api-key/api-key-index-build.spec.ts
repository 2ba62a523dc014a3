import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys, openSqliteStore } from '@crs/store';
import { testApiKey } from '../../test/support/test-api-key.js';
import { ApiKeyIndexBuild } from './api-key-index-build.js';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';
import { encodeApiKey } from './api-key.codec.js';
import { ApiKeyRepository } from './api-key.repository.js';

Logger.overrideLogger(false);

describe('ApiKeyIndexBuild', () => {
  it('makes the keys of an old database known before the first request', async () => {
    const store = openSqliteStore(':memory:');
    const record = testApiKey();
    await store.hset(keys.apiKey.record(record.id), { ...encodeApiKey(record).fields });
    const records = new ApiKeyRepository(store);
    await new ApiKeyIndexBuild(new ApiKeyIndexRepository(store, records)).onApplicationBootstrap();
    expect((await records.findByHash(record.secretHash))?.record.id).toBe(record.id);
    await store.quit();
  });

  it('does not stop the boot when it fails', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn');
    const index = { ensureBuilt: () => Promise.reject(new Error('The store is away.')) };
    await new ApiKeyIndexBuild(index as unknown as ApiKeyIndexRepository).onApplicationBootstrap();
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({ error: expect.objectContaining({ message: 'The store is away.' }) }),
    );
  });
});
