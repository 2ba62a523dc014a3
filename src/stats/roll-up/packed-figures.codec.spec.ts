import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addFigures, allTokensOf, type Figures, isUsed, NO_FIGURES, PACKED } from './figures.js';
import { packFigures, unpackFigures } from './packed-figures.codec.js';

const amounts = fc.nat(Number.MAX_SAFE_INTEGER);
const anyFigures: fc.Arbitrary<Figures> = fc.record({
  requests: amounts,
  inputTokens: amounts,
  outputTokens: amounts,
  cacheCreateTokens: amounts,
  cacheReadTokens: amounts,
  ephemeral5mTokens: amounts,
  ephemeral1hTokens: amounts,
  realMicroUsd: amounts,
  ratedMicroUsd: amounts,
  estimatedRequests: amounts,
  unpricedRequests: amounts,
});

describe('packed figures', () => {
  it('come back as they were packed', () => {
    fc.assert(
      fc.property(anyFigures, (figures) => {
        expect(unpackFigures(packFigures(figures))).toEqual(figures);
      }),
    );
  });

  it('stand in the order that is fixed', () => {
    const figures = Object.fromEntries(PACKED.map((name, at) => [name, at + 1])) as unknown as Figures;
    expect(packFigures(figures)).toBe('1 2 3 4 5 6 7 8 9 10 11');
    expect(unpackFigures('1 2 3 4 5 6 7 8 9 10 11')).toEqual(figures);
  });

  it('of any older version read what is missing as 0, of a later one leave out what was appended', () => {
    fc.assert(
      fc.property(fc.array(amounts, { minLength: 1, maxLength: 20 }), (numbers) => {
        const expected = Object.fromEntries(PACKED.map((name, at) => [name, numbers[at] ?? 0]));
        expect(unpackFigures(numbers.join(' '))).toEqual(expected);
      }),
    );
  });

  it.each([
    ...['', ' ', '1 ', ' 1', '1  2', '1,2', '-1', '1.5', '1e3', 'NaN', '1\t2', '1 x', '\u0661', '0x1'],
    '1 9007199254740992',
    '1'.repeat(400),
  ])('are none where the text is damaged: %j', (text) => {
    expect(unpackFigures(text)).toBeNull();
  });

  it('of any text are either none or those of its plain reading', () => {
    const texts = fc.string({ unit: fc.constantFrom('0', '7', ' ', '-', '.', 'e'), maxLength: 30 });
    fc.assert(
      fc.property(texts, (text) => {
        const isPacked = /^\d+(?: \d+)*$/.test(text) && text.split(' ').every((n) => Number.isSafeInteger(Number(n)));
        const numbers = text.split(' ').map(Number);
        const expected = isPacked ? Object.fromEntries(PACKED.map((name, at) => [name, numbers[at] ?? 0])) : null;
        expect(unpackFigures(text)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('figures', () => {
  it('add up name by name', () => {
    fc.assert(
      fc.property(anyFigures, anyFigures, (a, b) => {
        expect(addFigures(a, b)).toEqual(Object.fromEntries(PACKED.map((name) => [name, a[name] + b[name]])));
      }),
    );
  });

  it('are used when there was a request or a token of any class', () => {
    expect(isUsed(NO_FIGURES)).toBe(false);
    expect(isUsed({ ...NO_FIGURES, realMicroUsd: 5 })).toBe(false);
    expect(isUsed({ ...NO_FIGURES, requests: 1 })).toBe(true);
    expect(isUsed({ ...NO_FIGURES, cacheReadTokens: 1 })).toBe(true);
    const tokens = { inputTokens: 1, outputTokens: 10, cacheCreateTokens: 100, cacheReadTokens: 1000 };
    expect(allTokensOf({ ...NO_FIGURES, ...tokens, ephemeral5mTokens: 60, ephemeral1hTokens: 40 })).toBe(1111);
  });
});
