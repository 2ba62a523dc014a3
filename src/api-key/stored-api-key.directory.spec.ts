import { beforeEach, describe, expect, it } from '@jest/globals';
import { toApiKeyId } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { testApiKey } from '../../test/support/test-api-key.js';
import { TestClock } from '../../test/support/test-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { dumpStore } from '../../test/support/store-dump.js';
import { KeyHash } from '../core/crypto/key-hash.js';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';
import { NO_BINDINGS } from './api-key-record.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { BoundKeysRepository } from './bound-keys.repository.js';
import { StoredApiKeyDirectory } from './stored-api-key.directory.js';

const NOW = new Date('2026-11-23T04:05:00Z');
const SECRET = `cr_${'5'.repeat(64)}`;
const config = testConfig();
const secretHash = new KeyHash(config).of(SECRET);
const deletion = { at: null, by: 'ada', byType: 'admin' };

describeOnEachStore('StoredApiKeyDirectory', (storeOfCase) => {
  let store: StoreClient;
  let records: ApiKeyRepository;
  let sut: StoredApiKeyDirectory;

  beforeEach(() => {
    store = storeOfCase();
    records = new ApiKeyRepository(store);
    const boundKeys = new BoundKeysRepository(store, new ApiKeyIndexRepository(store, records));
    sut = new StoredApiKeyDirectory(records, boundKeys, new KeyHash(config), config, new TestClock(NOW.getTime()));
  });

  it('tells of a key, deleted ones included, and never its hash', async () => {
    const record = testApiKey({
      name: 'a',
      description: 'of ada',
      isActive: false,
      dailyCostLimit: 1.5,
      concurrencyLimit: 2,
      weeklyResetDay: 3,
      weeklyResetHour: 4,
      permissions: ['codex'],
      enableModelRestriction: true,
      restrictedModels: ['m'],
      modelRestrictionMode: 'deny',
      enableClientRestriction: true,
      allowedClients: ['claude_code'],
      bindings: { ...NO_BINDINGS, claudeConsoleAccountId: 'acc' },
      serviceRates: { claude: 2 },
      expirationMode: 'activation',
      activationDays: 3,
      activationUnit: 'hours',
      expiresAt: NOW,
      deletion,
    });
    await records.insert(record);
    expect(await sut.findSummary(record.id)).toEqual({
      id: record.id,
      name: 'a',
      description: 'of ada',
      isActive: false,
      isDeleted: true,
      createdAt: record.createdAt,
      expiresAt: NOW,
      expirationMode: 'activation',
      isActivated: true,
      activationDays: 3,
      activationUnit: 'hours',
      activatedAt: record.activatedAt,
      permissions: ['codex'],
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
      enableModelRestriction: true,
      restrictedModels: ['m'],
      modelRestrictionMode: 'deny',
      enableClientRestriction: true,
      allowedClients: ['claude_code'],
      bindings: { claudeConsoleAccountId: 'acc' },
      serviceRates: { claude: 2 },
    });
  });

  it('knows nothing of a key that is not there', async () => {
    expect(await sut.findSummary(toApiKeyId('7961662a-ef63-41d4-9dea-5aed1d0e4d01'))).toBeNull();
  });

  describe('identifying a secret', () => {
    it('finds the key, and does not begin the life of one that waits for its first use', async () => {
      const record = testApiKey({ secretHash, expirationMode: 'activation', isActivated: false, activatedAt: null });
      await records.insert(record);
      const before = await dumpStore(store);
      expect(await sut.identify(SECRET)).toMatchObject({ kind: 'known', key: { id: record.id, isActivated: false } });
      expect(await dumpStore(store)).toEqual(before);
    });

    it.each([
      ['has expired', { expiresAt: NOW }, 'API key has expired.'],
      ['is disabled', { isActive: false }, 'API key is disabled.'],
      ['is deleted', { deletion }, 'API key not found.'],
    ])('says in words that the key %s', async (_, change, message) => {
      await records.insert(testApiKey({ secretHash, ...change }));
      expect(await sut.identify(SECRET)).toEqual({ kind: 'invalid', message });
    });

    it('knows no secret that is nobody', async () => {
      expect(await sut.identify(SECRET)).toEqual({ kind: 'invalid', message: 'API key not found.' });
    });

    it.each(['', 'cr_short', `sk-${'5'.repeat(64)}`, `cr_${'5'.repeat(510)}`])(
      'does not look for a text that cannot be a key: %s',
      async (text) => {
        const message = 'API key format is invalid: a key begins with cr_.';
        expect(await sut.identify(text)).toEqual({ kind: 'invalid', message });
      },
    );
  });

  describe('counting the keys that are bound', () => {
    const idAt = (index: number) => toApiKeyId(`7961662a-ef63-41d4-9dea-${String(index).padStart(12, '0')}`);
    const bound = (index: number, openaiAccountId: string, change = {}) =>
      testApiKey({
        id: idAt(index),
        name: `key ${index}`,
        secretHash: String(index).padStart(64, '0'),
        bindings: { ...NO_BINDINGS, openaiAccountId },
        ...change,
      });

    it('counts exactly those with this text in this field, but no deleted ones', async () => {
      await records.insert(bound(1, 'responses:a'));
      await records.insert(bound(2, 'a'));
      await records.insert(bound(3, 'a', { isActive: false }));
      await records.insert(bound(4, 'a', { deletion }));
      await records.insert(testApiKey({ id: idAt(5), bindings: { ...NO_BINDINGS, claudeAccountId: 'a' } }));
      expect(await sut.countBoundTo('openaiAccountId', 'a')).toBe(2);
      expect(await sut.countBoundTo('openaiAccountId', 'responses:a')).toBe(1);
      expect(await sut.countBoundTo('claudeAccountId', 'a')).toBe(1);
      expect(await sut.countBoundTo('claudeAccountId', 'b')).toBe(0);
      expect([...(await sut.countBindings('openaiAccountId'))].sort()).toEqual([
        ['a', 2],
        ['responses:a', 1],
      ]);
    });

    it('counts over more keys than one round trip asks for', async () => {
      for (let index = 0; index < 1001; index += 1) await records.insert(bound(index, index % 2 === 0 ? 'a' : 'b'));
      expect(await sut.countBoundTo('openaiAccountId', 'a')).toBe(501);
    });

    it('finds the keys of a database without an index, and takes no notice of what has disappeared', async () => {
      const { id } = bound(1, 'a');
      await store.hset(keys.apiKey.record(id), { id, apiKey: 'a'.repeat(64), openaiAccountId: 'a' });
      await store.sadd(keys.apiKey.all, 'gone', 'no-hash');
      await store.set(keys.apiKey.record('no-hash'), 'text');
      expect(await sut.countBoundTo('openaiAccountId', 'a')).toBe(1);
    });
  });
});
