import { beforeEach, describe, expect, it } from '@jest/globals';
import { toApiKeyId } from '@crs/extension-api';
import { keys, openSqliteStore, type StoreClient } from '@crs/store';
import { countRoundTrips } from '../../test/support/count-round-trips.js';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { testApiKey } from '../../test/support/test-api-key.js';
import { TestClock } from '../../test/support/test-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { Zone } from '../core/time/zone.js';
import { type ApiKeyOrder, ApiKeyQueryRepository } from './api-key-query.repository.js';
import type { ApiKeyRecord } from './api-key-record.js';
import { API_KEY_SORTS, type ApiKeyFilter } from './api-key-selection.js';
import { ApiKeyRepository } from './api-key.repository.js';

/** 2026-12-01 in the zone, and still November in UTC. */
const NOW = Date.parse('2026-11-30T17:00:00.000Z');
const every: ApiKeyFilter = { deletion: 'any', isActive: null, service: null, tag: null, search: '' };
const newest: ApiKeyOrder = { by: 'createdAt', descending: true };
const deletion = { at: new Date(NOW), by: 'ada', byType: 'admin' };

const key = (n: number, change: Partial<ApiKeyRecord> = {}): ApiKeyRecord =>
  testApiKey({
    id: toApiKeyId(`${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`),
    secretHash: String(n).padStart(64, '0'),
    name: `Key ${String(n)}`,
    createdAt: new Date(NOW + n),
    ...change,
  });

const active = key(1, { tags: ['ci'], permissions: ['claude'], lastUsedAt: new Date(NOW), name: 'beta' });
const disabled = key(2, { isActive: false, permissions: ['codex', 'gemini'], name: 'Ärger', lastUsedAt: new Date(1) });
const deleted = key(3, { isActive: false, deletion, tags: ['ci'], name: 'Alpha' });

const queryOf = (store: StoreClient) => new ApiKeyQueryRepository(store, new Zone(testConfig()), new TestClock(NOW));

