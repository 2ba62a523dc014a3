import { describe, expect, it } from '@jest/globals';
import { NO_TOKENS, toAccountId, toApiKeyId, type UsageRecord, type UsageReport } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import { Bookkeeper } from '../../../test/support/booking.js';
import { countRoundTrips } from '../../../test/support/count-round-trips.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { testConfig } from '../../../test/support/test-config.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';
import { Zone } from '../../core/time/zone.js';
import { PriceBook } from '../pricing/price-book.js';
import { RollUpEntries } from './roll-up-entries.js';
import type { RollUpQuery } from './roll-up.reader.js';
import { RollUpRepository } from './roll-up.repository.js';
import { StoredRollUps } from './stored-roll-ups.js';
import { V1Usage } from './v1-usage.js';
import { V1UsageRepository } from './v1-usage.repository.js';

const zone = new Zone(testConfig());
const [K1, K2] = ['30144e38-6515-4949-a4b8-0e3db27a30f2', '0f8fad5b-d9cb-469f-a165-70867728950e'];
const [A1, A2] = ['799e2112-a6d8-4c77-9f9f-c408f3d18922', 'c1b0a7a4-62d2-4b0b-8e3e-4f6f8f0f6a11'];
const SONNET = 'claude-sonnet-4-5-20250929';
const CODEX = 'gpt-5-codex';
const dayStart = (day: string): number => zone.findDayStart(day) ?? Number.NaN;

const readerOf = (store: StoreClient): StoredRollUps => {
  const repository = new RollUpRepository(store);
  const v1 = new V1Usage(new V1UsageRepository(store, zone), new PriceBook());
  return new StoredRollUps(repository, new RollUpEntries(repository), v1, zone);
};

const use = (id: number, at: string, change: Partial<UsageReport>, tier: UsageRecord['tier'] = ''): UsageRecord => {
  const usage = { ...NO_TOKENS, inputTokens: 1000 * 10 ** id };
  return { ...testPricedUsage(testUsageReport({ requestId: `req-${id}`, at: new Date(at), usage, ...change })), tier };
};

