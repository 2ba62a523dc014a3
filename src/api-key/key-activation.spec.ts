import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { testApiKey } from '../../test/support/test-api-key.js';
import { TestClock } from '../../test/support/test-clock.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { KeyActivation } from './key-activation.js';

Logger.overrideLogger(false);

const NOW = Date.parse('2026-11-24T00:00:00.000Z');
const awaiting = testApiKey({
  expirationMode: 'activation',
  isActivated: false,
  activatedAt: null,
  activationDays: 2,
  activationUnit: 'hours',
});

describeOnEachStore('KeyActivation', (store) => {
  let records: ApiKeyRepository;
  let clock: TestClock;
  let sut: KeyActivation;

  beforeEach(() => {
    records = new ApiKeyRepository(store());
    clock = new TestClock(NOW);
    sut = new KeyActivation(records, clock);
  });

  const stored = () => store().hgetall(keys.apiKey.record(awaiting.id));

  it('begins the life of a key once, however many requests come first', async () => {
    await records.insert(awaiting);
    await Promise.all(Array.from({ length: 20 }, () => sut.begin(awaiting.id)));
    const begun = {
      isActivated: 'true',
      activatedAt: '2026-11-24T00:00:00.000Z',
      lastUsedAt: '2026-11-24T00:00:00.000Z',
      expiresAt: '2026-11-24T02:00:00.000Z',
    };
    expect(await stored()).toMatchObject(begun);
    clock.ms += 60_000;
    await sut.begin(awaiting.id);
    expect(await stored()).toMatchObject(begun);
  });

  it('leaves a key without activation alone', async () => {
    await records.insert(testApiKey());
    const before = await stored();
    await sut.begin(awaiting.id);
    expect(await stored()).toEqual(before);
  });

  it('refuses a key that has been deleted or has disappeared meanwhile', async () => {
    await expect(sut.begin(awaiting.id)).rejects.toMatchObject({ code: 'invalid_key' });
    await records.insert({ ...awaiting, deletion: { at: null, by: '', byType: '' } });
    await expect(sut.begin(awaiting.id)).rejects.toMatchObject({ code: 'invalid_key', message: 'API key not found.' });
  });
});

describe('KeyActivation of a key that never holds still', () => {
  it('asks for another try', async () => {
    const records = {
      find: jest.fn(async () => ({ record: awaiting, stored: { fields: {}, extra: {} } })),
      replace: jest.fn(async () => 'changed'),
    };
    const sut = new KeyActivation(records as unknown as ApiKeyRepository, new TestClock(NOW));
    await expect(sut.begin(awaiting.id)).rejects.toMatchObject({ code: 'internal' });
  });
});
