import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addInteger } from './integer.js';

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

describe('addInteger', () => {
  it('is exact within 64 bits and refuses beyond', () => {
    const stored = fc.bigInt({ min: MIN, max: MAX });
    const by = fc.maxSafeInteger();
    const property = fc.property(stored, by, (value, increment) => {
      const sum = value + BigInt(increment);
      const add = (): string => addInteger(value.toString(), increment);
      if (sum >= MIN && sum <= MAX) expect(add()).toBe(sum.toString());
      else expect(add).toThrow('ERR increment or decrement would overflow');
    });
    fc.assert(property, {
      examples: [
        [MAX, 1],
        [MIN, -1],
        [MAX, 0],
        [MIN, 0],
      ],
    });
  });
});
