import { describe, expect, it } from '@jest/globals';
import { isModelMap } from './setting-field.js';

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
    [['__proto__']],
    [JSON.parse('{"__proto__":"a"}')],
    [many],
    [Object.fromEntries(many.map((model) => [model, model]))],
  ])('refuses %j', (value) => {
    expect(isModelMap(value)).toBe(false);
  });
});
