import { beforeEach, describe, expect, it } from '@jest/globals';
import { MigrationTally } from './migration-tally.js';
import type { StoredValue } from './stored-value.js';
import { apiKeyIdOf } from './value-differences.js';

const text = (value: string): StoredValue => ({ type: 'string', parts: [value] });
const hash = (...parts: string[]): StoredValue => ({ type: 'hash', parts });

describe('MigrationTally', () => {
  let sut: MigrationTally;

  beforeEach(() => {
    sut = new MigrationTally();
  });

  it('counts by class and fate, with some names of each', () => {
    for (let at = 0; at < 7; at += 1) sut.add({ key: `usage:${at}`, action: 'add', source: null, target: null });
    for (const action of ['same', 'adopt', 'change', 'renew', 'none', 'forget'] as const) {
      sut.add({ key: `user:${action}`, action, source: null, target: null });
    }
    const { keys, classes } = sut.result();
    expect(keys).toBe(11);
    expect(classes).toMatchObject([
      { name: 'usage', added: 7, changed: 0, note: null, names: { added: [0, 1, 2, 3, 4].map((at) => `usage:${at}`) } },
      { name: 'users', same: 2, changed: 2, names: { changed: ['user:change', 'user:renew'] } },
    ]);
  });

  it('names what is kept and what is in conflict, a thousand of them', () => {
    for (let at = 0; at < 1002; at += 1) sut.add({ key: `k:${at}`, action: 'conflict', source: null, target: null });
    sut.add({ key: 'one', action: 'keep', source: null, target: null });
    const { kept, conflicts, classes } = sut.result();
    expect([kept, conflicts.length, classes[0]?.conflicts]).toEqual([['one'], 1000, 1002]);
  });

  it('says which settings of a client key differ, and shows no secret', () => {
    const source = hash(
      'apiKey',
      'hash-1',
      'name',
      'alice',
      'dailyCostLimit',
      '5',
      'lastUsedAt',
      'now',
      'icon',
      'x'.repeat(99),
    );
    const target = hash('apiKey', 'hash-2', 'name', 'alice', 'dailyCostLimit', '3', 'lastUsedAt', 'then', 'tags', '[]');
    sut.add({ key: 'apikey:1', action: 'change', source, target });
    expect(sut.result().apiKeys).toEqual([
      {
        id: '1',
        name: 'alice',
        fate: 'changed',
        fields: [
          { field: 'apiKey', before: '(hidden)', after: '(hidden)' },
          { field: 'dailyCostLimit', before: '3', after: '5' },
          { field: 'tags', before: '[]', after: null },
          { field: 'icon', before: null, after: `${'x'.repeat(80)}...` },
        ],
      },
    ]);
  });

  it('names the keys that go, and not those that are only used or new', () => {
    sut.add({ key: 'apikey:1', action: 'change', source: hash('lastUsedAt', 'now'), target: hash('lastUsedAt', '') });
    sut.add({ key: 'apikey:2', action: 'add', source: hash('name', 'new'), target: null });
    sut.add({ key: 'apikey:3', action: 'remove', source: null, target: hash('name', 'old') });
    sut.add({ key: 'apikey:4', action: 'remove', source: null, target: hash('isActive', 'true') });
    expect(sut.result().apiKeys.map(({ id, name }) => [id, name])).toEqual([
      ['3', 'old'],
      ['4', ''],
    ]);
    expect([apiKeyIdOf('apikey:hash_map'), apiKeyIdOf('apikey:idx:all')]).toEqual([null, null]);
  });

  it('adds up what was spent each day, and names whose figures differ', () => {
    const cost = (id: string, day: string) => `usage:cost:daily:${id}:${day}`;
    sut.add({ key: cost('a', '2026-11-23'), action: 'same', source: text('0.1'), target: text('0.1') });
    sut.add({ key: cost('b', '2026-11-23'), action: 'change', source: text('0.2'), target: text('0.05') });
    sut.add({ key: cost('b', '2026-11-22'), action: 'add', source: text('1.5'), target: null });
    sut.add({ key: cost('c', '2026-11-22'), action: 'change', source: text('odd'), target: hash('a', 'b') });
    sut.add({ key: cost('a', '2026-11-24'), action: 'same', source: text('1'), target: text('1') });
    sut.add({ key: cost('a', '2026-11-21'), action: 'same', source: text('1'), target: text('1') });
    expect(sut.result().costs).toEqual([
      { day: '2026-11-21', keyId: null, source: 1, target: 1 },
      { day: '2026-11-22', keyId: null, source: 1.5, target: 0 },
      { day: '2026-11-23', keyId: null, source: 0.3, target: 0.15 },
      { day: '2026-11-24', keyId: null, source: 1, target: 1 },
      { day: '2026-11-23', keyId: 'b', source: 0.2, target: 0.05 },
      { day: '2026-11-22', keyId: 'b', source: 1.5, target: 0 },
    ]);
  });

  it('counts what stays where it is', () => {
    const reason = { what: 'oauth:*', reason: 'why' };
    sut.addLeftOut(reason);
    sut.addLeftOut(reason);
    sut.addNotCarried('billing:events', 'a stream');
    expect(sut.result()).toMatchObject({
      keys: 3,
      leftOut: [{ ...reason, keys: 2 }],
      notCarried: [{ key: 'billing:events', reason: 'a stream' }],
      notCarriedTotal: 1,
    });
  });
});
