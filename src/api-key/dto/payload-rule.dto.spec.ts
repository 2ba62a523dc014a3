import { describe, expect, it } from '@jest/globals';
import { fitsValueType } from './payload-rule.dto.js';

describe('fitsValueType', () => {
  it.each([
    ['string', 'x'],
    ['number', 1.5],
    ['number', '1.5'],
    ['boolean', false],
    ['boolean', 'true'],
    ['json', { a: [1] }],
    ['json', null],
  ])('of %s accepts %j', (valueType, value) => {
    expect(fitsValueType(value, valueType)).toBe(true);
  });

  it.each([
    ['string', 1],
    ['number', 'x'],
    ['number', ' '],
    ['number', Number.NaN],
    ['number', true],
    ['boolean', 'yes'],
    ['json', undefined],
    ['json', 'x'.repeat(10_001)],
    ['date', 'x'],
    ['toString', 'x'],
    [7, 'x'],
    [undefined, 'x'],
  ])('of %s refuses %j', (valueType, value) => {
    expect(fitsValueType(value, valueType)).toBe(false);
  });
});
