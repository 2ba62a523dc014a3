import { beforeEach, describe, expect, it } from '@jest/globals';
import { NO_TOKENS, type Settlement, toAccountId, toApiKeyId, type UsageRecord } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import fc from 'fast-check';
import { Bookkeeper, settlementOf } from '../../../test/support/booking.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { dumpStore } from '../../../test/support/store-dump.js';
import { testPricedUsage, testUsageReport, testWastedAttempt } from '../../../test/support/test-usage-report.js';

const { rollUp } = keys.usage;
const DAY = '2026-11-23';

describeOnEachStore('roll-ups', (storeOfCase) => {
  let store: StoreClient;
  let sut: Bookkeeper;

  beforeEach(() => {
    store = storeOfCase();
    sut = new Bookkeeper(store);
  });

  const report = testUsageReport();
  const A = report.accountId;

  it('are the sums of what was used, by period and by model, key and account', async () => {
    const tokens = fc.nat(1_000_000);
    const record: fc.Arbitrary<UsageRecord> = fc
      .record({
        at: fc
          .integer({ min: 0, max: 72 })
          .map((hours) => new Date(Date.parse('2026-11-29T00:30:00Z') + hours * 3_600_000)),
        keyId: fc.constantFrom('key-1', 'key-2').map(toApiKeyId),
        accountId: fc.constantFrom('account-1', 'account-2').map(toAccountId),
        model: fc.constantFrom('claude-opus-4-1', 'claude-haiku-4-5', 'vendor-model'),
        estimated: fc.boolean(),
        usageMissing: fc.boolean(),
        usage: fc
          .record({ inputTokens: tokens, outputTokens: tokens, cacheReadTokens: tokens })
          .map((classes) => ({ ...NO_TOKENS, ...classes })),
      })
      .chain((change) => fc.constantFrom(1, 2.5).map((rate) => testPricedUsage(testUsageReport(change), rate)));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(record, { maxLength: 5 }), { maxLength: 4 }), async (batches) => {
        const written = Object.keys(await dumpStore(store));
        if (written.length > 0) await store.del(...written);
        const bookkeeper = new Bookkeeper(store);
        for (const batch of batches) await bookkeeper.settle(batch.map(settlementOf));
        const expected: Record<string, Record<string, string>> = {};
        for (const one of batches.flat()) addToModel(expected, one);
        const found = Object.entries(await dumpStore(store)).filter(([name]) =>
          /^v2:usage:(hour|day|month):/.test(name),
        );
        expect(Object.fromEntries(found.map(([name, { value }]) => [name, value]))).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('keep the tiers of a price apart where a key is priced again', async () => {
    await sut.book({ ...testPricedUsage(), tier: 'fast' });
    await sut.book({ ...testPricedUsage(), tier: '' });
    const { keyId, model } = report;
    expect(Object.keys(await store.hgetall(rollUp.keyModels('day', DAY, keyId))).sort()).toEqual([
      model,
      `${model}|fast`,
    ]);
    await expect(store.hget(rollUp.accountModels('day', DAY, A), model)).resolves.toMatch(/^2 /);
    await expect(store.hget(rollUp.totals('day', DAY, 'model'), model)).resolves.toMatch(/^2 /);
  });

  it.each([
    ['1 2', '2 1205 457 1118 20011 811 307 21351 21351 0 0'],
    ['1 2 3 4 5 6 7 8 9 10 11 12', '2 1205 460 1122 20016 817 314 21359 21360 10 11 12'],
  ])('go on from %s, which an older or a newer version has left', async (before, after) => {
    await store.hset(rollUp.totals('day', DAY, 'account'), { [A]: before });
    await sut.book(testPricedUsage());
    await expect(store.hget(rollUp.totals('day', DAY, 'account'), A)).resolves.toBe(after);
  });

  it.each(['', 'many', '1 -2', '1  2', '1.5', '1e3', ' 1', '1 ', '9'.repeat(17), '9007199254740991'])(
    'leave %j alone and count it as refused',
    async (damaged) => {
      const hash = rollUp.totals('day', DAY, 'account');
      await store.hset(hash, { [A]: damaged });
      const reply = await sut.book(testPricedUsage());
      expect(reply).toEqual({ kind: 'settled', refusedWrites: 1, refusedKeys: [hash] });
      await expect(store.hget(hash, A)).resolves.toBe(damaged);
      await expect(store.pttl(hash)).resolves.toBe(-1);
    },
  );

  it('add up exactly as far as numbers are exact', async () => {
    const hash = rollUp.totals('day', DAY, 'account');
    await store.hset(hash, { [A]: '9007199254740990' });
    await sut.book(testPricedUsage());
    await expect(store.hget(hash, A)).resolves.toMatch(/^9007199254740991 1203 /);
  });

  const threeDays = (): Promise<unknown> =>
    sut.settle([
      settlementOf(testPricedUsage(testUsageReport({ at: new Date('2026-11-23T15:59:00Z') }))),
      settlementOf(testPricedUsage(testUsageReport({ at: new Date('2026-11-23T16:01:00Z') }))),
      settlementOf(testPricedUsage(testUsageReport({ at: new Date('2026-11-22T16:01:00Z') }))),
    ]);

  it('begin with the first day that is booked where nothing was counted before', async () => {
    await store.set(keys.apiKey.record(report.keyId), 'a key that was never used');
    await threeDays();
    await expect(store.get(rollUp.since)).resolves.toBe('2026-11-23');
    await sut.book(testPricedUsage(testUsageReport({ at: new Date('2026-12-23T16:01:00Z') })));
    await expect(store.get(rollUp.since)).resolves.toBe('2026-11-23');
  });

  it.each([
    keys.usage.globalTotal,
    keys.usage.index.migrated,
    keys.usage.index.modelMonths,
    keys.usage.total(report.keyId),
    keys.usage.accountTotal(A),
  ])('begin with the day after, for the first may not be whole, where there is %s', async (counter) => {
    await store.set(counter, '1');
    await threeDays();
    await expect(store.get(rollUp.since)).resolves.toBe('2026-11-25');
    await sut.book(testPricedUsage(testUsageReport({ at: new Date('2026-12-23T16:01:00Z') })));
    await expect(store.get(rollUp.since)).resolves.toBe('2026-11-25');
  });

  describe('waste', () => {
    const attempt = testWastedAttempt();
    const W = attempt.accountId;
    const { real } = testPricedUsage();
    const wasted: Settlement = { requestId: 'req-1', record: null, waste: [{ attempt, real }] };

    it("counts in the account's waste and in its day, and in nothing else", async () => {
      await sut.settle([wasted]);
      const packed = '1 4000 0 0 0 0 0 21351 0 0 0';
      const field = `${W}|${attempt.model}`;
      const dump = await dumpStore(store);
      const values = Object.fromEntries(Object.entries(dump).map(([name, { value }]) => [name, value]));
      expect(values).toEqual({
        [rollUp.waste('hour', `${DAY}:12`)]: { [field]: packed },
        [rollUp.waste('day', DAY)]: { [field]: packed },
        [rollUp.waste('month', '2026-11')]: { [field]: packed },
        [rollUp.since]: DAY,
        [keys.account.quotaCost(W, `${DAY}T00:00`)]: '0.02135055',
        [keys.usage.settled('test-instance')]: '1',
      });
      const [hour, day, month] = [
        rollUp.waste('hour', `${DAY}:12`),
        rollUp.waste('day', DAY),
        rollUp.waste('month', '2026-11'),
      ];
      expect([dump[hour], dump[day], dump[month]].map((each) => each?.ttlSeconds)).toEqual(
        [8, 400, 1200].map((days) => days * 86_400),
      );
    });

    it('counts in the day of the account at its own reset time', async () => {
      const late = testWastedAttempt({ quotaResetTime: '13:30' });
      await sut.settle([{ ...wasted, waste: [{ attempt: late, real }] }]);
      await expect(store.get(keys.account.quotaCost(W, '2026-11-22T13:30'))).resolves.toBe('0.02135055');
    });

    it('stands beside what the request used in the end', async () => {
      await sut.settle([
        { ...settlementOf(testPricedUsage()), waste: [{ attempt: { ...attempt, accountId: A }, real }] },
      ]);
      await expect(store.get(keys.usage.costTotal(report.keyId))).resolves.toBe('0.02135055');
      await expect(store.get(keys.account.quotaCost(A, `${DAY}T00:00`))).resolves.toMatch(/^0\.04270110+1?$/);
      await expect(store.hget(rollUp.totals('day', DAY, 'account'), A)).resolves.toMatch(/^1 1203 /);
    });

    it('that cost nothing is no cost', async () => {
      const free = { attempt, real: { ...real, total: 0 } };
      await sut.settle([{ ...wasted, waste: [free] }]);
      await expect(store.exists(keys.account.quotaCost(W, `${DAY}T00:00`))).resolves.toBe(0);
    });
  });
});

/** The same sums in plain numbers; the zone is UTC+8. */
function addToModel(
  sums: Record<string, Record<string, string>>,
  { report, real, rated, usedFallbackPricing }: UsageRecord,
): void {
  const local = new Date(report.at.getTime() + 8 * 3_600_000).toISOString();
  const { usage, keyId, accountId, model } = report;
  const figures = [
    ...[1, usage.inputTokens, usage.outputTokens, 0, usage.cacheReadTokens, 0, 0],
    ...[Math.round(real.total * 1e6), Math.round(rated.total * 1e6)],
    ...[report.estimated || report.usageMissing ? 1 : 0, usedFallbackPricing ? 1 : 0],
  ];
  const periods = [
    `hour:${local.slice(0, 10)}:${local.slice(11, 13)}`,
    `day:${local.slice(0, 10)}`,
    `month:${local.slice(0, 7)}`,
  ];
  for (const period of periods) {
    for (const [name, field] of [
      ['models', model],
      ['keys', keyId],
      ['accounts', accountId],
      [`key:${keyId}`, model],
      [`account:${accountId}`, model],
    ] as const) {
      const hash = (sums[`v2:usage:${period}:${name}`] ??= {});
      const before = (hash[field] ?? '').split(' ').map(Number);
      hash[field] = figures.map((figure, i) => figure + (before[i] ?? 0)).join(' ');
    }
  }
}
