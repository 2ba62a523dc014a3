import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_FIGURES } from '../roll-up/figures.js';
import { numberIn, sumTold, toldByCounters, toldByKeyModel, toldByRollUp } from './figures-compared.js';

const COUNTED = { requests: '2', inputTokens: '3', outputTokens: '4', cacheCreateTokens: '5', cacheReadTokens: '6' };
const TOLD = { requests: 2, inputTokens: 3, outputTokens: 4, cacheCreateTokens: 5, cacheReadTokens: 6 };

describe('numberIn', () => {
  it('reads every number as it is printed', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(numberIn(String(value))).toBe(Object.is(value, -0) ? 0 : value);
      }),
    );
  });

  it('takes nothing for 0, and anything else for no number', () => {
    expect([numberIn(null), numberIn(undefined)]).toEqual([0, 0]);
    for (const text of ['', 'x', '0x1f', '1 2', 'NaN', '.5']) expect(numberIn(text)).toBeNaN();
  });
});

describe('toldByCounters', () => {
  it('tells optional figures only where they are counted', () => {
    expect(toldByCounters(COUNTED)).toEqual(TOLD);
    const all = { ...COUNTED, tokens: '7', allTokens: '18', ephemeral5mTokens: '1', ephemeral1hTokens: '4' };
    const told = { ...TOLD, tokens: 7, allTokens: 18, ephemeral5mTokens: 1, ephemeral1hTokens: 4 };
    expect(toldByCounters(all)).toEqual(told);
  });

  it('tells of a very old hash the one sum that it has', () => {
    expect(toldByCounters({ requests: '2', tokens: '7' })).toEqual({ requests: 2, tokens: 7 });
    expect(toldByKeyModel({ requests: '2', tokens: '7' })).toEqual({ requests: 2, tokens: 0 });
  });
});

describe('toldByKeyModel', () => {
  const costs = { realCostMicro: '1000000', ratedCostMicro: '2000000' };

  it('tells costs in USD', () => {
    expect(toldByKeyModel({ ...COUNTED, ...costs })).toEqual({ ...TOLD, tokens: 7, costUsd: 2, realCostUsd: 1 });
  });

  it('tells none when some requests were booked without', () => {
    for (const hash of [COUNTED, { ...COUNTED, ...costs, uncostedInputTokens: '1' }]) {
      expect(toldByKeyModel(hash)).toEqual({ ...TOLD, tokens: 7 });
    }
  });

  it('tells no cost of no request', () => {
    expect(toldByKeyModel({})).toMatchObject({ requests: 0, costUsd: 0, realCostUsd: 0 });
  });
});

describe('sumTold', () => {
  it('adds figures up, and leaves out what one of the sources does not tell', () => {
    expect(sumTold([])).toEqual({});
    expect(
      sumTold([
        { requests: 1, costUsd: 2 },
        { requests: 3, costUsd: 4 },
      ]),
    ).toEqual({ requests: 4, costUsd: 6 });
    expect(sumTold([{ requests: 1, costUsd: 2 }, { requests: 3 }])).toEqual({ requests: 4 });
    expect(sumTold([{ requests: 1, costUsd: 2 }, { requests: 0 }])).toEqual({ requests: 1, costUsd: 2 });
    expect(sumTold([{ requests: 1, ephemeral5mTokens: 2 }, { requests: 3 }])).toMatchObject({ ephemeral5mTokens: 2 });
  });

  it('gives the same in any order', () => {
    const figures = fc.record({
      requests: fc.nat(),
      inputTokens: fc.nat(),
      realMicroUsd: fc.nat(),
      ratedMicroUsd: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(figures), (all) => {
        const told = all.map((some) => toldByRollUp({ ...NO_FIGURES, ...some }));
        expect(sumTold(told).requests).toBe(sumTold(told.toReversed()).requests);
        expect(sumTold(told).inputTokens).toBe(all.length === 0 ? undefined : sumTold(told.toReversed()).inputTokens);
      }),
    );
  });
});
