import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PriceBook } from '../pricing/price-book.js';
import type { ModelUse } from '../stats.service.js';
import { byTokens, mergeUses, toModelRow } from './model-row.js';

const AT = new Date('2026-11-23T04:05:00Z');
const prices = new PriceBook();

const useOf = (model: string, change: Partial<ModelUse> = {}): ModelUse => ({
  model,
  ...{ requests: 1, inputTokens: 1203, outputTokens: 457, cacheCreateTokens: 1118, cacheReadTokens: 20_011 },
  ...{ ephemeral5mTokens: 811, ephemeral1hTokens: 307, allTokens: 22_789 },
  ...{ costUsd: 0.0427, realCostUsd: 0.021351, isCostStored: true },
  ...change,
});
const rowOf = (use: ModelUse) => toModelRow(use, prices.findPrices(use.model, AT));

describe('toModelRow', () => {
  it('shows what was booked, its parts at the prices of now, and these prices', () => {
    expect(rowOf(useOf('claude-sonnet-4-5-20250929'))).toEqual({
      model: 'claude-sonnet-4-5-20250929',
      ...{ requests: 1, inputTokens: 1203, outputTokens: 457, cacheCreateTokens: 1118, cacheReadTokens: 20_011 },
      allTokens: 22_789,
      costs: {
        input: expect.closeTo(0.003609, 12),
        output: expect.closeTo(0.006855, 12),
        cacheWrite: expect.closeTo(0.00488325, 12),
        cacheRead: expect.closeTo(0.0060033, 12),
        ...{ total: 0.021351, real: 0.021351, rated: 0.0427 },
      },
      formatted: {
        ...{ input: '$0.0036', output: '$0.0069', cacheWrite: '$0.0049', cacheRead: '$0.0060' },
        ...{ total: '$0.0214', real: '$0.0214', rated: '$0.0427' },
      },
      pricing: { input: 3, output: 15, cacheWrite: 3.75, cacheRead: 0.3 },
      isLegacy: false,
    });
  });

  it('prices all cache writes alike where nobody noted how long they lived', () => {
    const row = rowOf(useOf('claude-sonnet-4-5-20250929', { ephemeral5mTokens: 0, ephemeral1hTokens: 0 }));
    expect(row.costs.cacheWrite).toBeCloseTo((1118 * 3.75) / 1e6, 12);
  });

  it('shows the input price for the cache of a vendor who names none', () => {
    expect(rowOf(useOf('gpt-5')).pricing).toEqual({ input: 1.25, output: 10, cacheWrite: 1.25, cacheRead: 0.125 });
  });

  it('does not take the sum of many requests for a long prompt', () => {
    const { costs } = rowOf(useOf('gpt-5.4', { inputTokens: 1_000_000 }));
    expect(costs.input).toBeCloseTo(prices.findPrices('gpt-5.4', AT)?.standard.input ?? 0, 9);
  });

  it('prices a model that nobody knows, which is never free, and says what was not booked with a cost', () => {
    const row = rowOf(useOf('nobody-knows', { isCostStored: false }));
    expect(row.pricing).toEqual({ input: 3, output: 15, cacheWrite: 3.75, cacheRead: 0.3 });
    expect(row.isLegacy).toBe(true);
  });
});

describe('byTokens', () => {
  it('orders by tokens, and by name where these are equal', () => {
    const uses = [useOf('b'), useOf('c', { allTokens: 30_000 }), useOf('a'), useOf('d')];
    expect(uses.toSorted(byTokens).map(({ model }) => model)).toEqual(['c', 'a', 'b', 'd']);
    expect(
      uses
        .toReversed()
        .toSorted(byTokens)
        .map(({ model }) => model),
    ).toEqual(['c', 'a', 'b', 'd']);
  });
});

describe('mergeUses', () => {
  it('adds up the uses of the same model', () => {
    const [first, second, ...rest] = mergeUses([useOf('a'), useOf('b'), useOf('a', { isCostStored: false })]);
    expect(first).toEqual({
      model: 'a',
      ...{ requests: 2, inputTokens: 2406, outputTokens: 914, cacheCreateTokens: 2236, cacheReadTokens: 40_022 },
      ...{ ephemeral5mTokens: 1622, ephemeral1hTokens: 614, allTokens: 45_578 },
      ...{ costUsd: expect.closeTo(0.0854, 12), realCostUsd: expect.closeTo(0.042702, 12), isCostStored: false },
    });
    expect(second).toEqual(useOf('b'));
    expect(rest).toEqual([]);
  });

  it('loses and invents no token, and has each model once, the most used first', () => {
    const uses = fc.array(
      fc.record({ model: fc.constantFrom('a', 'b', 'c'), allTokens: fc.nat() }).map((part) => useOf(part.model, part)),
    );
    fc.assert(
      fc.property(uses, (given) => {
        const merged = mergeUses(given).toSorted(byTokens);
        const sum = (rows: readonly ModelUse[]) => rows.reduce((total, row) => total + row.allTokens, 0);
        expect(sum(merged)).toBe(sum(given));
        expect(merged.map(({ model }) => model).sort()).toEqual([...new Set(given.map(({ model }) => model))].sort());
        expect(merged.map(({ allTokens }) => allTokens)).toEqual(
          merged.map(({ allTokens }) => allTokens).toSorted((a, b) => b - a),
        );
      }),
    );
  });
});
