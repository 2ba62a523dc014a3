import { describe, expect, it } from '@jest/globals';
import { NO_TOKENS } from '@crs/extension-api';
import { costOf } from './cost.js';
import { PriceBook } from './price-book.js';
import { findInForce, type FoundOverride, type PriceOverride, PriceOverrides } from './price-override.js';

const AT = new Date('2026-11-23T04:05:00Z');

const price = (input: number, more: Partial<PriceOverride> = {}): PriceOverride => ({
  from: null,
  ...{ input, output: 2 * input, cacheWrite: null, cacheWrite1h: null, cacheRead: null },
  ...{ longContext: null, fastMultiplier: null, priorityMultiplier: null },
  ...more,
});

class Overrides extends PriceOverrides {
  override version = 1;

  constructor(readonly prices: Readonly<Record<string, PriceOverride>>) {
    super();
  }

  override find(model: string): FoundOverride | null {
    const prices = this.prices[model];
    return prices === undefined ? null : { source: 'override', prices };
  }
}

const bookWith = (prices: Readonly<Record<string, PriceOverride>>) => new PriceBook(new Overrides(prices));
const inputOf = (book: PriceBook, model: string) => book.findPrices(model, AT)?.standard.input ?? null;

describe('PriceBook with prices of an administrator', () => {
  it.each([
    ['the name itself', 'claude-opus-4-1', 99],
    ['the name with a date', 'claude-opus-4-1-20250805', 99],
    ['the name with other decorations', 'anthropic/Claude_Opus_4_1[1m]', 99],
    ['an unlisted ending', 'my-model-v2', 7],
    ['another model of the list that begins alike', 'gpt-5-mini', 0.25],
    ['a date of OpenAI', 'gpt-5-2025-08-07', 88],
    ['any other model', 'claude-haiku-4-5', 1],
    ['nothing', 'other-model', null],
  ])('prices %s', (_, model, expected) => {
    const book = bookWith({ 'claude-opus-4-1': price(99), 'gpt-5': price(88), 'my-model': price(7) });
    expect(inputOf(book, model)).toBe(expected);
  });

  it('prefers exactly the name', () => {
    const book = bookWith({ 'claude-opus-4-1': price(1), 'claude-opus-4-1-20250805': price(2) });
    expect(inputOf(book, 'claude-opus-4-1-20250805')).toBe(2);
    expect(inputOf(book, 'claude-opus-4-1-20250101')).toBe(1);
  });

  it('says where prices come from', () => {
    const book = bookWith({ 'my-model': price(7, { from: '2026-11-01' }) });
    expect(book.find('my-model-2026-11-20', AT)).toMatchObject({
      source: 'override',
      name: 'my-model',
      from: '2026-11-01',
    });
    expect(book.find('claude-opus-4-1-x', AT)).toMatchObject({ source: 'list', name: 'claude-opus-4-1-x', from: null });
    expect(book.find('nobody-knows', AT)).toBeNull();
  });

  it("keeps the vendor's rules where the administrator left them open", () => {
    const book = bookWith({
      'claude-opus-4-6': price(10),
      'gpt-5': price(10),
      'my-opus': price(10),
      'my-model': price(10, { cacheRead: 3, fastMultiplier: 9, priorityMultiplier: 4 }),
    });
    const usage = { ...NO_TOKENS, cacheReadTokens: 1_000_000 };
    const costs = ['claude-opus-4-6', 'gpt-5', 'my-opus', 'my-model'].map((model) => {
      const request = { model, usage, betaHeader: null, speed: null, serviceTier: null };
      return costOf(request, book.findPrices(model, AT)).breakdown.total;
    });
    expect(costs).toEqual([1, 10, 1, 3]);
    expect(book.findPrices('claude-opus-4-6', AT)).toMatchObject({ isClaude: true, fastMultiplier: 6 });
    expect(book.findPrices('gpt-5', AT)).toMatchObject({ isClaude: false, priorityMultiplier: 2, longContext: null });
    expect(book.findPrices('my-model', AT)).toMatchObject({ fastMultiplier: 9, priorityMultiplier: 4 });
  });

  it('has other prices for long requests where they are set', () => {
    const prices = { input: 20, output: 40, cacheWrite: null, cacheWrite1h: null, cacheRead: null };
    const book = bookWith({ 'my-model': price(10, { longContext: { aboveTokens: 100, prices } }) });
    const cost = (inputTokens: number) => {
      const request = {
        model: 'my-model',
        usage: { ...NO_TOKENS, inputTokens },
        betaHeader: null,
        speed: null,
        serviceTier: null,
      };
      return costOf(request, book.findPrices('my-model', AT));
    };
    expect(cost(100)).toMatchObject({ tier: '', breakdown: { total: 0.001 } });
    expect(cost(101)).toMatchObject({ tier: 'long', breakdown: { total: 0.00202 } });
  });
});

describe('findInForce', () => {
  const history = [price(1), price(2, { from: '2026-11-10' }), price(3, { from: '2026-11-20' })];

  it.each([
    ['2020-01-01', 1],
    ['2026-11-09', 1],
    ['2026-11-10', 2],
    ['2026-11-19', 2],
    ['2026-11-20', 3],
    ['2030-01-01', 3],
  ])('knows the price of %s', (day, input) => {
    expect(findInForce(history, day)?.input).toBe(input);
  });

  it('knows none before the first', () => {
    expect(findInForce(history.slice(1), '2026-11-09')).toBeNull();
    expect(findInForce([], '2026-11-09')).toBeNull();
  });
});