describeOnEachStore('ApiKeyQueryRepository', (store) => {
  beforeEach(async () => {
    await new ApiKeyRepository(store()).insertAll([active, disabled]);
    const records = new ApiKeyRepository(store());
    await records.insert({ ...deleted, deletion: null });
    const stored = await records.find(deleted.id);
    if (stored !== null) await records.replace(stored, deleted);
  });

  const list = (filter: Partial<ApiKeyFilter>, order: Partial<ApiKeyOrder> = {}) =>
    queryOf(store()).listIds({ ...every, ...filter }, { ...newest, ...order });

  it.each<[string, Partial<ApiKeyFilter>, ApiKeyRecord[]]>([
    ['every key, newest first', {}, [deleted, disabled, active]],
    ['keys that are not deleted', { deletion: 'live' }, [disabled, active]],
    ['deleted keys', { deletion: 'deleted' }, [deleted]],
    ['active keys', { isActive: true }, [active]],
    ['keys that are switched off', { isActive: false }, [deleted, disabled]],
    ['keys that may use claude', { service: 'claude' }, [deleted, active]],
    ['keys that may use codex', { service: 'codex' }, [deleted, disabled]],
    ['keys by a part of the name', { search: 'A' }, [deleted, active]],
    ['keys by a part of the name in another script', { search: 'äRG' }, [disabled]],
    ['keys by a tag', { tag: 'ci' }, [deleted, active]],
    ['no keys by a tag that there is not', { tag: 'none' }, []],
    ['keys by everything', { search: 'a', service: 'claude', isActive: true, deletion: 'live', tag: 'ci' }, [active]],
  ])('lists %s', async (_, filter, expected) => {
    expect(await list(filter)).toEqual(expected.map((record) => record.id));
  });

  it('orders by v1 indexes, and never used keys come last when the latest come first', async () => {
    expect(await list({}, { by: 'createdAt', descending: false })).toEqual([active.id, disabled.id, deleted.id]);
    expect(await list({}, { by: 'name', descending: false })).toEqual([deleted.id, active.id, disabled.id]);
    expect(await list({}, { by: 'name' })).toEqual([disabled.id, active.id, deleted.id]);
    expect(await list({}, { by: 'lastUsedAt' })).toEqual([active.id, disabled.id, deleted.id]);
  });

  it('orders by what the keys have cost, ever and in the day and month of the zone', async () => {
    await store().set(keys.usage.costTotal(active.id), '0.021');
    await store().set(keys.usage.costTotal(disabled.id), '9.5');
    await store().set(keys.usage.costTotal(deleted.id), '10');
    await store().set(keys.usage.costDaily(active.id, '2026-12-01'), '0.3');
    await store().set(keys.usage.costDaily(disabled.id, '2026-11-30'), '7');
    await store().set(keys.usage.costMonthly(deleted.id, '2026-12'), '1e-7');
    await store().set(keys.usage.costMonthly(active.id, '2026-11'), '7');
    expect(await list({}, { by: 'cost' })).toEqual([deleted.id, disabled.id, active.id]);
    expect(await list({}, { by: 'cost', descending: false })).toEqual([active.id, disabled.id, deleted.id]);
    expect((await list({}, { by: 'costToday' }))[0]).toBe(active.id);
    expect((await list({}, { by: 'costMonth' }))[0]).toBe(deleted.id);
  });

  it.each(API_KEY_SORTS)('orders equal keys by id when by %s, and the other way round the other way', async (by) => {
    // Where the order is not by creation, that goes the other way.
    const createdAt = (n: number) => new Date(by === 'createdAt' ? NOW : NOW - n);
    const twins = [7, 5, 6].map((n) => key(n, { createdAt: createdAt(n), name: 'same', tags: ['twins'] }));
    await new ApiKeyRepository(store()).insertAll(twins);
    const ids = [5, 6, 7].map((n) => key(n).id);
    // A name is compared with its id behind it, so twins in name are in the order of their ids, too.
    expect(await list({ tag: 'twins' }, { by, descending: false })).toEqual(ids);
    expect(await list({ tag: 'twins' }, { by, descending: true })).toEqual(ids.toReversed());
  });

  it('takes a cost that is none for nothing', async () => {
    await store().set(keys.usage.costTotal(active.id), 'rubbish');
    await store().hset(keys.usage.costTotal(disabled.id), { a: '1' });
    await store().set(keys.usage.costTotal(deleted.id), '1');
    expect((await list({}, { by: 'cost' }))[0]).toBe(deleted.id);
  });

  it('still lists a key whose record has disappeared, for whoever reads the records to see', async () => {
    await store().del(keys.apiKey.record(active.id));
    expect(await list({ service: 'codex' })).toContain(active.id);
  });

  it('lists nothing where there is nothing, or an index is no index', async () => {
    await store().del(keys.apiKey.byCreatedAt);
    for (const by of API_KEY_SORTS) expect(await list({ service: 'claude' }, { by })).toEqual([]);
    await store().set(keys.apiKey.byCreatedAt, 'no index');
    expect(await list({})).toEqual([]);
  });
});

describe('ApiKeyQueryRepository with thousands of keys', () => {
  const KEYS = 2_500;

  it.each<[string, Partial<ApiKeyFilter>, ApiKeyOrder['by'], number]>([
    ['by creation', {}, 'createdAt', 1],
    ['by name, searched', { search: '7', deletion: 'live', isActive: true, tag: 'ci' }, 'name', 1],
    ['by last use', { deletion: 'live' }, 'lastUsedAt', 1],
    ['by cost', { deletion: 'live' }, 'cost', 1 + 3],
    ['by cost of the day', {}, 'costToday', 1 + 3],
    ['by creation, of a service', { service: 'claude' }, 'createdAt', 1 + 3],
  ])('asks a list %s in few round trips and without a scan', async (_, filter, by, roundTrips) => {
    const store = openSqliteStore(':memory:');
    try {
      const records = Array.from({ length: KEYS }, (_none, n) => key(n, { tags: ['ci'], permissions: ['claude'] }));
      await new ApiKeyRepository(store).insertAll(records);
      const counted = countRoundTrips(store);
      const ids = await queryOf(counted.store).listIds({ ...every, ...filter }, { by, descending: true });
      expect(ids.length).toBeGreaterThan(500);
      expect(counted.roundTrips).toHaveLength(roundTrips);
      expect(counted.roundTrips.flat()).not.toContain('scan');
    } finally {
      await store.quit();
    }
  });
});