describeOnEachStore('StoredRollUps', (store) => {
  const query = (change: Partial<RollUpQuery>): RollUpQuery => ({
    grain: 'day',
    from: dayStart('2026-11-22'),
    to: dayStart('2026-11-24'),
    by: null,
    ...change,
  });
  /** What the rows say: period, id, input tokens. */
  const read = async (change: Partial<RollUpQuery>): Promise<readonly (readonly [string, string, number])[]> => {
    const rows = await readerOf(store()).read(query(change));
    return rows.map(({ period, id, figures }) => [period, id, figures.inputTokens] as const);
  };
  const day = (owner: { key: string; account: string }) => ({
    keyId: toApiKeyId(owner.key),
    accountId: toAccountId(owner.account),
  });

  const bookThree = async (): Promise<void> => {
    const books = new Bookkeeper(store());
    await books.book(use(0, '2026-11-22T04:00:00Z', { ...day({ key: K1, account: A1 }), model: SONNET }));
    await books.book(use(1, '2026-11-23T04:00:00Z', { ...day({ key: K1, account: A2 }), model: CODEX }));
    await books.book(use(2, '2026-11-23T05:00:00Z', { ...day({ key: K2, account: A1 }), model: SONNET }, 'fast'));
    await store().set(keys.usage.rollUp.since, '2026-11-01');
  };

  it('sums periods, and leaves out those that were not used', async () => {
    await bookThree();
    expect(await read({})).toEqual([
      ['2026-11-22', '', 1000],
      ['2026-11-23', '', 110_000],
    ]);
    expect(await read({ grain: 'month', from: dayStart('2026-10-01'), to: dayStart('2026-12-01') })).toEqual([
      ['2026-11', '', 111_000],
    ]);
    expect(await read({ grain: 'hour', from: dayStart('2026-11-23') })).toEqual([
      ['2026-11-23:12', '', 10_000],
      ['2026-11-23:13', '', 100_000],
    ]);
    expect(await read({ to: dayStart('2026-11-22') })).toEqual([]);
  });

  it('answers each dimension, in the order of period and id', async () => {
    await bookThree();
    expect(await read({ by: 'model' })).toEqual([
      ['2026-11-22', SONNET, 1000],
      ['2026-11-23', SONNET, 100_000],
      ['2026-11-23', CODEX, 10_000],
    ]);
    expect(await read({ by: 'key' })).toEqual([
      ['2026-11-22', K1, 1000],
      ['2026-11-23', K2, 100_000],
      ['2026-11-23', K1, 10_000],
    ]);
    expect(await read({ by: 'account' })).toEqual([
      ['2026-11-22', A1, 1000],
      ['2026-11-23', A1, 100_000],
      ['2026-11-23', A2, 10_000],
    ]);
  });

  it.each([
    [
      { keyId: K1 },
      [
        ['2026-11-22', '', 1000],
        ['2026-11-23', '', 10_000],
      ],
    ],
    [{ keyId: K2, by: 'model' }, [['2026-11-23', SONNET, 100_000]]],
    [{ keyId: K2, by: 'key', model: SONNET }, [['2026-11-23', K2, 100_000]]],
    [{ keyId: K2, model: CODEX }, []],
    [
      { accountId: A1, by: 'model' },
      [
        ['2026-11-22', SONNET, 1000],
        ['2026-11-23', SONNET, 100_000],
      ],
    ],
    [{ accountId: A2, by: 'account' }, [['2026-11-23', A2, 10_000]]],
    [
      { model: SONNET },
      [
        ['2026-11-22', '', 1000],
        ['2026-11-23', '', 100_000],
      ],
    ],
    [{ model: CODEX, by: 'model' }, [['2026-11-23', CODEX, 10_000]]],
    [
      { model: SONNET, by: 'key' },
      [
        ['2026-11-22', K1, 1000],
        ['2026-11-23', K2, 100_000],
      ],
    ],
    [{ model: CODEX, by: 'account' }, [['2026-11-23', A2, 10_000]]],
  ] as const)('answers with filters: %j', async (change, rows) => {
    await bookThree();
    expect(await read(change)).toEqual(rows);
  });

  it.each([
    { keyId: K1, accountId: A1 },
    { keyId: K1, by: 'account' },
    { accountId: A1, by: 'key' },
  ] as const)('cannot tell keys and accounts together: %j', async (change) => {
    await expect(read(change)).rejects.toMatchObject({ status: 400 });
  });

  it('tells the cost, in micro-USD, and what is doubtful', async () => {
    const record = use(0, '2026-11-23T04:00:00Z', { estimated: true });
    await new Bookkeeper(store()).book({ ...record, usedFallbackPricing: true });
    const [row] = await readerOf(store()).read(query({}));
    expect(row?.figures).toMatchObject({
      requests: 1,
      realMicroUsd: 3000,
      ratedMicroUsd: 3000,
      estimatedRequests: 1,
      unpricedRequests: 1,
    });
  });

  it('reads waste by account', async () => {
    const hash = keys.usage.rollUp.waste('day', '2026-11-23');
    await store().hset(hash, {
      [`${A1}|${SONNET}`]: '1 50',
      [`${A1}|${CODEX}`]: '1 7',
      [`${A2}|${CODEX}`]: '2 9',
      x: '1',
    });
    const waste = async (change: { readonly accountId?: string; readonly model?: string }) => {
      const { grain, from, to } = query({});
      const rows = await readerOf(store()).readWaste({ grain, from, to, ...change });
      return rows.map(({ id, figures }) => [id, figures.requests, figures.inputTokens]);
    };
    expect(await waste({})).toEqual([
      [A1, 2, 57],
      [A2, 2, 9],
    ]);
    expect(await waste({ accountId: A1 })).toEqual([[A1, 2, 57]]);
    expect(await waste({ model: CODEX })).toEqual([
      [A1, 1, 7],
      [A2, 2, 9],
    ]);
  });

  it('knows since when it knows everything', async () => {
    await expect(readerOf(store()).findStart()).resolves.toBeNull();
    await store().set(keys.usage.rollUp.since, '2026-11-20');
    await expect(readerOf(store()).findStart()).resolves.toBe(Date.parse('2026-11-19T16:00:00Z'));
    await store().set(keys.usage.rollUp.since, 'soon');
    await expect(readerOf(store()).findStart()).resolves.toBeNull();
  });

  const putV1Day = async (day: string, requests: number): Promise<void> => {
    const { usage } = keys;
    const tokens = { requests: String(requests), inputTokens: String(requests * 1_000_000) };
    await store().sadd(usage.index.keyModelDaily(day), `${K1}:${SONNET}`);
    await store().hset(usage.keyModelDaily(K1, SONNET, day), {
      ...tokens,
      realCostMicro: String(requests * 3_000_000),
      ratedCostMicro: String(requests * 4_000_000),
    });
    await store().sadd(usage.index.accountModelDaily(day), `${A1}:${SONNET}`);
    await store().hset(usage.accountModelDaily(A1, SONNET, day), tokens);
  };

  it("tells the days before the roll-ups from v1's counters", async () => {
    await putV1Day('2026-11-22', 2);
    await putV1Day('2026-11-23', 5);
    await store().hset(keys.usage.rollUp.totals('day', '2026-11-23', 'model'), { [SONNET]: '6 1 0 0 0 0 0 7 8' });
    await store().set(keys.usage.rollUp.since, '2026-11-23');
    const rows = await readerOf(store()).read(query({ by: 'model' }));
    expect(rows.map(({ period, figures: f }) => [period, f.requests, f.realMicroUsd, f.ratedMicroUsd])).toEqual([
      ['2026-11-22', 2, 6_000_000, 8_000_000],
      ['2026-11-23', 6, 7, 8],
    ]);
  });

  it('prices what v1 counted of accounts without a cost', async () => {
    await putV1Day('2026-11-22', 2);
    const rows = await readerOf(store()).read(query({ by: 'account' }));
    // 3 USD a million.
    expect(rows).toMatchObject([
      { id: A1, figures: { requests: 2, realMicroUsd: 6_000_000, ratedMicroUsd: 6_000_000 } },
    ]);
  });

  it.each([
    [5, 5],
    [2, 3],
  ])('takes a day that began half over from whoever knows more: v1 %d requests', async (counted, expected) => {
    await putV1Day('2026-11-22', counted);
    await store().hset(keys.usage.rollUp.totals('day', '2026-11-22', 'model'), { [SONNET]: '3' });
    await store().set(keys.usage.rollUp.since, '2026-11-23');
    const rows = await readerOf(store()).read(query({ by: 'model' }));
    expect(rows.map(({ figures }) => figures.requests)).toEqual([expected]);
  });

  it('does not take the first requests for all of a day that an old v1 began, which has no counter of all', async () => {
    await putV1Day('2026-11-22', 5);
    await new Bookkeeper(store()).book(use(0, '2026-11-22T04:00:00Z', { keyId: toApiKeyId(K1), model: SONNET }));
    await store().set(keys.usage.rollUp.since, '2026-11-23');
    const rows = await readerOf(store()).read(query({ by: 'key' }));
    expect(rows).toMatchObject([{ id: K1, figures: { requests: 6 } }]);
  });

  it.each([
    ['hour', '2026-11-22', '2026-11-23'],
    ['day', '2026-11-22', '2026-11-23'],
    ['month', '2026-11-01', '2026-12-01'],
  ] as const)('asks v1 for no %s that it knows no more of', async (grain, from, to) => {
    await new Bookkeeper(store()).book(use(0, '2026-11-22T04:00:00Z', { keyId: toApiKeyId(K1), model: SONNET }));
    await store().set(keys.usage.rollUp.since, '2026-12-01');
    await store().set(keys.usage.index.migrated, '1');
    const counted = countRoundTrips(store());
    const span = query({ grain, from: dayStart(from), to: dayStart(to), by: 'model' });
    const ofV1 = () => counted.roundTrips.flat().filter((command) => command === 'smembers').length;
    expect(await readerOf(counted.store).read(span)).toMatchObject([{ id: SONNET, figures: { requests: 1 } }]);
    expect(ofV1()).toBe(0);
    await store().hset(keys.usage.globalDaily('2026-11-22'), { requests: '2' });
    await store().hset(keys.usage.globalMonthly('2026-11'), { requests: '2' });
    await readerOf(counted.store).read(span);
    expect(ofV1()).toBeGreaterThan(0);
  });

  describe('where v1 booked beside the roll-ups', () => {
    const bookBeside = async (): Promise<void> => {
      await putV1Day('2026-11-23', 5);
      await store().hset(keys.usage.globalDaily('2026-11-23'), { requests: '5' });
      await new Bookkeeper(store()).book(use(0, '2026-11-23T04:00:00Z', { keyId: toApiKeyId(K1), model: SONNET }));
      await store().set(keys.usage.rollUp.since, '2026-11-20');
    };
    const requestsOf = async (change: Partial<RollUpQuery>) =>
      (await readerOf(store()).read(query(change))).map(({ period, figures }) => [period, figures.requests]);

    it('tells what both booked, since both count in one place', async () => {
      await bookBeside();
      await store().set(keys.usage.index.migrated, '1');
      expect(await requestsOf({ by: 'key' })).toEqual([['2026-11-23', 6]]);
      expect(await requestsOf({ by: 'model' })).toEqual([['2026-11-23', 6]]);
      expect(await requestsOf({ keyId: K1 })).toEqual([['2026-11-23', 6]]);
    });

    it('tells the roll-ups alone where an old v1 has no counter of all', async () => {
      await bookBeside();
      expect(await requestsOf({ by: 'key' })).toEqual([['2026-11-23', 1]]);
    });
  });

  it('finds out in as many round trips for a quarter as for a month whether v1 knows more', async () => {
    await bookThree();
    await store().set(keys.usage.rollUp.since, '2026-08-01');
    await store().set(keys.usage.index.migrated, '1');
    const counted = countRoundTrips(store());
    await readerOf(counted.store).read(query({ from: dayStart('2026-10-25') }));
    const ofMonth = counted.roundTrips.length;
    await readerOf(counted.store).read(query({ from: dayStart('2026-08-25') }));
    // 50 commands go together.
    expect(counted.roundTrips.length - 2 * ofMonth).toBeLessThanOrEqual(5);
  });
});
