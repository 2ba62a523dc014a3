import { describe, expect, it } from '@jest/globals';
import { fitsValueType, isFieldPath } from './payload-rule.dto.js';

describe('fitsValueType', () => {
  it.each([
    ['string', 'x'],
    ['number', 1.5],
    ['number', '1.5'],
    ['boolean', false],
    ['boolean', 'true'],
    ['json', { a: [1] }],
    ['json', null],
    ['json', '{"a":[1]}'],
    ['json', '7'],
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
    ['json', 'x'],
    ['json', ''],
    ['json', '{a:1}'],
    ['json', ['x'.repeat(10_001)]],
    ['date', 'x'],
    ['toString', 'x'],
    [7, 'x'],
    [undefined, 'x'],
  ])('of %s refuses %j', (valueType, value) => {
    expect(fitsValueType(value, valueType)).toBe(false);
  });
});

describe('isFieldPath', () => {
  it.each(['a', 'reasoning.effort', 'tools.0.name', 'proto.x'])('accepts %j', (path) => {
    expect(isFieldPath(path)).toBe(true);
  });

  it.each(['', '.', 'a..b', '.a', 'a.', 'a. .b', '__proto__.x', 'a.constructor', 'a.prototype.b', ' __proto__ ', 7])(
    'refuses %j',
    (path) => {
      expect(isFieldPath(path)).toBe(false);
    },
  );
});
