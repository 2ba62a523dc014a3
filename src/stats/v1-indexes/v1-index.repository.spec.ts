import { expect, it } from '@jest/globals';
import { keys, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import type { IndexEntry } from './index-entry.js';
import { V1IndexRepository } from './v1-index.repository.js';

const DAY_MS = 86_400_000;
const SET = keys.usage.index.daily('2026-11-23');
const entry = (member: string, change: Partial<IndexEntry> = {}): IndexEntry => ({
  ...{ set: SET, member, ttlSeconds: 32 * 86_400, recordKey: null },
  ...change,
});

describeOnEachStore('V1IndexRepository', (storeOfCase) => {
  const sut = (): V1IndexRepository => new V1IndexRepository(storeOfCase());
  const members = async (set = SET) => (await storeOfCase().smembers(set)).sort();

  it('makes a set with its life, and takes away the mark of an empty one', async () => {
    const store = storeOfCase();
    await store.set(keys.usage.index.empty(SET), '1');
    await expect(sut().add([entry('k1'), entry('k2')])).resolves.toBe(2);
    expect(await members()).toEqual(['k1', 'k2']);
    expect(await store.exists(keys.usage.index.empty(SET))).toBe(0);
    const life = await store.pttl(SET);
    expect(life).toBeGreaterThan(31 * DAY_MS);
    expect(life).toBeLessThanOrEqual(32 * DAY_MS);
  });

  it('gives no life to a set that lives for ever', async () => {
    await sut().add([entry('2026-11', { set: keys.usage.index.modelMonths, ttlSeconds: 0 })]);
    expect(await storeOfCase().pttl(keys.usage.index.modelMonths)).toBe(-1);
  });

  it('completes a set and keeps its life', async () => {
    const store = storeOfCase();
    await store.sadd(SET, 'k1');
    await store.pexpire(SET, DAY_MS);
    await expect(sut().add([entry('k1')])).resolves.toBe(0);
    await expect(sut().add([entry('k1'), entry('k2')])).resolves.toBe(1);
    expect(await members()).toEqual(['k1', 'k2']);
    expect(await store.pttl(SET)).toBeLessThanOrEqual(DAY_MS);
  });

  it('adds many sets at once, and passes over what is no set', async () => {
    const sets = Array.from({ length: 60 }, (_, at) => keys.usage.index.daily(`2026-01-${at}`));
    await storeOfCase().set(sets[0] ?? '', 'of another type');
    await expect(sut().add(sets.map((set) => entry('k1', { set })))).resolves.toBe(59);
    expect(await members(sets[59])).toEqual(['k1']);
  });

  it('lists an account only while it has a record', async () => {
    const store = storeOfCase();
    const account = (id: string): IndexEntry =>
      entry(id, { set: keys.account.index('some_account'), ttlSeconds: 0, recordKey: `some_account:${id}` });
    await store.hset('some_account:a1', { name: 'one' });
    await store.set('some_account:a2', 'of another type');
    await expect(sut().add([account('a1'), entry('k1'), account('a2'), account('a3')])).resolves.toBe(2);
    expect(await members(keys.account.index('some_account'))).toEqual(['a1']);
    expect(await members()).toEqual(['k1']);
    await expect(sut().add([])).resolves.toBe(0);
  });

  it('reads the names of all keys, page by page', async () => {
    const store: StoreClient = storeOfCase();
    const names = Array.from({ length: 450 }, (_, at) => `name:${at}`);
    for (const name of names) await store.set(name, '');
    const found = new Set<string>();
    let [cursor, pages] = ['0', 0];
    do {
      const page = await sut().readNames(cursor);
      for (const name of page.names) found.add(name);
      cursor = page.next;
      pages += 1;
    } while (cursor !== '0');
    expect([...found].sort()).toEqual(names.sort());
    expect(pages).toBeGreaterThan(1);
  });

  it('remembers that it was built, by which version, and lets one build', async () => {
    expect(await sut().isBuilt()).toBe(false);
    await sut().setBuilt();
    expect(await sut().isBuilt()).toBe(true);
    await storeOfCase().set(keys.indexBuild.done, '0');
    expect(await sut().isBuilt()).toBe(false);
    expect([await sut().hold('a', 1000), await sut().hold('b', 1000)]).toEqual([true, false]);
    expect([await sut().hold('a', 0), await sut().hold('b', 1000)]).toEqual([true, true]);
  });
});
