import { expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { PlatformRegistry } from '../../src/core/platforms/platform.registry.js';
import { V1IndexRepository } from '../../src/stats/v1-indexes/v1-index.repository.js';
import { V1IndexBuild } from '../../src/stats/v1-indexes/v1-index-build.js';
import { describeOnGolden, type GoldenApp } from '../support/golden-app.js';

const [DAY, HOUR, MONTH] = ['2026-11-23', '2026-11-23:12', '2026-11'];
const { usage } = keys;
const COUNTED = ['requests', 'inputTokens', 'outputTokens', 'cacheCreateTokens', 'cacheReadTokens', 'allTokens'];

/** Counters under the names of the API; v1 puts `total` before those of all time. */
const countersIn = (hash: Readonly<Record<string, string>> = {}, prefix = '') =>
  Object.fromEntries(
    COUNTED.map((name) => {
      const field = prefix === '' ? name : `${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`;
      return [name, Number(hash[field] ?? 0)];
    }),
  );
const figuresIn = (row: Readonly<Record<string, unknown>> = {}) =>
  Object.fromEntries(COUNTED.map((name) => [name, row[name] ?? 0]));
type Row = Readonly<Record<string, unknown>> & { readonly id: string };

/** Costs of models are kept in whole millionths. */
const closeTo = (usd: number) => expect.closeTo(usd, 5) as unknown;

/**
 * v1.1.162 kept no costs by model, so its tokens are priced. It knew no price of Haiku 4.5 and booked another one, and the
 * lifetimes of cache writes, which differ in price, are not in its hours.
 */
const hasCostsOf = ({ version }: GoldenApp, keyName: string, granularity: string): boolean =>
  version !== '1.1.162' || (!keyName.startsWith('claude-only') && granularity !== 'hour');

describeOnGolden('usage', (golden: GoldenApp) => {
  const used = () => golden.made.keys.filter(({ id }) => golden.hash(usage.total(id)) !== undefined);

  it('of each key reads the same: in all, today, this month, with its costs', async () => {
    expect(used()).toHaveLength(6);
    for (const { id, name } of golden.made.keys) {
      const { total, today, month } = await golden.get(`/keys/${id}/stats`);
      expect([name, figuresIn(total)]).toEqual([name, countersIn(golden.hash(usage.total(id)), 'total')]);
      expect([name, figuresIn(today)]).toEqual([name, countersIn(golden.hash(usage.daily(id, DAY)))]);
      expect([name, figuresIn(month)]).toEqual([name, countersIn(golden.hash(usage.monthly(id, MONTH)))]);
      expect([name, total.costUsd, today.costUsd, month.costUsd]).toEqual([
        name,
        golden.number(usage.costTotal(id)),
        golden.number(usage.costDaily(id, DAY)),
        golden.number(usage.costMonthly(id, MONTH)),
      ]);
      // The real costs of an old database are its rated ones.
      expect([name, total.realCostUsd]).toEqual([name, closeTo(golden.number(usage.costTotal(id)))]);
    }
  });

  it('of each key by model reads the same, and costs what it cost', async () => {
    for (const { id, name } of used()) {
      const { models } = (await golden.get(`/keys/${id}/stats`)) as { models: readonly Row[] };
      const prefix = usage.keyModelMonthly(id, '', '').slice(0, -1);
      const stored = golden.keysOf(prefix).map((key) => [key.slice(prefix.length, -MONTH.length - 1), key] as const);
      const counters = stored.map(([model, key]) => [model, countersIn(golden.hash(key))] as const);
      const told = models.map((row) => [row['model'], figuresIn(row)] as const);
      expect([name, new Map(told)]).toEqual([name, new Map(counters)]);
      const cost = models.reduce((sum, row) => sum + Number(row['costUsd']), 0);
      if (!hasCostsOf(golden, name, 'month')) continue;
      expect([name, cost]).toEqual([name, closeTo(golden.number(usage.costTotal(id)))]);
    }
  });

  it('counts in the limits what it had counted: day, all, week, window', async () => {
    const { id } = golden.key('limited');
    const { limits } = await golden.get(`/keys/${id}/stats`);
    expect(limits).toMatchObject({
      concurrency: { limit: 3, used: 0 },
      daily: { limit: 20, used: golden.number(usage.costDaily(id, DAY)), resetAt: '2026-11-23T16:00:00.000Z' },
      total: { limit: 500, used: golden.number(usage.costTotal(id)) },
      weekly: { limit: 50, resetAt: '2026-11-29T16:00:00.000Z' },
    });
    const week = golden.version === '1.1.162' ? '2026-W48' : '2026-11-23T00';
    const ofPlain = golden.key('plain').id;
    const spent = golden.number(usage.opusWeekly(ofPlain, week));
    expect(spent).toBeGreaterThan(0.1);
    expect((await golden.get(`/keys/${ofPlain}/stats`)).limits.weekly.used).toBe(spent);
    const now = golden.clock.ms;
    golden.clock.ms = golden.number(keys.limits.windowStart(id)) + 60_000;
    const { window } = (await golden.get(`/keys/${id}/stats`)).limits;
    golden.clock.ms = now;
    expect(window).toMatchObject({
      requests: { limit: 5, used: 2 },
      tokens: { limit: 100_000, used: golden.number(keys.limits.windowTokens(id)) },
      cost: { limit: 1.5, used: golden.number(keys.limits.windowCost(id)) },
    });
  });

  it('of single requests is listed', async () => {
    const { id } = golden.key('plain');
    const { items, total } = await golden.get(`/keys/${id}/records`);
    expect(total).toBe(4);
    expect(items.map((item: Row) => item['model'])).toContain('claude-opus-4-1-20250805');
  });

  it.each([
    ['day', DAY],
    ['hour', HOUR],
    ['month', MONTH],
  ])('shows in the statistics by %s, model, key and account', async (granularity, period) => {
    await golden.app.app.get(V1IndexBuild).finished();
    const span = granularity === 'hour' ? `&from=${DAY}&to=${DAY}` : '';
    const rowsBy = async (by: string) =>
      (await golden.get(`/stats/usage?granularity=${granularity}&groupBy=${by}${span}`)).rows as Row[];
    const storedOf = { day: usage.modelDaily, hour: usage.modelHourly, month: usage.modelMonthly };
    const modelKey = storedOf[granularity as keyof typeof storedOf];
    const models = await rowsBy('model');
    expect(models).toHaveLength(4);
    for (const row of models) {
      expect([row.id, figuresIn(row)]).toEqual([row.id, countersIn(golden.hash(modelKey(row.id, period)))]);
    }
    const byKey = await rowsBy('key');
    expect(byKey.map(({ id }) => id).sort()).toEqual(
      used()
        .map(({ id }) => id)
        .sort(),
    );
    for (const { id, name, costUsd } of byKey) {
      if (!hasCostsOf(golden, String(name), granularity)) continue;
      expect([name, costUsd]).toEqual([name, closeTo(golden.number(usage.costTotal(id)))]);
    }
    const byAccount = await rowsBy('account');
    expect(byAccount).toHaveLength(2);
    for (const row of byAccount) {
      const stored = countersIn(golden.hash(usage.accountTotal(row.id)), 'total');
      expect([row.id, figuresIn(row)]).toEqual([row.id, stored]);
    }
  });

  it('has books that agree, as far as they were kept', async () => {
    await golden.app.app.get(V1IndexBuild).finished();
    const { differences } = await golden.get(`/stats/doctor?from=${DAY}&to=${DAY}`);
    expect(differences).toEqual([]);
  });

  it('tells a key what it told before', async () => {
    const { id, key } = golden.key('limited');
    const { status, body } = await golden.app.call('POST', '/apiStats/api/user-stats', { apiKey: key });
    expect(status).toBe(200);
    expect(body.data.usage.total).toMatchObject({ requests: 2, cost: golden.number(usage.costTotal(id)) });
    expect(body.data.limits).toMatchObject({ currentDailyCost: golden.number(usage.costDaily(id, DAY)) });
    const models = await golden.app.call('POST', '/apiStats/api/user-model-stats', { apiId: id, period: 'daily' });
    expect(models.body.data.map((row: Row) => [row['model'], row['requests']]).sort()).toEqual([
      ['claude-opus-4-1-20250805', 1],
      ['claude-sonnet-4-5-20250929', 1],
    ]);
  });
});

describeOnGolden(
  'statistics while the index sets are not there yet',
  (golden) => {
    it('show nothing of the time before, and all when the sets are', async () => {
      expect((await golden.get('/stats/usage')).rows).toEqual([]);
      await golden.store.del(keys.indexBuild.lock);
      const build = golden.app.app.get(V1IndexBuild);
      await build.onApplicationShutdown();
      const again = new V1IndexBuild(
        golden.app.app.get(V1IndexRepository),
        golden.app.app.get(PlatformRegistry),
        golden.clock,
      );
      again.onApplicationBootstrap();
      await again.finished();
      expect((await golden.get('/stats/usage')).total).toMatchObject({ requests: 11, allTokens: 191_981 });
    });
  },
  {
    versions: ['1.1.162'],
    add: async (store) => {
      await store.set(keys.indexBuild.lock, 'another');
    },
  },
);
