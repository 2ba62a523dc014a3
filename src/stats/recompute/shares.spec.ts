import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sharesOf } from './shares.js';

describe('sharesOf', () => {
  it.each<[number, number[], number[]]>([
    [10, [1, 1], [5, 5]],
    [10, [3, 1], [8, 2]],
    [-10, [3, 1], [-7, -3]],
    [7, [0, 0], [4, 3]],
    [7, [0, 5], [0, 7]],
    [0, [1, 2], [0, 0]],
    [5, [], []],
  ])('divides %d by %j into %j', (total, weights, expected) => {
    expect(sharesOf(total, weights)).toEqual(expected);
  });

  it('gives the whole, nobody more than one off, and takes from nobody more than he has', () => {
    const weights = fc.array(fc.nat(1e9), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(weights, fc.integer({ min: -1000, max: 100_000 }), (own, permille) => {
        const sum = own.reduce((all, weight) => all + weight, 0);
        const total = Math.round((sum * permille) / 1000) + 0;
        const shares = sharesOf(total, own);
        expect(shares.reduce((all, share) => all + share, 0)).toBe(total);
        for (const [i, share] of shares.entries()) {
          const weight = own[i] ?? 0;
          expect(weight + share).toBeGreaterThanOrEqual(0);
          if (sum > 0) expect(Math.abs(share - total * (weight / sum))).toBeLessThan(1.01);
        }
      }),
    );
  });
});
