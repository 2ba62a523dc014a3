import { describe, expect, it } from '@jest/globals';
import { zip } from './zip.js';

describe('zip', () => {
  it('goes as far as both lists go', () => {
    expect(zip(['a', 'b'], [1, null, 3])).toEqual([
      ['a', 1],
      ['b', null],
    ]);
    expect(zip(['a', 'b'], [1])).toEqual([['a', 1]]);
    expect(zip([], [1])).toEqual([]);
  });
});
