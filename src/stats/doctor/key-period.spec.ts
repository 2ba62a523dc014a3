import { describe, expect, it } from '@jest/globals';
import { differencesOfKeyPeriod, type KeyPeriod, type KeyPeriodBooks } from './key-period.js';

const PLAN: KeyPeriod = {
  grain: 'day',
  keyId: 'key-1',
  period: '2026-11-22',
  models: [],
  parts: [],
  areModelsKnown: false,
  isRolledUp: true,
  areCostsKept: true,
};
const NOTHING: KeyPeriodBooks = {
  total: {},
  cost: null,
  realCost: null,
  rollUp: null,
  rollUpModels: {},
  corrections: {},
  parts: [],
  models: new Map(),
};

describe('differencesOfKeyPeriod', () => {
  it('finds nothing where nothing is', () => {
    expect(differencesOfKeyPeriod({ ...PLAN, areModelsKnown: true }, NOTHING)).toEqual([]);
  });

  it('adds up the tiers of a model', () => {
    const books = {
      ...NOTHING,
      rollUpModels: { opus: '1 10 0 0 0 0 0 0 0 0 0', 'opus|fast': '2 20 0 0 0 0 0 0 0 0 0' },
      rollUp: '3 30 0 0 0 0 0 0 0 0 0',
      total: { requests: '3', inputTokens: '30' },
      models: new Map([['opus', { requests: '3', inputTokens: '30', realCostMicro: '0', ratedCostMicro: '0' }]]),
    };
    expect(differencesOfKeyPeriod(PLAN, books)).toEqual([]);
  });

  it('names a model that was not counted at all', () => {
    const books = { ...NOTHING, rollUpModels: { opus: '1 10 0 0 0 0 0 0 0 0 0' } };
    expect(differencesOfKeyPeriod(PLAN, books)).toMatchObject([
      { check: 'roll-up-key-model', model: 'opus', figure: 'requests', left: { value: 1 }, right: { value: 0 } },
      { check: 'roll-up-key-model', model: 'opus', figure: 'inputTokens', left: { value: 10 }, right: { value: 0 } },
    ]);
  });

  it('allows half a micro-USD for each request, and no more', () => {
    const opus = { requests: '4', realCostMicro: '0', ratedCostMicro: '100' };
    const costOf = (cost: string): number =>
      differencesOfKeyPeriod(
        { ...PLAN, isRolledUp: false, areModelsKnown: true },
        { ...NOTHING, total: { requests: '4' }, cost, models: new Map([['opus', opus]]) },
      ).length;
    expect([costOf('0.000102'), costOf('0.000098')]).toEqual([0, 0]);
    expect([costOf('0.000103'), costOf('0.000097')]).toEqual([1, 1]);
  });
});
