import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { percentile } from './percentile.js';

describe('percentile', () => {
  it.each([
    [[], 0.9, 0],
    [[7], 0.5, 7],
    [[3, 1, 2], 0.5, 2],
    [[1, 2, 3, 4], 0.5, 2],
    [[10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 0.9, 9],
    [[100, 20], 0.9, 100],
    [[5, 6], 0, 5],
  ])('of %j at %d is %d', (values, share, expected) => {
    expect(percentile(values, share)).toBe(expected);
  });

  it('is the least of the values that enough of them do not exceed', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1 }), fc.constantFrom(0.5, 0.9, 1), (values, share) => {
        const found = percentile(values, share);
        const upTo = (most: number) => values.filter((value) => value <= most).length;
        expect(values).toContain(found);
        expect(upTo(found)).toBeGreaterThanOrEqual(values.length * share);
        for (const value of values) if (value < found) expect(upTo(value)).toBeLessThan(values.length * share);
      }),
    );
  });
});
