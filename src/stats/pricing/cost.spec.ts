import { describe, expect, it } from '@jest/globals';
import { NO_TOKENS, type PriceTier, type TokenUsage } from '@crs/extension-api';
import fc from 'fast-check';
import { costOf, costOfTier, scaleCost, toMicroUsd, type BilledRequest } from './cost.js';
import type { ModelPrices, TokenPrices } from './model-prices.js';

const claude = (input: number, output: number, own: Partial<TokenPrices> = {}): ModelPrices => ({
  standard: {
    input,
    output,
    cacheWrite: input * 1.25,
    cacheWrite1h: input * 2,
    cacheRead: input * 0.1,
    ...own,
  },
  longContext: null,
  isClaude: true,
  priorityMultiplier: null,
  fastMultiplier: null,
});

const GPT_5: ModelPrices = {
  standard: { input: 1.25, output: 10, cacheWrite: null, cacheWrite1h: null, cacheRead: 0.125 },
  longContext: null,
  isClaude: false,
  priorityMultiplier: 2,
  fastMultiplier: null,
};
const SONNET_4 = claude(3, 15);
const OPUS_4_1 = claude(15, 75);
const OPUS_4_6: ModelPrices = { ...claude(5, 25), fastMultiplier: 6 };

const request = (usage: Partial<TokenUsage>, more: Partial<BilledRequest> = {}): BilledRequest => ({
  model: 'some-model',
  usage: { ...NO_TOKENS, ...usage },
  betaHeader: null,
  speed: null,
  serviceTier: null,
  ...more,
});

/** 1000 in, 500 out, 2000 written to the cache, 10000 read from it. */
const u = { inputTokens: 1000, outputTokens: 500, cacheCreateTokens: 2000, cacheReadTokens: 10_000 };
const split = (ephemeral5mTokens: number, ephemeral1hTokens: number): Partial<TokenUsage> => ({
  ...u,
  ephemeral5mTokens,
  ephemeral1hTokens,
  hasCacheSplit: true,
});
const openai = { inputTokens: 1000, outputTokens: 500, cacheReadTokens: 3000 };
const FAST = { betaHeader: 'oauth-2025-04-20,fast-mode-2026-02-01', speed: 'fast' };

/** v1's own results at its bundled prices. */
const VECTORS: [string, BilledRequest, ModelPrices | null, number, PriceTier][] = [
  ['cache writes without a split', request(u), SONNET_4, 0.020999999999999998, ''],
  ['cache writes split into 5 minutes and an hour', request(split(1500, 500)), SONNET_4, 0.022125000000000002, ''],
  ['the same for a dearer model', request(split(1500, 500)), OPUS_4_1, 0.11062499999999999, ''],
  [
    'a [1m] model far above 200000 tokens, without a surcharge',
    request({ inputTokens: 250_000, outputTokens: 1000 }, { model: 'claude-sonnet-4-20250514[1m]' }),
    SONNET_4,
    0.765,
    '',
  ],
  ['cached input of OpenAI', request(openai), GPT_5, 0.006625000000000001, ''],
  [
    'input that OpenAI counted with its cached part',
    request({ inputTokens: 800, cacheReadTokens: 200, outputTokens: 50 }),
    GPT_5,
    0.001525,
    '',
  ],
  ['the priority tier', request(openai, { serviceTier: 'priority' }), GPT_5, 0.013250000000000001, 'priority'],
  [
    'OpenAI cache writes, which have no own price',
    request({ ...openai, cacheCreateTokens: 100 }),
    GPT_5,
    0.006750000000000001,
    '',
  ],
  ['an unknown model', request(u), null, 0.020999999999999998, ''],
  ['an unknown model with a split', request(split(1500, 500)), null, 0.020999999999999998, ''],
  ['fast mode without a split, where it is not charged', request(u, FAST), OPUS_4_6, 0.035, ''],
  ['fast mode', request(split(1500, 500), FAST), OPUS_4_6, 0.22125000000000003, 'fast'],
  ['fast mode of a model that publishes no factor', request(split(2000, 0), FAST), SONNET_4, 0.126, 'fast'],
];

