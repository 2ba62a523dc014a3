import { expect, it } from '@jest/globals';
import { NO_TOKENS, type UsageReport } from '@crs/extension-api';
import { keys } from '@crs/store';
import fc from 'fast-check';
import { Bookkeeper } from '../../../test/support/booking.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';

describeOnEachStore('booked usage', (storeOfCase) => {
  it('books totals that are the sums of the days, of the months and of the models, over the ends of years', async () => {
    const store = storeOfCase();
    const sut = new Bookkeeper(store);
    const tokens = fc.nat(100_000);
    const traffic = fc.array(
      fc.record({
        at: fc.date({
          min: new Date('2025-12-30T12:00:00Z'),
          max: new Date('2026-01-02T20:00:00Z'),
          noInvalidDate: true,
        }),
        model: fc.constantFrom('claude-opus-4-1', 'claude-haiku-4-5', 'gpt-5', 'vendor-model'),
        usage: fc.record({ inputTokens: tokens, outputTokens: tokens, cacheReadTokens: tokens }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(traffic, async (requests) => {
        run += 1;
        const keyId = `key-${run}` as UsageReport['keyId'];
        for (const [index, { usage, ...request }] of requests.entries()) {
          const requestId = `req-${run}-${index}`;
          await sut.book(
            testPricedUsage({ ...testUsageReport(), ...request, keyId, requestId, usage: { ...NO_TOKENS, ...usage } }),
          );
        }
        const totals = await store.hgetall(keys.usage.total(keyId));
        const days = ['2025-12-30', '2025-12-31', '2026-01-01', '2026-01-02', '2026-01-03'];
        const models = [...new Set(requests.map(({ model }) => model))];
        const sum = async (names: string[], field: string) => {
          const values = await Promise.all(names.map((name) => store.hget(name, field)));
          return String(values.reduce((all, value) => all + Number(value ?? 0), 0));
        };
        for (const field of ['inputTokens', 'outputTokens', 'cacheReadTokens', 'requests']) {
          const total = totals[`total${field.charAt(0).toUpperCase()}${field.slice(1)}`];
          expect(
            await sum(
              days.map((day) => keys.usage.daily(keyId, day)),
              field,
            ),
          ).toBe(total);
          expect(
            await sum(
              ['2025-12', '2026-01'].map((month) => keys.usage.monthly(keyId, month)),
              field,
            ),
          ).toBe(total);
          expect(
            await sum(
              models.map((model) => keys.usage.keyModelTotal(keyId, model)),
              field,
            ),
          ).toBe(total);
        }
        const costs = await Promise.all(days.map((day) => store.get(keys.usage.costDaily(keyId, day))));
        const totalCost = await store.get(keys.usage.costTotal(keyId));
        expect(costs.reduce((all, usd) => all + Number(usd ?? 0), 0)).toBeCloseTo(Number(totalCost ?? 0), 10);
        const micro = await sum(
          models.map((model) => keys.usage.keyModelTotal(keyId, model)),
          'ratedCostMicro',
        );
        expect(Math.abs(Number(micro) / 1e6 - Number(totalCost ?? 0))).toBeLessThan(requests.length * 0.6e-6);
      }),
      { numRuns: 40 },
    );
  });
});
