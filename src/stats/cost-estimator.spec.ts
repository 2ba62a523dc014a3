import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { keys, openSqliteStore, type SqliteStore } from '@crs/store';
import fc from 'fast-check';
import { TestClock } from '../../test/support/test-clock.js';
import { CostEstimator, type EstimateRequest } from './cost-estimator.js';
import { PriceBook } from './pricing/price-book.js';
import { ServiceRateRepository } from './service-rate.repository.js';

describe('CostEstimator', () => {
  let store: SqliteStore;
  let clock: TestClock;
  let sut: CostEstimator;

  beforeEach(() => {
    clock = new TestClock(Date.parse('2026-11-23T04:05:00Z'));
    store = openSqliteStore(':memory:');
    sut = new CostEstimator(new PriceBook(), new ServiceRateRepository(store, clock), clock);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await store.quit();
  });

  const request = (change: Partial<EstimateRequest> = {}): EstimateRequest => ({
    model: 'claude-sonnet-4-5',
    bodyBytes: 40_000,
    service: 'claude',
    keyServiceRates: {},
    ...change,
  });

  it.each<[string, Partial<EstimateRequest>, { microUsd: number; tokens: number }]>([
    ['a quarter of the bytes at the input price', {}, { microUsd: 30_000, tokens: 10_000 }],
    ['another price for another model', { model: 'gpt-5', service: 'codex' }, { microUsd: 12_500, tokens: 10_000 }],
    ['a started token as a whole one', { bodyBytes: 40_001 }, { microUsd: 30_003, tokens: 10_001 }],
    ["the fallback's price for an unknown model", { model: 'vendor-model' }, { microUsd: 30_000, tokens: 10_000 }],
    [
      'the same for a name that nobody would look up',
      { model: 'm-'.repeat(100_000) },
      { microUsd: 30_000, tokens: 10_000 },
    ],
    [
      "Bedrock's names as what they mean",
      { model: 'eu.anthropic.claude-opus-4-1-v1:0' },
      { microUsd: 150_000, tokens: 10_000 },
    ],
    ['at least 1 of each', { bodyBytes: 0, keyServiceRates: { claude: 0 } }, { microUsd: 1, tokens: 1 }],
    [
      'no more than scripts can add',
      { keyServiceRates: { claude: 1e300 } },
      { microUsd: 30_000_000_000_000, tokens: 10_000 },
    ],
  ])('takes %s', async (_, change, expected) => {
    await expect(sut.firstEstimate(request(change))).resolves.toEqual(expected);
  });

  it("multiplies with the service's rate and the key's", async () => {
    await store.set(keys.settings.serviceRates, '{"rates":{"claude":2,"codex":9}}');
    const estimate = await sut.firstEstimate(request({ keyServiceRates: { claude: 1.5, codex: 7 } }));
    expect(estimate).toEqual({ microUsd: 90_000, tokens: 10_000 });
  });

  it('asks the store once a minute, not with each request', async () => {
    const get = jest.spyOn(store, 'get');
    for (let i = 0; i < 5; i += 1) await sut.firstEstimate(request());
    expect(get).toHaveBeenCalledTimes(1);
  });

  it("goes on with the key's rate alone while the store is away", async () => {
    jest.spyOn(store, 'get').mockRejectedValue(new Error('down'));
    await expect(sut.firstEstimate(request({ keyServiceRates: { claude: 2 } }))).resolves.toEqual({
      microUsd: 60_000,
      tokens: 10_000,
    });
  });

  it('is made of whole numbers of at least 1, whatever is asked', async () => {
    const rate = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
    const any = fc.record({
      model: fc.string(),
      bodyBytes: fc.nat(50_000_000),
      keyServiceRates: fc.record({ claude: rate }),
    });
    await fc.assert(
      fc.asyncProperty(any, async (change) => {
        const { microUsd, tokens } = await sut.firstEstimate(request(change));
        for (const amount of [microUsd, tokens]) {
          expect(Number.isSafeInteger(amount)).toBe(true);
          expect(amount).toBeGreaterThanOrEqual(1);
        }
      }),
    );
  });
});