describe('costOf', () => {
  it.each(VECTORS)('prices %s as v1 does', (_, billed, prices, expected, tier) => {
    const cost = costOf(billed, prices);
    expect(Math.abs(cost.breakdown.total - expected)).toBeLessThan(1e-12);
    expect(cost.tier).toBe(tier);
    expect(Math.abs(costOfTier(billed.model, billed.usage, prices, tier) - expected)).toBeLessThan(1e-12);
  });

  it('tells what each class of tokens costs', () => {
    const { breakdown, usedFallbackPricing } = costOf(request(split(1500, 500)), SONNET_4);
    expect(usedFallbackPricing).toBe(false);
    expect(toMicroUsd(breakdown.input)).toBe(3000);
    expect(toMicroUsd(breakdown.output)).toBe(7500);
    expect(toMicroUsd(breakdown.cacheCreate)).toBe(8625);
    expect(toMicroUsd(breakdown.cacheWrite)).toBe(8625);
    expect(toMicroUsd(breakdown.ephemeral5m)).toBe(5625);
    expect(toMicroUsd(breakdown.ephemeral1h)).toBe(3000);
    expect(toMicroUsd(breakdown.cacheRead)).toBe(3000);
  });

  it.each([
    ['claude-opus-4-1-20250805', 0.105],
    ['claude-3-opus-20240229', 0.105],
    ['claude-3-haiku-20240307', 0.001775],
    ['claude-3-5-haiku-20241022', 0.001775],
    ['claude-sonnet-4-5-20250929', 0.021],
    ['vendor-model', 0.021],
  ])('prices %s by the fallback table and says so when no price is known', (model, expected) => {
    const cost = costOf(request(u, { model }), null);
    expect(cost.usedFallbackPricing).toBe(true);
    expect(cost.breakdown.total).toBeCloseTo(expected, 12);
  });

  it.each([
    ['another speed', { ...FAST, speed: 'standard' }],
    ['another beta', { ...FAST, betaHeader: 'context-1m-2025-08-07' }],
    ['no beta header', { ...FAST, betaHeader: null }],
  ])('charges no fast mode with %s', (_, more) => {
    expect(costOf(request(split(1500, 500), more), OPUS_4_6).breakdown.total).toBeCloseTo(0.036875, 12);
  });

  it('charges no fast mode outside Claude', () => {
    const plain = costOf(request(split(0, 0)), GPT_5).breakdown.total;
    expect(costOf(request(split(0, 0), FAST), GPT_5).breakdown.total).toBe(plain);
  });

  it('charges no priority where a model has no such tier', () => {
    const plain = costOf(request(u), SONNET_4).breakdown.total;
    expect(costOf(request(u, { serviceTier: 'priority' }), SONNET_4).breakdown.total).toBe(plain);
  });

  it('derives the missing cache prices of Claude from the input price', () => {
    const bare = claude(8, 24, { cacheWrite: null, cacheWrite1h: null, cacheRead: null });
    const { breakdown } = costOf(request(split(1000, 1000)), bare);
    expect(breakdown.ephemeral5m).toBeCloseTo(1000 * 10e-6, 12);
    expect(breakdown.ephemeral1h).toBeCloseTo(1000 * 16e-6, 12);
    expect(breakdown.cacheRead).toBeCloseTo(10_000 * 0.8e-6, 12);
  });

  it('bills the cache as input where another vendor names no price for it', () => {
    const bare = { ...GPT_5, standard: { ...GPT_5.standard, cacheRead: null } };
    const { breakdown } = costOf(request(split(1000, 1000)), bare);
    expect(breakdown.cacheCreate).toBeCloseTo(2000 * 1.25e-6, 12);
    expect(breakdown.cacheRead).toBeCloseTo(10_000 * 1.25e-6, 12);
  });

  it('takes cache writes that the split leaves out for 5 minutes', () => {
    const cost = costOf(request({ ...split(0, 500) }), SONNET_4);
    expect(cost.breakdown).toEqual(costOf(request(split(1500, 500)), SONNET_4).breakdown);
  });

  it('charges the whole request more when its input, cache included, is longer than the standard prices allow', () => {
    const long = { input: 10, output: 45, cacheWrite: null, cacheWrite1h: null, cacheRead: 1 };
    const tiered: ModelPrices = { ...GPT_5, longContext: { aboveTokens: 271_999, prices: long } };
    const usage = { inputTokens: 200_000, cacheReadTokens: 71_999, outputTokens: 100 };
    expect(costOf(request(usage), tiered).breakdown.input).toBeCloseTo(200_000 * 1.25e-6, 12);
    const oneMore = costOf(request({ ...usage, cacheReadTokens: 72_000 }), tiered).breakdown;
    expect(oneMore.input).toBeCloseTo(200_000 * 10e-6, 12);
    expect(oneMore.output).toBeCloseTo(100 * 45e-6, 12);
    expect(oneMore.cacheRead).toBeCloseTo(72_000 * 1e-6, 12);
  });

  it('adds up: the classes make the total, and two halves cost what the whole costs', () => {
    const tokens = fc.nat(10_000_000);
    const usages = fc.record({
      inputTokens: tokens,
      outputTokens: tokens,
      cacheReadTokens: tokens,
      ephemeral5mTokens: tokens,
      ephemeral1hTokens: tokens,
      hasCacheSplit: fc.boolean(),
    });
    fc.assert(
      fc.property(usages, fc.constantFrom(SONNET_4, OPUS_4_6, GPT_5, null), (classes, prices) => {
        const usage = { ...classes, cacheCreateTokens: classes.ephemeral5mTokens + classes.ephemeral1hTokens };
        const whole = costOf(request(usage), prices).breakdown;
        const parts = [
          { ...usage, inputTokens: 0, cacheReadTokens: 0 },
          { ...NO_TOKENS, ...usage, outputTokens: 0, cacheCreateTokens: 0, ephemeral5mTokens: 0, ephemeral1hTokens: 0 },
        ].map((part) => costOf(request(part), prices).breakdown.total);
        expect(whole.total).toBeCloseTo(whole.input + whole.output + whole.cacheCreate + whole.cacheRead, 6);
        expect((parts[0] ?? 0) + (parts[1] ?? 0)).toBeCloseTo(whole.total, 6);
        expect(whole.total).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('the tier of a cost', () => {
  const long = { input: 10, output: 45, cacheWrite: null, cacheWrite1h: null, cacheRead: 1 };
  const LONG_GPT: ModelPrices = { ...GPT_5, longContext: { aboveTokens: 1000, prices: long } };
  const LONG_OPUS: ModelPrices = { ...OPUS_4_6, longContext: { aboveTokens: 1000, prices: long } };
  const short = { inputTokens: 10, ephemeral5mTokens: 5, cacheCreateTokens: 5, hasCacheSplit: true };
  const lengthy = { ...short, inputTokens: 996 };
  const PRIORITY = { serviceTier: 'priority' };

  it.each<[PriceTier, BilledRequest, ModelPrices | null]>([
    ['', request(short), LONG_OPUS],
    ['', request({ ...lengthy, inputTokens: 995 }), LONG_OPUS],
    ['long', request(lengthy), LONG_OPUS],
    ['fast', request(short, FAST), LONG_OPUS],
    ['fast-long', request(lengthy, FAST), LONG_OPUS],
    ['long', request(lengthy, PRIORITY), LONG_GPT],
    ['long', request(lengthy, FAST), LONG_GPT],
    ['', request({ inputTokens: 10 }), LONG_GPT],
    ['long', request({ inputTokens: 1001 }), LONG_GPT],
    ['priority', request({ inputTokens: 10 }, PRIORITY), LONG_GPT],
    ['priority-long', request({ inputTokens: 1001 }, PRIORITY), LONG_GPT],
    ['', request({ inputTokens: 1001 }, PRIORITY), { ...GPT_5, priorityMultiplier: null }],
    ['', request(lengthy, { ...FAST, ...PRIORITY }), null],
  ])('is "%s"', (tier, billed, prices) => {
    const cost = costOf(billed, prices);
    expect(cost.tier).toBe(tier);
    expect(costOfTier(billed.model, billed.usage, prices, tier)).toBeCloseTo(cost.breakdown.total, 12);
  });

  it('makes costs add up: requests of one model and tier cost together what their sums cost', () => {
    const tokens = fc.nat(2000);
    const cacheWrites = fc.oneof(
      fc.record({ ephemeral5mTokens: tokens, ephemeral1hTokens: tokens, hasCacheSplit: fc.constant(true) }),
      fc.record({
        ephemeral5mTokens: fc.constant(0),
        ephemeral1hTokens: fc.constant(0),
        hasCacheSplit: fc.constant(false),
      }),
    );
    const billed = fc
      .record({
        parts: fc.record({ inputTokens: tokens, outputTokens: tokens, cacheReadTokens: tokens, unsplit: tokens }),
        writes: cacheWrites,
        more: fc.constantFrom({}, FAST, PRIORITY),
      })
      .map(({ parts: { unsplit, ...parts }, writes, more }) =>
        request(
          {
            ...parts,
            ...writes,
            cacheCreateTokens: writes.hasCacheSplit ? writes.ephemeral5mTokens + writes.ephemeral1hTokens : unsplit,
          },
          more,
        ),
      );
    const prices = fc.constantFrom(SONNET_4, LONG_OPUS, LONG_GPT, GPT_5, null);
    fc.assert(
      fc.property(fc.array(billed, { maxLength: 30 }), prices, (requests, model) => {
        const costs = requests.map((one) => ({ usage: one.usage, ...costOf(one, model) }));
        for (const tier of new Set(costs.map((cost) => cost.tier))) {
          const ofTier = costs.filter((cost) => cost.tier === tier);
          const sum = (valueOf: (cost: (typeof costs)[number]) => number): number =>
            ofTier.reduce((total, cost) => total + valueOf(cost), 0);
          const usage = {
            inputTokens: sum((cost) => cost.usage.inputTokens),
            outputTokens: sum((cost) => cost.usage.outputTokens),
            cacheCreateTokens: sum((cost) => cost.usage.cacheCreateTokens),
            cacheReadTokens: sum((cost) => cost.usage.cacheReadTokens),
            ephemeral1hTokens: sum((cost) => cost.usage.ephemeral1hTokens),
          };
          const expected = sum((cost) => cost.breakdown.total);
          expect(Math.abs(costOfTier('some-model', usage, model, tier) - expected)).toBeLessThanOrEqual(
            expected * 1e-9,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('means the plain prices where a model has no others any more', () => {
    const usage = { ...NO_TOKENS, inputTokens: 1_000_000 };
    expect(costOfTier('m', usage, SONNET_4, 'long')).toBe(3);
    expect(costOfTier('m', usage, SONNET_4, 'priority-long')).toBe(3);
    expect(costOfTier('m', usage, GPT_5, 'fast')).toBe(1.25);
    expect(costOfTier('m', usage, SONNET_4, 'fast-long')).toBe(18);
  });
});

describe('scaleCost', () => {
  it('multiplies every class', () => {
    const cost = costOf(request(split(1500, 500)), SONNET_4).breakdown;
    const scaled = scaleCost(cost, 2.5);
    for (const [name, usd] of Object.entries(cost)) expect(scaled).toHaveProperty(name, usd * 2.5);
  });
});
