import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testApiKey } from '../../test/support/test-api-key.js';
import { indexEntryOf, parseNameMember } from './api-key-index-entry.js';

describe('indexEntryOf', () => {
  it('is what v1 writes for a key', () => {
    const record = testApiKey({
      name: 'Plain-Ä',
      tags: ['ci', '', 'ci', 'team-a'],
      lastUsedAt: new Date(1_795_406_700_751),
    });
    expect(indexEntryOf(record)).toEqual({
      createdAt: '1795406700344',
      lastUsedAt: '1795406700751',
      nameMember: 'plain-ä\u000080cac638-f623-4bed-ac85-8a1a69d6525d',
      state: 'active',
      tags: ['ci', 'team-a'],
    });
  });

  it('scores what never happened as 0', () => {
    expect(indexEntryOf(testApiKey({ createdAt: null }))).toMatchObject({ createdAt: '0', lastUsedAt: '0' });
  });

  it.each([
    [true, null, 'active'],
    [false, null, 'disabled'],
    [false, { at: null, by: '', byType: '' }, 'deleted'],
    [true, { at: null, by: '', byType: '' }, 'deleted'],
  ] as const)('puts a key that is active: %s, deleted: %j among the %s', (isActive, deletion, state) => {
    expect(indexEntryOf(testApiKey({ isActive, deletion })).state).toBe(state);
  });
});

describe('parseNameMember', () => {
  it('reads what indexEntryOf has made, also of a name with the separator in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'B', '\0') }), (name) => {
        const record = testApiKey({ name });
        const parsed = parseNameMember(indexEntryOf(record).nameMember);
        expect(parsed).toEqual({ id: record.id, name: name.toLowerCase() });
      }),
    );
  });

  it('takes a member without a separator for an id', () => {
    expect(parseNameMember('abc')).toEqual({ id: 'abc', name: '' });
  });
});
