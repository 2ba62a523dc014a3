import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { UsageReport } from '@crs/extension-api';
import { openSqliteStore } from '@crs/store';
import fc from 'fast-check';
import { ADA, BEN, EAST, RecomputeRig, SONNET, WEST } from '../../../test/support/recompute-rig.js';

const OPUS = 'claude-opus-4-6';
/** Some look like a name with a price tier. */
const MODELS = [SONNET, OPUS, 'gpt-5.4', 'my-model', 'my-model|fast', 'my-model|'];
const tokens = fc.nat(300_000);
const requests: fc.Arbitrary<readonly [Partial<UsageReport>, number]> = fc.tuple(
  fc.record({
    keyId: fc.constantFrom(ADA, BEN),
    accountId: fc.constantFrom(EAST, WEST),
    model: fc.constantFrom(...MODELS),
    speed: fc.constantFrom('fast', null),
    betaHeader: fc.constant('fast-mode-2026-02-01'),
    serviceTier: fc.constantFrom('priority', null),
    usage: fc
      .record({ inputTokens: tokens, outputTokens: tokens, cacheReadTokens: tokens, fiveMinutes: tokens, hour: tokens })
      .chain(({ fiveMinutes, hour, ...classes }) => {
        const split = { ephemeral5mTokens: fiveMinutes, ephemeral1hTokens: hour, hasCacheSplit: true };
        const whole = { ephemeral5mTokens: 0, ephemeral1hTokens: 0, hasCacheSplit: false };
        return fc
          .constantFrom(split, whole)
          .map((writes) => ({ ...classes, ...writes, cacheCreateTokens: fiveMinutes + hour }));
      }),
  }),
  fc.constantFrom(1, 0.37, 2, 0),
);
const prices = fc.tuple(
  fc.constantFrom(...MODELS),
  fc.option(fc.tuple(fc.constantFrom(0, 0.013, 3, 75), fc.constantFrom(0, 1.7, 400))),
);

describe('a recomputation of random traffic', () => {
  it('keeps all sums alike, is done once, and is undone by the prices of before', async () => {
    jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    await fc.assert(
      fc.asyncProperty(
        fc.array(requests, { minLength: 1, maxLength: 12 }),
        fc.array(prices, { minLength: 1, maxLength: 4 }),
        async (uses, changes) => {
          const store = openSqliteStore(':memory:');
          try {
            const rig = new RecomputeRig(store);
            for (const [change, rate] of uses) await rig.use(change, rate);
            const booked = await rig.dump();
            for (const [model, price] of changes) {
              if (price === null) rig.overrides.unset(model);
              else rig.overrides.set(model, ...price);
              const { total } = await rig.apply();
              const costs = [total.after.realCostUsd, total.after.costUsd].map((usd) => Math.round(usd * 1e6));
              for (const sums of [await rig.sums('day'), await rig.sums('month')]) {
                const expected = [...costs, sums['ofKeys']?.[2]];
                for (const sum of Object.values(sums)) expect(sum).toEqual(expected);
              }
              expect((await rig.dryRun()).changedRows).toBe(0);
            }
            for (const [model] of changes) rig.overrides.unset(model);
            await rig.apply();
            expect(await rig.dump()).toEqual(booked);
          } finally {
            await store.quit();
          }
        },
      ),
      { numRuns: 60 },
    );
    jest.restoreAllMocks();
  }, 60_000);
});

describe('a recomputation of more models than are told apart', () => {
  it('leaves alone what was counted as other: nobody knows which models those were', async () => {
    jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    const store = openSqliteStore(':memory:');
    const rig = new RecomputeRig(store);
    for (const model of ['other', 'my-model']) {
      await rig.use({ model });
      rig.overrides.set(model, 30, 150);
    }
    expect((await rig.apply()).models.map(({ model }) => model)).toEqual(['my-model']);
    await store.quit();
    jest.restoreAllMocks();
  });
});
