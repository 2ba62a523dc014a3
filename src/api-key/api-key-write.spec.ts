import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyApiKey } from '../../test/support/any-api-key.js';
import { testApiKey } from '../../test/support/test-api-key.js';
import { diffApiKey, isEmptyWrite } from './api-key-write.js';
import { decodeApiKey, encodeApiKey } from './api-key.codec.js';

const NOTHING = { set: {}, unset: [], extraSet: {}, extraUnset: [] };

describe('diffApiKey', () => {
  it('writes only what has changed', () => {
    const before = testApiKey();
    expect(diffApiKey(before, { ...before, name: 'other', tokenLimit: 5 })).toEqual({
      ...NOTHING,
      set: { name: 'other', tokenLimit: '5' },
    });
    expect(diffApiKey(before, before)).toEqual(NOTHING);
  });

  it('takes out the fields that only a deleted key has', () => {
    const before = testApiKey({ deletion: { at: new Date(0), by: 'ada', byType: 'admin' } });
    const { unset, set } = diffApiKey(before, { ...before, deletion: null });
    expect(unset).toEqual(['isDeleted', 'deletedAt', 'deletedBy', 'deletedByType']);
    expect(set).toEqual({});
  });

  it('writes a new restriction out for v1, which may have one of its own beside an allow list', () => {
    const before = testApiKey({ enableModelRestriction: true, restrictedModels: ['a'], modelRestrictionMode: 'allow' });
    expect(diffApiKey(before, { ...before, restrictedModels: ['b'] })).toEqual({
      ...NOTHING,
      set: { enableModelRestriction: 'false', restrictedModels: '[]' },
      extraSet: { allowedModels: '["b"]' },
    });
  });

  it('moves the list when an allow list becomes a deny list', () => {
    const before = testApiKey({ enableModelRestriction: true, restrictedModels: ['a'], modelRestrictionMode: 'allow' });
    expect(diffApiKey(before, { ...before, modelRestrictionMode: 'deny' })).toEqual({
      set: { enableModelRestriction: 'true', restrictedModels: '["a"]' },
      unset: [],
      extraSet: { modelRestrictionMode: 'deny' },
      extraUnset: ['enableModelRestriction', 'allowedModels'],
    });
  });

  it('turns any record into any other, and leaves what it does not know', () => {
    fc.assert(
      fc.property(anyApiKey(), anyApiKey(), (before, other) => {
        const after = { ...other, id: before.id };
        const stored = encodeApiKey(before);
        const { set, unset, extraSet, extraUnset } = diffApiKey(before, after);
        const fields = without({ ...stored.fields, stray: 'kept', ...set }, unset);
        const extra = without({ ...stored.extra, ...extraSet }, extraUnset);
        expect(decodeApiKey(after.id, { fields, extra })).toEqual(after);
        expect(fields['stray']).toBe('kept');
      }),
    );
  });
});

describe('isEmptyWrite', () => {
  it.each([
    [NOTHING, true],
    [{ ...NOTHING, set: { a: '1' } }, false],
    [{ ...NOTHING, unset: ['a'] }, false],
    [{ ...NOTHING, extraSet: { a: '1' } }, false],
    [{ ...NOTHING, extraUnset: ['a'] }, false],
  ])('of %j is %s', (write, empty) => {
    expect(isEmptyWrite(write)).toBe(empty);
  });
});

const without = (fields: Record<string, string>, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => !names.includes(field)));
