import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ApiKeyFilter, type IndexSets, selectIds } from './api-key-selection.js';

const every: ApiKeyFilter = { deletion: 'any', isActive: null, service: null, tag: null, search: '' };
const sets: IndexSets = {
  created: ['a', 'b', 'c', 'd'],
  used: ['d', 'b', 'a', 'c'],
  names: ['alpha\0c', 'beta\0a', 'beta 2\0d', 'ärger\0b'],
  active: ['a', 'c'],
  deleted: ['d'],
  tagged: ['b', 'd'],
};

describe('selectIds', () => {
  it.each<[string, Partial<ApiKeyFilter>, string[]]>([
    ['everything', {}, ['a', 'b', 'c', 'd']],
    ['what is not deleted', { deletion: 'live' }, ['a', 'b', 'c']],
    ['what is deleted', { deletion: 'deleted' }, ['d']],
    ['what is active', { isActive: true }, ['a', 'c']],
    ['what is not active', { isActive: false }, ['b', 'd']],
    ['what has the tag', { tag: 't' }, ['b', 'd']],
    ['a part of the name', { search: 'BET' }, ['a', 'd']],
    ['a part of the name in another script', { search: 'ÄR' }, ['b']],
    ['no part of any name', { search: '\0' }, []],
    ['everything at once', { deletion: 'live', isActive: false, tag: 't', search: 'r' }, ['b']],
  ])('filters by %s', (_, filter, expected) => {
    expect(selectIds(sets, { ...every, ...filter }, 'createdAt')).toEqual(expected);
  });

  it.each([
    ['createdAt', ['a', 'b', 'c', 'd']],
    ['lastUsedAt', ['d', 'b', 'a', 'c']],
    ['name', ['c', 'a', 'd', 'b']],
    ['cost', ['a', 'b', 'c', 'd']],
  ] as const)('orders by %s', (sort, expected) => {
    expect(selectIds(sets, every, sort)).toEqual(expected);
  });

  it('finds nothing where a set is missing', () => {
    const { created } = sets;
    expect(selectIds({ created }, { ...every, tag: 't' }, 'createdAt')).toEqual([]);
    expect(selectIds({ created }, { ...every, search: 'a' }, 'createdAt')).toEqual([]);
  });

  it('holds each key once, whatever an index has lost or kept', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    fc.assert(
      fc.property(fc.uniqueArray(id), fc.array(id), fc.array(fc.tuple(fc.string(), id)), (created, used, names) => {
        const broken = { created, used, names: names.map(([name, owner]) => `${name}\0${owner}`) };
        for (const sort of ['name', 'lastUsedAt', 'createdAt'] as const) {
          expect([...selectIds(broken, every, sort)].sort()).toEqual([...created].sort());
        }
      }),
    );
  });
});
