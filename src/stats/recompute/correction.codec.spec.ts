import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { differenceOf, isNothing, NO_CORRECTION, packCorrection, sumOf, unpackCorrection } from './correction.codec.js';

const numbers = fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 });
const corrections = fc.record({ realMicroUsd: numbers, ratedMicroUsd: numbers, unpricedRequests: numbers });

describe('a stored correction', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(corrections, (correction) => {
        expect(unpackCorrection(packCorrection(correction))).toEqual(correction);
      }),
    );
  });

  it('is nothing where nothing is corrected', () => {
    expect(packCorrection(NO_CORRECTION)).toBe('');
    expect(isNothing(NO_CORRECTION)).toBe(true);
    for (const field of ['realMicroUsd', 'ratedMicroUsd', 'unpricedRequests']) {
      expect(isNothing({ ...NO_CORRECTION, [field]: -1 })).toBe(false);
    }
  });

  it.each([undefined, '', '1 2', '1 2 3 4', '1 2 x', '1  2 3', '1.5 2 3', '12345678901234567 0 0'])(
    'corrects nothing when it reads %j',
    (text) => {
      expect(unpackCorrection(text)).toEqual(NO_CORRECTION);
    },
  );

  it('is undone by its difference', () => {
    fc.assert(
      fc.property(corrections, corrections, (a, b) => {
        expect(sumOf(differenceOf(a, b), b)).toEqual(a);
        expect(Object.values(differenceOf(a, a))).toEqual([0, 0, 0]);
      }),
    );
  });
});
