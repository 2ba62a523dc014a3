import { describe, expect, it } from '@jest/globals';
import { mapModel } from './model-map.js';

describe('mapModel', () => {
  it.each([
    ['an empty map serves every model under its own name', {}, 'any', 'any'],
    ['an exact name wins over one that differs in case', { Opus: 'a', opus: 'b' }, 'opus', 'b'],
    ['a name is matched without case', { 'Claude-Opus': 'vendor-opus' }, 'claude-opus', 'vendor-opus'],
    ['a model that is not listed is not served', { a: 'b' }, 'c', null],
    ['names of Object.prototype are no models', { a: 'b' }, 'constructor', null],
  ])('%s', (_, map, requested, expected) => {
    expect(mapModel(map, requested)).toBe(expected);
  });
});
