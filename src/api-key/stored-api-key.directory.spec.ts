import { expect, it } from '@jest/globals';
import { toApiKeyId } from '@crs/extension-api';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { testApiKey } from '../../test/support/test-api-key.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { StoredApiKeyDirectory } from './stored-api-key.directory.js';

describeOnEachStore('StoredApiKeyDirectory', (store) => {
  it('tells of a key, deleted ones included', async () => {
    const records = new ApiKeyRepository(store());
    const sut = new StoredApiKeyDirectory(records);
    const record = testApiKey({
      name: 'a',
      dailyCostLimit: 1.5,
      concurrencyLimit: 2,
      weeklyResetDay: 3,
      weeklyResetHour: 4,
      deletion: { at: null, by: 'ada', byType: 'admin' },
    });
    await records.insert(record);
    expect(await sut.findSummary(record.id)).toEqual({
      id: record.id,
      name: 'a',
      isDeleted: true,
      limits: {
        dailyCostLimit: 1.5,
        totalCostLimit: 0,
        weeklyOpusCostLimit: 0,
        rateLimitWindow: 0,
        rateLimitRequests: 0,
        rateLimitCost: 0,
        tokenLimit: 0,
        concurrencyLimit: 2,
      },
      weeklyResetDay: 3,
      weeklyResetHour: 4,
    });
  });

  it('knows nothing of a key that is not there', async () => {
    const sut = new StoredApiKeyDirectory(new ApiKeyRepository(store()));
    expect(await sut.findSummary(toApiKeyId('7961662a-ef63-41d4-9dea-5aed1d0e4d01'))).toBeNull();
  });
});
