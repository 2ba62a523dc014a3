import { describe, expect, it } from '@jest/globals';
import type { TokenUsage } from '@crs/extension-api';
import { keyFiguresOf, type PriceTokens } from './key-figures.js';
import type { ModelCounters, StoredKeyUsage } from './key-usage.js';

const NO_COSTS = { total: null, realTotal: null, today: null, realToday: null, month: null, claudeWeek: null };
const NO_WINDOW = { startedAt: null, requests: null, tokens: null, cost: null };

const stored = (change: Partial<StoredKeyUsage> = {}): StoredKeyUsage => ({
  counters: { total: {}, today: {}, month: {} },
  costs: NO_COSTS,
  window: NO_WINDOW,
  running: { slots: [], holds: [] },
  models: [],
  ...change,
});

const model = (name: string, change: Partial<ModelCounters> = {}): ModelCounters => ({
  model: name,
  total: {},
  today: {},
  month: {},
  earlierMonths: [],
  ...change,
});

/** A USD for every million tokens, ten for an unknown model. */
const price: PriceTokens = (name, usage) => (allOf(usage) * (name === 'unknown' ? 10 : 1)) / 1e6;
const allOf = (usage: TokenUsage) =>
  usage.inputTokens + usage.outputTokens + usage.cacheCreateTokens + usage.cacheReadTokens;

const NOTHING = {
  requests: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheCreateTokens: 0,
  cacheReadTokens: 0,
  ephemeral5mTokens: 0,
  ephemeral1hTokens: 0,
  allTokens: 0,
  costUsd: 0,
  realCostUsd: 0,
};

