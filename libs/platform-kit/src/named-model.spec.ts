import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isModelName, namesModelAlone, speaksOfModel, withoutModel } from './named-model.js';

describe('namesModelAlone', () => {
  it.each([
    ['Rate limit reached for vendor-a in organization org-1', true],
    ['Too many requests (org: x, model: "VENDOR-A")', true],
    ['vendor-a is popular', false],
    ['Rate limit reached for vendor-a-mini', false],
    ['Rate limit reached for my/vendor-a', false],
    ['Rate limit reached for vendor-a and vendor-b', false],
    ['Rate limit reached for vendor-a and other-b', true],
    ['Rate limit reached for vendor-a and known-b', false],
    ['Rate limit reached for vendor-a on your plan', false],
  ])('reads "%s" as %s', (message, expected) => {
    expect(namesModelAlone(message, 'vendor-a', 'known')).toBe(expected);
  });

  it('takes any name for a name and not for a pattern', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), fc.string(), (model, message) => {
        expect(typeof namesModelAlone(message, model, 'known')).toBe('boolean');
      }),
    );
    expect(namesModelAlone('limit for vendorxa', 'vendor.a', 'known')).toBe(false);
    expect(namesModelAlone('limit for vendor.a(1)', 'vendor.a(1)', 'known')).toBe(true);
  });
});

describe('speaksOfModel', () => {
  it.each([
    ['There is no VENDOR-A', 'vendor-a', true],
    ['model: other', 'vendor-a', true],
    ['Models are gone', 'vendor-a', true],
    ['See our models', 'vendor-a', false],
    ['Not found', 'not', false],
  ])('"%s" of %s: %s', (message, model, expected) => {
    expect(speaksOfModel(message, model)).toBe(expected);
  });
});

describe('withoutModel', () => {
  it.each([
    ['Limit of Vendor-A, vendor-a', 'VENDOR-a', 'limit of  ,  '],
    ['Try again in 20s', 's', 'Try again in 20s'],
    ['No limit', '', 'No limit'],
  ])('"%s" without %s', (message, model, expected) => {
    expect(withoutModel(message, model)).toBe(expected);
  });
});

describe('isModelName', () => {
  it.each([
    ['', false],
    ['m', true],
    ['m'.repeat(200), true],
    ['m'.repeat(201), false],
  ])('%s: %s', (model, expected) => {
    expect(isModelName(model)).toBe(expected);
  });
});
