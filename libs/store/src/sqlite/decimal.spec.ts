import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addDecimal } from './decimal.js';

/** A fraction as text, exactly `units / 10^scale`. */
const fraction = fc
  .record({ units: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), scale: fc.integer({ min: 0, max: 17 }) })
  .map(({ units, scale }) => ({ units, scale, text: `${units}e-${scale}` }));

describe('addDecimal', () => {
  it('adds without any rounding what has no more than 17 decimals', () => {
    const property = fc.property(fraction, fc.integer({ min: -1_000_000, max: 1_000_000 }), (stored, by) => {
      const [whole = '', decimals = ''] = addDecimal(stored.text, by).split('.');
      const sum = BigInt(whole + decimals.padEnd(17, '0'));
      expect(sum).toBe(stored.units * 10n ** BigInt(17 - stored.scale) + BigInt(by) * 10n ** 17n);
    });
    fc.assert(property);
  });

  it('prints what it reads again, and never a trailing zero', () => {
    const property = fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }), (by) => {
      const printed = addDecimal('0', by);
      expect(addDecimal(printed, 0)).toBe(printed);
      expect(printed).toMatch(/^(?:0|-?(?:[1-9]\d*(?:\.\d*[1-9])?|0\.\d*[1-9]))$/);
      expect(Math.abs(Number(printed) - by)).toBeLessThanOrEqual(5e-18 + Math.abs(by) * Number.EPSILON);
    });
    fc.assert(property);
  });

  it.each([
    ['0.000000000000000005', '0'],
    ['0.0000000000000000051', '0.00000000000000001'],
    ['0.000000000000000015', '0.00000000000000002'],
    ['-0.000000000000000015', '-0.00000000000000002'],
    ['-0.000000000000000025', '-0.00000000000000002'],
    ['-0.000000000000000004', '0'],
  ])('rounds %s at the 17th decimal, half to even', (stored, printed) => {
    expect(addDecimal(stored, 0)).toBe(printed);
  });

  it.each(['1e4933', '1e-4933', `0.${'1'.repeat(6_000)}`])('refuses what no store could hold', (stored) => {
    expect(() => addDecimal(stored, 0)).toThrow('ERR value is not a valid float');
  });
});
