import { beforeEach, expect, it } from '@jest/globals';
import { toApiKeyId } from '@crs/extension-api';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { testApiKey } from '../../test/support/test-api-key.js';
import { TestClock } from '../../test/support/test-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { KeyHash } from '../core/crypto/key-hash.js';
import { toPrincipal } from './api-key-principal.js';
import type { ApiKeyRecord } from './api-key-record.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { PrincipalFinder } from './principal-finder.js';

const NOW = new Date('2026-11-23T04:05:00Z');
const SECRET = `cr_${'5'.repeat(64)}`;
const keyHash = new KeyHash(testConfig());

describeOnEachStore('PrincipalFinder', (storeOfCase) => {
  let records: ApiKeyRepository;
  let sut: PrincipalFinder;

  beforeEach(() => {
    records = new ApiKeyRepository(storeOfCase());
    sut = new PrincipalFinder(records, keyHash, new TestClock(NOW.getTime()));
  });

  it('finds a key by its id and by its secret, with what requests are told by', async () => {
    const record = testApiKey({ secretHash: keyHash.of(SECRET), dedicatedAccountFallback: true });
    await records.insert(record);
    const expected = { principal: toPrincipal(record), unusable: null };
    expect(expected.principal.dedicatedFallback).toBe(true);
    expect(await sut.findById(record.id)).toEqual(expected);
    expect(await sut.findBySecret(SECRET)).toEqual(expected);
  });

  it.each<[string, Partial<ApiKeyRecord>, string | null]>([
    ['disabled', { isActive: false }, 'API key is disabled.'],
    ['expired', { expiresAt: NOW }, 'API key has expired.'],
    ['still valid', { expiresAt: new Date(NOW.getTime() + 1) }, null],
    ['deleted', { deletion: { at: null, by: 'ada', byType: 'admin' } }, 'API key not found.'],
  ])('says of a key that is %s what its client is told', async (_, change, unusable) => {
    const record = testApiKey(change);
    await records.insert(record);
    expect(await sut.findById(record.id)).toEqual({ principal: toPrincipal(record), unusable });
  });

  it('finds nothing where there is nothing', async () => {
    expect(await sut.findById(toApiKeyId('80cac638-f623-4bed-ac85-8a1a69d6525e'))).toBeNull();
    expect(await sut.findBySecret(SECRET)).toBeNull();
    expect(await sut.findBySecret('')).toBeNull();
  });
});
