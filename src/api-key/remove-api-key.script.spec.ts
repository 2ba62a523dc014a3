import { expect, it } from '@jest/globals';
import { toApiKeyId } from '@crs/extension-api';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { dumpStore } from '../../test/support/store-dump.js';
import { testApiKey } from '../../test/support/test-api-key.js';
import type { StoredApiKey } from './api-key-write.js';
import { ApiKeyRepository } from './api-key.repository.js';

const plain = testApiKey({ name: 'Plain-A', tags: ['ci', 'team-a'] });
const deletion = { at: new Date('2026-11-23T04:05:00.414Z'), by: 'ada', byType: 'admin' };

describeOnEachStore('remove-api-key', (store) => {
  const sut = () => new ApiKeyRepository(store());

  async function getStored(): Promise<StoredApiKey> {
    const stored = await sut().find(plain.id);
    if (stored === null) throw new Error('The key is not stored.');
    return stored;
  }

  async function insertDeleted(): Promise<void> {
    await sut().insert(plain);
    await sut().replace(await getStored(), { ...plain, isActive: false, deletion });
  }

  /** All that is kept about a key while it is in use. */
  async function fillState(id: string): Promise<void> {
    const { limits, usage } = keys;
    const texts = [limits.windowStart, limits.windowRequests, limits.windowTokens, limits.windowCost];
    for (const name of [...texts, limits.queueNumber, usage.keyModelsSearched]) await store().set(name(id), '1');
    for (const name of [limits.concurrency, limits.holds, limits.queue]) await store().zadd(name(id), 1, 'request');
    for (const name of [limits.estimates, limits.queueStats]) await store().hset(name(id), { a: '1' });
    await store().lpush(limits.queueWaits(id), '5');
    await store().sadd(usage.keyModels(id), 'claude-a');
  }

  it('removes a key with all that is kept about it, and leaves what it has used and every other key', async () => {
    const other = testApiKey({
      id: toApiKeyId('7961662a-ef63-41d4-9dea-5aed1d0e4d01'),
      secretHash: 'c'.repeat(64),
      tags: ['team-a'],
    });
    await sut().insert(other);
    await fillState(other.id);
    await store().set(keys.usage.costTotal(plain.id), '7.5');
    await store().set(keys.usage.costDaily(plain.id, '2026-11-23'), '1');
    await store().hset(keys.usage.total(plain.id), { totalRequests: '3' });
    const without = await dumpStore(store());

    await insertDeleted();
    await fillState(plain.id);
    // v1 leaves deleted keys in its look-ups at times, and another use does not keep a key alive.
    await store().hset(keys.apiKey.hashMap, { [plain.secretHash]: plain.id });
    await store().hset(keys.apiKey.legacyHash(plain.secretHash), { id: plain.id });
    const dead = await getStored();
    await store().hset(keys.apiKey.record(plain.id), { lastUsedAt: '2026-11-24T00:00:00.000Z' });
    expect(await sut().remove(dead)).toBe('done');
    expect(await dumpStore(store())).toEqual(without);
    expect(await sut().remove(dead)).toBe('missing');
  });

  it.each([
    ['restored', { isDeleted: 'false' }, {}],
    ['changed where v1 does not look', {}, { modelRestrictionMode: 'deny' }],
  ])('does not remove a key that was %s in between', async (_, fields, extra) => {
    await insertDeleted();
    const dead = await getStored();
    if (Object.keys(fields).length > 0) await store().hset(keys.apiKey.record(plain.id), fields);
    if (Object.keys(extra).length > 0) await store().hset(keys.apiKey.extra(plain.id), extra);
    const before = await dumpStore(store());
    expect(await sut().remove(dead)).toBe('changed');
    expect(await dumpStore(store())).toEqual(before);
  });
});
