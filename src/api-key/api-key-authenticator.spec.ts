import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RelayError } from '@crs/extension-api';
import { keys, StoreUnavailableError } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { testApiKey } from '../../test/support/test-api-key.js';
import { TestClock } from '../../test/support/test-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { KeyHash } from '../core/crypto/key-hash.js';
import { ApiKeyAuthenticator } from './api-key-authenticator.js';
import type { ApiKeyRecord } from './api-key-record.js';
import { ApiKeyRepository } from './api-key.repository.js';

const SECRET = 'cr_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef';
const NOW = Date.parse('2026-11-24T00:00:00.000Z');
const config = testConfig({ encryptionKey: '0123456789abcdef0123456789abcdef' });
const secretHash = 'e4c97944dde6e22bfebed1258f73a676f0e43bd9c352bf634eb33d3e15071bef';
const headers = { 'x-api-key': SECRET };

describeOnEachStore('ApiKeyAuthenticator', (store) => {
  let records: ApiKeyRepository;
  let clock: TestClock;
  let sut: ApiKeyAuthenticator;

  beforeEach(() => {
    records = new ApiKeyRepository(store());
    clock = new TestClock(NOW);
    sut = new ApiKeyAuthenticator(records, new KeyHash(config), config, clock);
  });

  const insert = (change: Partial<ApiKeyRecord> = {}) => records.insert(testApiKey({ secretHash, ...change }));
  const refusal = (presented: Record<string, string>) =>
    sut.authenticate(presented).then(
      () => null,
      (error: unknown) => error,
    );

  it('knows the owner of a secret by v1’s hash', async () => {
    await insert({ permissions: ['claude'] });
    expect(await sut.authenticate(headers)).toMatchObject({
      keyId: testApiKey().id,
      name: 'plain-a',
      permissions: ['claude'],
    });
  });

  it('knows it by the look-up of old versions', async () => {
    await insert();
    await store().del(keys.apiKey.hashMap);
    await store().hset(keys.apiKey.legacyHash(secretHash), { id: testApiKey().id });
    expect(await sut.authenticate(headers)).toMatchObject({ name: 'plain-a' });
  });

  it.each<[string, Record<string, string>, string, string]>([
    ['no key', {}, 'missing_key', 'API key is missing'],
    ['a key in the query alone', { ':path': `/?key=${SECRET}` }, 'missing_key', 'API key is missing'],
    [
      'another service’s key',
      { authorization: 'Bearer sk-ant-0123456789' },
      'invalid_key',
      'API key format is invalid',
    ],
    ['an unknown key', { 'x-api-key': `cr_${'f'.repeat(64)}` }, 'invalid_key', 'API key not found'],
  ])('refuses %s', async (_, presented, code, message) => {
    await insert();
    const error = await refusal(presented);
    expect(error).toBeInstanceOf(RelayError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it.each<[string, Partial<ApiKeyRecord>, string]>([
    ['disabled', { isActive: false }, 'API key is disabled'],
    ['deleted', { isActive: false, deletion: { at: null, by: '', byType: '' } }, 'API key not found'],
    ['expired', { expiresAt: new Date(NOW - 1) }, 'API key has expired'],
    ['expired this very moment', { expiresAt: new Date(NOW) }, 'API key has expired'],
    [
      'disabled and not activated',
      { isActive: false, expirationMode: 'activation', isActivated: false },
      'is disabled',
    ],
  ])('refuses a key that is %s, without repeating it', async (_, change, message) => {
    await insert(change);
    const error = await refusal(headers);
    expect(error).toMatchObject({ code: 'invalid_key', message: expect.stringContaining(message) });
    expect(String(error)).not.toContain(SECRET.slice(3));
    expect(String(error)).not.toContain(secretHash);
  });

  it('serves a key until it ends', async () => {
    await insert({ expiresAt: new Date(NOW + 1) });
    expect(await sut.authenticate(headers)).toMatchObject({ name: 'plain-a' });
  });

  it('knows a key that awaits its first use, and does not begin its life', async () => {
    await insert({ expirationMode: 'activation', isActivated: false, activatedAt: null, activationDays: 2 });
    const before = await store().hgetall(keys.apiKey.record(testApiKey().id));
    expect(await sut.authenticate(headers)).toMatchObject({ name: 'plain-a', awaitsActivation: true });
    expect(await store().hgetall(keys.apiKey.record(testApiKey().id))).toEqual(before);
  });

  it('knows a key whatever client it is for: that is judged with the request', async () => {
    await insert({ enableClientRestriction: true, allowedClients: ['codex_cli'] });
    expect(await sut.authenticate({ ...headers, 'user-agent': 'curl/8.5.0' })).toMatchObject({
      allowedClients: ['codex_cli'],
    });
  });

  describe('while the store is away', () => {
    const goAway = () =>
      jest.spyOn(records, 'findByHash').mockRejectedValue(new StoreUnavailableError('Connection is closed'));
    const unchecked = {
      code: 'internal',
      status: 503,
      retryAfterSeconds: 1,
      message: expect.stringContaining('cannot check API keys at the moment'),
    };

    it('knows the keys that it has seen before, for a minute', async () => {
      await insert();
      const before = await sut.authenticate(headers);
      goAway();
      expect(await sut.authenticate(headers)).toEqual(before);
      clock.ms += 59_999;
      expect(await sut.authenticate(headers)).toEqual(before);
      clock.ms += 1;
      expect(await refusal(headers)).toMatchObject(unchecked);
    });

    it('does not call a key wrong that it has not seen', async () => {
      await insert();
      goAway();
      expect(await refusal(headers)).toMatchObject(unchecked);
    });

    it('still sees a key end', async () => {
      await insert({ expiresAt: new Date(NOW + 1000) });
      await sut.authenticate(headers);
      goAway();
      clock.ms += 1000;
      expect(await refusal(headers)).toMatchObject({ code: 'invalid_key', message: 'API key has expired.' });
    });

    it('still refuses a key that it found disabled', async () => {
      await insert({ isActive: false });
      await refusal(headers);
      goAway();
      expect(await refusal(headers)).toMatchObject({ code: 'invalid_key', message: 'API key is disabled.' });
    });

    it('does not serve a key that it found removed', async () => {
      await insert();
      await sut.authenticate(headers);
      await store().hdel(keys.apiKey.hashMap, secretHash);
      expect(await refusal(headers)).toMatchObject({ code: 'invalid_key' });
      goAway();
      expect(await refusal(headers)).toMatchObject(unchecked);
    });
  });

  it('hides no fault of another kind', async () => {
    jest.spyOn(records, 'findByHash').mockRejectedValue(new Error('a bug'));
    expect(await refusal(headers)).toMatchObject({ message: 'a bug' });
  });
});
