import { describe, expect, it } from '@jest/globals';
import { isInstant, isModelMap } from './setting-field.js';

describe('isModelMap', () => {
  const many = Array.from({ length: 1001 }, (_, index) => `m${index}`);

  it.each([[[]], [{}], [['a']], [{ a: 'b' }], [many.slice(1)], [Object.fromEntries(many.slice(1).map((m) => [m, m]))]])(
    'takes %j',
    (value) => {
      expect(isModelMap(value)).toBe(true);
    },
  );

  it.each([
    [null],
    ['a'],
    [7],
    [[7]],
    [['']],
    [[' ']],
    [{ a: null }],
    [{ a: { b: 'c' } }],
    [{ '': 'a' }],
    [['m'.repeat(201)]],
    [many],
    [Object.fromEntries(many.map((model) => [model, model]))],
  ])('refuses %j', (value) => {
    expect(isModelMap(value)).toBe(false);
  });
});

describe('isInstant', () => {
  it.each(['2030-01-31', '2028-02-29', '2030-01-31T12:00Z', '2030-01-31T12:00:00.123+08:00'])('takes %s', (text) => {
    expect(isInstant(text)).toBe(true);
  });

  it.each([
    null,
    7,
    '',
    'soon',
    '2030-1-31',
    '2030-02-30',
    '2030-02-30T00:00:00Z',
    '2030-13-01',
    '2030-01-31T12:00',
    '2030-01-31T25:00Z',
  ])('refuses %p', (value) => {
    expect(isInstant(value)).toBe(false);
  });
});
