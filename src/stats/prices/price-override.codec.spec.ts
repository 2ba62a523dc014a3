import { describe, expect, it } from '@jest/globals';
import type { PriceOverride } from '../pricing/price-override.js';
import {
  changedPrice,
  decodeStoredPrices,
  encodeStoredPrices,
  nameProblem,
  readPriceFile,
  withPrice,
} from './price-override.codec.js';

const BARE: PriceOverride = {
  from: null,
  ...{ input: 3, output: 15, cacheWrite: null, cacheWrite1h: null, cacheRead: null },
  ...{ longContext: null, fastMultiplier: null, priorityMultiplier: null },
};
const FULL: PriceOverride = {
  from: '2026-12-01',
  ...{ input: 1, output: 2, cacheWrite: 3, cacheWrite1h: 4, cacheRead: 5 },
  longContext: {
    aboveTokens: 200_000,
    prices: { input: 6, output: 7, cacheWrite: null, cacheWrite1h: 8, cacheRead: null },
  },
  ...{ fastMultiplier: 2, priorityMultiplier: 1.5 },
};

describe('changedPrice', () => {
  it('needs input and output for a new price', () => {
    expect(changedPrice(null, { input: 3 }, null)).toBeNull();
    expect(changedPrice(null, { output: 3 }, null)).toBeNull();
    expect(changedPrice(null, { input: 3, output: 15 }, null)).toEqual(BARE);
  });

  it('changes only what is given, and null clears', () => {
    expect(changedPrice(FULL, {}, FULL.from)).toEqual(FULL);
    expect(changedPrice(FULL, { output: 0, cacheRead: null, longContext: null }, FULL.from)).toEqual({
      ...FULL,
      ...{ output: 0, cacheRead: null, longContext: null },
    });
    const longContext = { aboveTokens: 9, prices: { input: 1, output: 2 } };
    expect(changedPrice(FULL, { longContext, fastMultiplier: null }, FULL.from)).toEqual({
      ...FULL,
      fastMultiplier: null,
      longContext: {
        aboveTokens: 9,
        prices: { input: 1, output: 2, cacheWrite: null, cacheWrite1h: null, cacheRead: null },
      },
    });
  });
});

describe('withPrice', () => {
  it('keeps the days in order, since ever first, one price for each', () => {
    const later = { ...BARE, from: '2027-01-01' };
    const history = [later, FULL, BARE].reduce<readonly PriceOverride[]>(withPrice, []);
    expect(history).toEqual([BARE, FULL, later]);
    const dearer = { ...FULL, input: 9 };
    expect(withPrice(history, dearer)).toEqual([BARE, dearer, later]);
  });
});

describe('stored prices', () => {
  it('come back as they were', () => {
    const stored = { history: [BARE, FULL], updatedAt: '2026-11-23T04:05:00.678Z', updatedBy: 'ada' };
    expect(decodeStoredPrices(encodeStoredPrices(stored))).toEqual(stored);
    expect(decodeStoredPrices('{"history":[{"input":3,"output":15}]}')).toEqual({
      ...{ history: [BARE], updatedAt: null, updatedBy: null },
    });
  });

  it.each(['', 'no json', 'null', '[]', '{}', '{"history":[{"input":3}]}', '{"history":"x"}'])(
    'cannot be read from %j',
    (text) => {
      expect(decodeStoredPrices(text)).toBeNull();
    },
  );
});

describe('readPriceFile', () => {
  it('takes one price, or a list of prices by day, for each model', () => {
    const text = JSON.stringify({ a: { input: 3, output: 15 }, 'vendor/b': [FULL, { ...BARE, from: '2026-01-01' }] });
    const { histories, problems } = readPriceFile(text);
    expect(problems).toEqual([]);
    expect([...histories]).toEqual([
      ['a', [BARE]],
      ['vendor/b', [{ ...BARE, from: '2026-01-01' }, FULL]],
    ]);
  });

  it.each<[unknown, string]>([
    ['text', 'it is no JSON object with a price, or a list of prices, for each model'],
    [{ a: 3 }, 'a, price 1: it must be an object with input and output'],
    [{ a: [] }, 'a: no price is given'],
    [{ a: { input: 3 } }, 'a, price 1: input and output are required'],
    [{ a: { input: -1, output: 1 } }, 'a, price 1: input must be a price in USD per million tokens, from 0 to 1000000'],
    [
      { a: { input: null, output: 1 } },
      'a, price 1: input must be a price in USD per million tokens, from 0 to 1000000',
    ],
    [
      { a: { input: 1, output: '1' } },
      'a, price 1: output must be a price in USD per million tokens, from 0 to 1000000',
    ],
    [{ a: { input: 1, output: 1, cached: 1 } }, 'a, price 1: cached is not a known field'],
    [{ a: { input: 1, output: 1, model: 'a' } }, 'a, price 1: model stands in the path'],
    [{ a: { input: 1, output: 1, from: '2026-02-30' } }, 'a, price 1: from must be a day such as 2030-01-31'],
    [{ a: { input: 1, output: 1, from: '2026-02-03T00:00:00Z' } }, 'a, price 1: from must be a day such as 2030-01-31'],
    [
      { a: { input: 1, output: 1, longContext: { aboveTokens: 1, prices: { input: 1 } } } },
      'a, price 1: output must be a price in USD per million tokens, from 0 to 1000000',
    ],
    [
      { a: { input: 1, output: 1, longContext: { aboveTokens: 0.5, prices: { input: 1, output: 1 } } } },
      'a, price 1: aboveTokens must be a whole number of tokens from 1 to 1000000000',
    ],
    [
      { a: { input: 1, output: 1, longContext: [] } },
      'a, price 1: longContext must be an object with aboveTokens and prices',
    ],
    [
      { a: { input: 1, output: 1, fastMultiplier: 1001 } },
      'a, price 1: fastMultiplier must be a factor from 0 to 1000',
    ],
    [{ a: [BARE, FULL, BARE] }, 'a: two prices begin on the same day'],
    [{ '': BARE }, 'the name of a model is empty or has blanks around it: ""'],
    [{ ['x'.repeat(201)]: BARE }, 'the name of a model has more than 200 characters'],
  ])('refuses %j', (content, problem) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    expect(readPriceFile(text).problems).toEqual([problem]);
  });

  it('tells everything that is wrong at once', () => {
    expect(readPriceFile('{"a":[1,2],"b":{}}').problems).toHaveLength(3);
  });
});

describe('nameProblem', () => {
  it('knows names of models', () => {
    expect(nameProblem('claude-opus-4-1')).toBeNull();
    expect(nameProblem('a b')).toBeNull();
    expect(nameProblem(' a')).not.toBeNull();
    expect(nameProblem('x'.repeat(200))).toBeNull();
  });
});