describe('keyFiguresOf', () => {
  it('gives zeros for a key that was never used', () => {
    const figures = keyFiguresOf(stored({ models: [model('of-others')] }), price);
    expect(figures).toEqual({ total: NOTHING, today: NOTHING, month: NOTHING, models: [] });
  });

  it("reads v1's counters and costs", () => {
    const total = {
      ...{ totalRequests: '2', totalInputTokens: '10', totalOutputTokens: '20', totalAllTokens: '100' },
      ...{ totalCacheCreateTokens: '30', totalCacheReadTokens: '40', totalTokens: '30' },
      ...{ totalEphemeral5mTokens: '25', totalEphemeral1hTokens: '5' },
    };
    const today = { requests: '1', inputTokens: '5', outputTokens: '6', allTokens: '11', tokens: '11' };
    const costs = { ...NO_COSTS, total: '1.5', realTotal: '1', today: '0.5', realToday: '0.4', month: '0.75' };
    const figures = keyFiguresOf(stored({ counters: { total, today, month: today }, costs }), price);
    expect(figures.total).toEqual({
      requests: 2,
      inputTokens: 10,
      outputTokens: 20,
      cacheCreateTokens: 30,
      cacheReadTokens: 40,
      ephemeral5mTokens: 25,
      ephemeral1hTokens: 5,
      allTokens: 100,
      costUsd: 1.5,
      realCostUsd: 1,
    });
    expect(figures.today).toMatchObject({ requests: 1, allTokens: 11, costUsd: 0.5, realCostUsd: 0.4 });
    expect(figures.month).toMatchObject({ costUsd: 0.75, realCostUsd: 0.75 });
  });

  it('lists the models by cost, then by tokens, without those that the key never used', () => {
    const hash = (ratedCostMicro: string, inputTokens: string) => ({
      ...{ requests: '1', inputTokens, ratedCostMicro, realCostMicro: '7' },
    });
    const { models } = keyFiguresOf(
      stored({
        models: [
          model('cheap', { total: hash('10', '1') }),
          model('unused'),
          model('dear', { total: hash('2000000', '1') }),
          model('cheap-but-busy', { total: hash('10', '5') }),
        ],
      }),
      price,
    );
    expect(models.map((row) => row.model)).toEqual(['dear', 'cheap-but-busy', 'cheap']);
    expect(models[0]).toEqual({
      ...NOTHING,
      ...{ model: 'dear', requests: 1, inputTokens: 1, allTokens: 1, costUsd: 2, realCostUsd: 0.000007 },
    });
  });

  it('takes the real cost of a month from its models', () => {
    const month = { requests: '1', inputTokens: '1', ratedCostMicro: '500', realCostMicro: '400' };
    const figures = keyFiguresOf(
      stored({ costs: { ...NO_COSTS, month: '0.001' }, models: [model('a', { month }), model('b', { month })] }),
      price,
    );
    expect(figures.month).toMatchObject({ costUsd: 0.001, realCostUsd: 0.0008 });
  });

  describe('with the counters of old versions', () => {
    it('shows 30 % of a bare sum as input and the rest as output', () => {
      const total = { totalTokens: '1001', totalRequests: '3' };
      expect(keyFiguresOf(stored({ counters: { total, today: {}, month: {} } }), price).total).toMatchObject({
        requests: 3,
        inputTokens: 300,
        outputTokens: 701,
        allTokens: 1001,
      });
    });

    it('takes the rated cost for the real one where only that was kept', () => {
      const costs = { ...NO_COSTS, total: '2', today: '1' };
      const figures = keyFiguresOf(stored({ costs }), price);
      expect(figures.total.realCostUsd).toBe(2);
      expect(figures.today.realCostUsd).toBe(1);
      const halfPriced = model('m', { total: { requests: '1', ratedCostMicro: '5' } });
      expect(keyFiguresOf(stored({ models: [halfPriced] }), price).models[0]).toMatchObject({ realCostUsd: 5e-6 });
    });

    it('prices the tokens of each model where no cost was kept', () => {
      const tokens = { requests: '1', inputTokens: '600000', outputTokens: '400000' };
      const figures = keyFiguresOf(
        stored({
          counters: { total: { totalInputTokens: '2000000' }, today: tokens, month: tokens },
          models: [model('a', { month: tokens, today: tokens }), model('b', { month: tokens })],
        }),
        price,
      );
      expect(figures.models).toMatchObject([{ costUsd: 1, realCostUsd: 1 }, { costUsd: 1 }]);
      expect(figures.total).toMatchObject({ costUsd: 2, realCostUsd: 2 });
      expect(figures.month).toMatchObject({ costUsd: 2, realCostUsd: 2 });
      expect(figures.today).toMatchObject({ costUsd: 1, realCostUsd: 1 });
    });

    it('prices cache writes by how long they lived where the counters tell', () => {
      const byLife: PriceTokens = (_, { hasCacheSplit, ephemeral5mTokens, ephemeral1hTokens, cacheCreateTokens }) =>
        hasCacheSplit ? ephemeral5mTokens + 2 * ephemeral1hTokens : 100 * cacheCreateTokens;
      const month = { requests: '1', inputTokens: '1', cacheCreateTokens: '30' };
      const costOf = (split: Record<string, string>): number | undefined =>
        keyFiguresOf(stored({ models: [model('m', { month: { ...month, ...split } })] }), byLife).models[0]?.costUsd;
      expect(costOf({ ephemeral5mTokens: '20', ephemeral1hTokens: '10' })).toBe(40);
      expect(costOf({ ephemeral1hTokens: '30' })).toBe(60);
      expect(costOf({})).toBe(3000);
      const later = { ...{ ratedCostMicro: '7000000' }, ...{ uncostedCacheCreateTokens: '9' } };
      expect(costOf({ ...later, uncostedEphemeral1hTokens: '9' })).toBe(25);
    });

    it('prices the tokens as of an unknown model where not even the models were kept', () => {
      const total = { totalTokens: '1000000' };
      expect(keyFiguresOf(stored({ counters: { total, today: {}, month: {} } }), price).total).toMatchObject({
        costUsd: 10,
        realCostUsd: 10,
      });
    });

    it('prices what was counted before there were costs beside the costs of what came after', () => {
      const month = {
        ...{ requests: '3', inputTokens: '600', outputTokens: '400', allTokens: '1000' },
        ...{ ratedCostMicro: '500', realCostMicro: '250', uncostedInputTokens: '500', uncostedOutputTokens: '300' },
      };
      const { models } = keyFiguresOf(stored({ models: [model('m', { month })] }), price);
      expect(models).toMatchObject([
        { allTokens: 1000, costUsd: expect.closeTo(0.0013, 12), realCostUsd: expect.closeTo(0.00105, 12) },
      ]);
    });

    it('adds the months up where the lifetime counters began later or never', () => {
      const month = { requests: '1', inputTokens: '10', allTokens: '10', ratedCostMicro: '3', realCostMicro: '2' };
      const total = { requests: '1', inputTokens: '10', ratedCostMicro: '3', realCostMicro: '2' };
      const { models } = keyFiguresOf(
        stored({ models: [model('m', { total, month, earlierMonths: [{}, month] })] }),
        price,
      );
      expect(models).toEqual([
        {
          ...NOTHING,
          ...{ model: 'm', requests: 2, inputTokens: 20, allTokens: 20, costUsd: 6e-6, realCostUsd: 4e-6 },
        },
      ]);
    });

    it('takes the lifetime counters where they know more than the months that are left', () => {
      const month = { requests: '1', inputTokens: '10' };
      const { models } = keyFiguresOf(
        stored({ models: [model('m', { total: { requests: '5', inputTokens: '50' }, month })] }),
        price,
      );
      expect(models).toMatchObject([{ requests: 5, inputTokens: 50 }]);
    });

    it('counts a damaged number as nothing', () => {
      const total = { totalInputTokens: 'many', totalOutputTokens: '5' };
      const costs = { ...NO_COSTS, total: 'much' };
      const figures = keyFiguresOf(stored({ counters: { total, today: {}, month: {} }, costs }), price);
      expect(figures.total).toMatchObject({ inputTokens: 0, outputTokens: 5, allTokens: 5, costUsd: 0 });
    });
  });
});
