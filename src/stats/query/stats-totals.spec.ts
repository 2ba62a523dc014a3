import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_TOKENS, toAccountId, toApiKeyId, type UsageRecord } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import { settlementOf } from '../../../test/support/booking.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { testConfig } from '../../../test/support/test-config.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';
import { Zone } from '../../core/time/zone.js';
import { SettlementRepository } from '../ledger/settlement.repository.js';
import type { SettlementQueue } from '../ledger/settlement-queue.js';
import { toMicroUsd } from '../pricing/cost.js';
import { PriceBook } from '../pricing/price-book.js';
import { addFigures, type Figures, NO_FIGURES } from '../roll-up/figures.js';
import { RollUpEntries } from '../roll-up/roll-up-entries.js';
import { RollUpRepository } from '../roll-up/roll-up.repository.js';
import { StoredRollUps } from '../roll-up/stored-roll-ups.js';
import { V1Usage } from '../roll-up/v1-usage.js';
import { V1UsageRepository } from '../roll-up/v1-usage.repository.js';
import { SpanReader, type SpanQuery } from './span.reader.js';
import { totalOf } from './stats-figures.js';

const KEY_IDS = ['30144e38-6515-4949-a4b8-0e3db27a30f2', '0f8fad5b-d9cb-469f-a165-70867728950e'];
const ACCOUNT_IDS = ['799e2112-a6d8-4c77-9f9f-c408f3d18922', 'c1b0a7a4-62d2-4b0b-8e3e-4f6f8f0f6a11'];
const MODELS = ['claude-sonnet-4-5-20250929', 'gpt-5-codex', 'vendor:model|odd', 'x', 'x|fast', 'x|', '|fast'];
const TIERS: readonly UsageRecord['tier'][] = ['', 'fast', 'priority-long'];
const NOW = Date.parse('2026-03-02T12:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const tokens = fc.nat(2_000_000);
/** Around the ends of a year and two months; many fall on the same few hours. */
const instants = fc
  .tuple(
    fc.constantFrom('2025-12-31T00:00:00Z', '2026-01-31T00:00:00Z', '2026-02-28T00:00:00Z', '2025-11-14T00:00:00Z'),
    fc.integer({ min: -26 * HOUR_MS, max: 50 * HOUR_MS }),
  )
  .map(([near, offset]) => Date.parse(near) + offset);
const requests = fc.array(
  fc.record({
    at: instants,
    keyId: fc.constantFrom(...KEY_IDS),
    accountId: fc.constantFrom(...ACCOUNT_IDS),
    model: fc.constantFrom(...MODELS),
    tier: fc.constantFrom(...TIERS),
    rate: fc.constantFrom(1, 0.3, 1.7),
    estimated: fc.boolean(),
    usage: fc.record({
      inputTokens: tokens,
      outputTokens: tokens,
      cacheCreateTokens: tokens,
      cacheReadTokens: tokens,
    }),
  }),
  { minLength: 1, maxLength: 25 },
);
type Request = typeof requests extends fc.Arbitrary<readonly (infer R)[]> ? R : never;

function recordOf({ at, keyId, accountId, rate, tier, usage, ...request }: Request, n: number): UsageRecord {
  const report = testUsageReport({
    ...request,
    requestId: `req-${n}`,
    at: new Date(at),
    keyId: toApiKeyId(keyId),
    accountId: toAccountId(accountId),
    usage: { ...NO_TOKENS, ...usage },
  });
  return { ...testPricedUsage(report, rate), tier };
}

/** The plain reckoning: each request's figures, added up. */
const expectedOf = (records: readonly UsageRecord[]): Figures =>
  records
    .map(({ report, real, rated, usedFallbackPricing }): Figures => {
      const { hasCacheSplit: _, ...used } = report.usage;
      return {
        requests: 1,
        ...used,
        realMicroUsd: toMicroUsd(real.total),
        ratedMicroUsd: toMicroUsd(rated.total),
        estimatedRequests: report.estimated ? 1 : 0,
        unpricedRequests: usedFallbackPricing ? 1 : 0,
      };
    })
    .reduce(addFigures, NO_FIGURES);

async function clear(store: StoreClient, pattern = '*'): Promise<void> {
  let cursor = '0';
  do {
    const [next, found] = await store.scan(cursor, 'MATCH', pattern, 'COUNT', 500);
    if (found.length > 0) await store.del(...found);
    cursor = next;
  } while (cursor !== '0');
}

/** Books the requests as the gateway does; answers who reads them again. */
async function bookAll(
  store: StoreClient,
  records: readonly UsageRecord[],
  zoneOffsetHours: number,
): Promise<SpanReader> {
  const config = testConfig({ zoneOffsetHours });
  const zone = new Zone(config);
  const books = new SettlementRepository(store, zone, config);
  for (const [n, record] of records.entries()) {
    await books.settle({ instance: 'i', number: n + 1, settlements: [settlementOf(record)] });
  }
  const repository = new RollUpRepository(store);
  const v1 = new V1Usage(new V1UsageRepository(store, zone), new PriceBook());
  const rollUps = new StoredRollUps(repository, new RollUpEntries(repository), v1, zone);
  const nothingWaits = { flushed: () => Promise.resolve() } as Partial<SettlementQueue> as SettlementQueue;
  return new SpanReader(rollUps, nothingWaits, zone, new TestClock(NOW));
}

describeOnEachStore('statistics of random traffic', (store) => {
  const run = (check: (sut: SpanReader, records: readonly UsageRecord[], zone: Zone) => Promise<void>): Promise<void> =>
    fc.assert(
      fc.asyncProperty(requests, fc.integer({ min: -11, max: 14 }), async (traffic, zoneOffsetHours) => {
        await clear(store());
        const records = traffic.map(recordOf);
        const sut = await bookAll(store(), records, zoneOffsetHours);
        await store().set(keys.usage.rollUp.since, '2025-01-01');
        await check(sut, records, new Zone(testConfig({ zoneOffsetHours })));
      }),
      { numRuns: 15 },
    );
  const wholeOf = (zone: Zone): Pick<SpanQuery, 'span' | 'by'> => {
    const from = zone.findDayStart('2025-11-10') ?? 0;
    return { span: { from, to: zone.nextDay(NOW), granularity: null }, by: null };
  };

  it('is the same sum by every dimension and granularity', async () => {
    await run(async (sut, records, zone) => {
      const whole = wholeOf(zone);
      const expected = expectedOf(records);
      for (const by of [null, 'model', 'key', 'account'] as const) {
        for (const granularity of [null, 'day', 'month'] as const) {
          const rows = await sut.read({ span: { ...whole.span, granularity }, by });
          expect({ by, granularity, total: totalOf(rows) }).toEqual({ by, granularity, total: expected });
        }
      }
    });
  });

  it('has months that are the sums of their days, wherever the span begins', async () => {
    await run(async (sut, _, zone) => {
      const { span } = wholeOf(zone);
      for (const from of [span.from, span.from + 21 * DAY_MS, span.from + 53 * DAY_MS]) {
        const months = await sut.read({ span: { ...span, from, granularity: 'month' }, by: 'model' });
        const days = await sut.read({ span: { ...span, from, granularity: 'day' }, by: 'model' });
        const sums = months.map(({ period, id }) =>
          totalOf(days.filter((day) => day.period.startsWith(period) && day.id === id)),
        );
        expect(months.map(({ figures }) => figures)).toEqual(sums);
        expect(totalOf(months)).toEqual(totalOf(days));
        const cut = { from, to: span.to - 9 * DAY_MS };
        const whole = await sut.read({ span: { ...cut, granularity: null }, by: 'key' });
        expect(totalOf(whole)).toEqual(totalOf(await sut.read({ span: { ...cut, granularity: 'day' }, by: 'key' })));
      }
    });
  });

  it('has days that are the sums of their hours', async () => {
    await run(async (sut, records, zone) => {
      const from = zone.dayStart(records[0]?.report.at.getTime() ?? NOW);
      const span = { from, to: from + DAY_MS, granularity: 'hour' as const };
      const hours = await sut.read({ span, by: null });
      const days = await sut.read({ span: { ...span, granularity: 'day' }, by: null });
      expect(totalOf(hours)).toEqual(totalOf(days));
      expect(hours.length).toBeGreaterThan(0);
    });
  });

  it('tells of each key, account and model what it used', async () => {
    await run(async (sut, records, zone) => {
      const whole = wholeOf(zone);
      for (const keyId of KEY_IDS) {
        const ofKey = records.filter(({ report }) => report.keyId === keyId);
        for (const model of MODELS) {
          const ofModel = ofKey.filter(({ report }) => report.model === model);
          expect(totalOf(await sut.read({ ...whole, keyId, model }))).toEqual(expectedOf(ofModel));
        }
        expect(totalOf(await sut.read({ ...whole, keyId, by: 'model' }))).toEqual(expectedOf(ofKey));
      }
      for (const accountId of ACCOUNT_IDS) {
        const ofAccount = records.filter(({ report }) => report.accountId === accountId);
        expect(totalOf(await sut.read({ ...whole, accountId }))).toEqual(expectedOf(ofAccount));
      }
      for (const model of MODELS) {
        const ofModel = expectedOf(records.filter(({ report }) => report.model === model));
        for (const by of [null, 'key', 'account'] as const) {
          expect(totalOf(await sut.read({ ...whole, by, model }))).toEqual(ofModel);
        }
      }
    });
  });

  it("is the same sum where only v1's counters are left, of all that they count", async () => {
    await run(async (sut, records, zone) => {
      await clear(store(), 'v2:usage:*');
      await store().sadd(keys.apiKey.all, ...KEY_IDS);
      const whole = wholeOf(zone);
      const expected = { ...expectedOf(records), estimatedRequests: 0, unpricedRequests: 0 };
      for (const by of [null, 'model', 'key'] as const) {
        for (const granularity of [null, 'day', 'month'] as const) {
          const rows = await sut.read({ span: { ...whole.span, granularity }, by });
          expect({ by, granularity, total: totalOf(rows) }).toEqual({ by, granularity, total: expected });
        }
      }
      const { realMicroUsd, ratedMicroUsd, ...counted } = expected;
      const days = { ...whole.span, granularity: 'day' as const };
      expect(totalOf(await sut.read({ span: days, by: 'account' }))).toMatchObject(counted);
    });
  });
});
