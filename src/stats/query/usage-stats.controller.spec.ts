import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ROUTE_ACCESS } from '@crs/extension-api';
import { keys } from '@crs/store';
import { A1, A2, K1, K2, SONNET, STATS_NOW, StatsApp } from '../../../test/support/stats-app.js';
import { KeyUsageController } from './key-usage.controller.js';
import { UsageStatsController } from './usage-stats.controller.js';

describe('statistics', () => {
  let app: StatsApp;

  beforeEach(async () => {
    app = await StatsApp.start();
  });

  afterEach(() => app.close());

  it.each([UsageStatsController, KeyUsageController])('are for administrators only: %p', (controller) => {
    expect(Reflect.getMetadata(ROUTE_ACCESS, controller)).toBe('admin');
  });

  it('tell what was used by day, with what was booked a moment ago', async () => {
    await app.useThree();
    await expect(app.get('stats/usage')).resolves.toEqual({
      status: 200,
      from: '2026-10-25',
      to: '2026-11-23',
      total: expect.objectContaining({ requests: 3, inputTokens: 3_000_000, allTokens: 3_000_000, costUsd: 7.25 }),
      rows: [
        {
          period: '2026-11-22',
          requests: 1,
          inputTokens: 1_000_000,
          outputTokens: 0,
          cacheCreateTokens: 0,
          cacheReadTokens: 0,
          ephemeral5mTokens: 0,
          ephemeral1hTokens: 0,
          allTokens: 1_000_000,
          costUsd: 3,
          realCostUsd: 3,
          estimatedRequests: 0,
          unpricedRequests: 0,
        },
        expect.objectContaining({ period: '2026-11-23', requests: 2, costUsd: 4.25 }),
      ],
    });
  });

  it.each([
    [
      'groupBy=key',
      [
        [undefined, K1, '=team,one', 6],
        [undefined, K2, null, 1.25],
      ],
    ],
    [
      'groupBy=account',
      [
        [undefined, A1, 'first', 6],
        [undefined, A2, null, 1.25],
      ],
    ],
    [
      'groupBy=model',
      [
        [undefined, SONNET, undefined, 6],
        [undefined, 'gpt-5-codex', undefined, 1.25],
      ],
    ],
    ['groupBy=day&from=2026-11-23', [['2026-11-23', undefined, undefined, 4.25]]],
    ['granularity=month', [['2026-11', undefined, undefined, 7.25]]],
    [
      'granularity=hour',
      [
        ['2026-11-22:12', undefined, undefined, 3],
        ['2026-11-23:11', undefined, undefined, 1.25],
        ['2026-11-23:12', undefined, undefined, 3],
      ],
    ],
    [`granularity=day&groupBy=model&keyId=${K2.toUpperCase()}`, [['2026-11-23', 'gpt-5-codex', undefined, 1.25]]],
    [`accountId=${A1}&to=2026-11-22`, [['2026-11-22', undefined, undefined, 3]]],
    ['model=gpt-5-codex&groupBy=key', [[undefined, K2, null, 1.25]]],
    ['from=2026-11-21T16:00:00Z&to=2026-11-22T16:00:00Z', [['2026-11-22', undefined, undefined, 3]]],
  ])('tell it as it was asked: %s', async (query, rows) => {
    await app.useThree();
    const from = query.includes('hour') ? '&from=2026-11-22&to=2026-11-23' : '';
    const body = await app.get(`stats/usage?${query}${from}`);
    const shown = body.rows.map((row) => [row['period'], row['id'], row['name'], row['costUsd']]);
    expect(shown).toEqual(rows);
    const cost = await app.get(`stats/cost?${query}${from}`);
    expect(cost.total['costUsd']).toBe(body.total['costUsd']);
  });

  it('tell the shares of what it cost', async () => {
    await app.useThree();
    const { total, rows } = await app.get('stats/cost?groupBy=model');
    expect(total).toEqual({ requests: 3, allTokens: 3_000_000, costUsd: 7.25, realCostUsd: 7.25, unpricedRequests: 0 });
    expect(rows).toEqual([
      { id: SONNET, requests: 2, allTokens: 2_000_000, costUsd: 6, realCostUsd: 6, unpricedRequests: 0, share: 0.8276 },
      expect.objectContaining({ id: 'gpt-5-codex', share: 0.1724 }),
    ]);
  });

  it.each([
    ['usage?from=yesterday', 'from'],
    ['usage?from=2026-11-02&to=2026-11-01', 'from'],
    ['usage?granularity=week', 'granularity'],
    ['usage?groupBy=team', 'groupBy'],
    ['usage?groupBy=day&granularity=month', 'groupBy'],
    ['usage?keyId=*', 'keyId'],
    ['usage?format=xml', 'format'],
    ['usage?colour=red', 'colour'],
    ['trends?groupBy=model', 'groupBy'],
    ['top-keys?limit=0', 'limit'],
    ['top-keys?by=name', 'by'],
    [`keys/${K1}?keyId=${K2}`, 'keyId'],
  ])('refuse what does not fit, by name: %s', async (path, field) => {
    const { status, errors } = await app.get(`stats/${path}`);
    expect(status).toBe(400);
    expect(errors).toEqual([{ field, message: expect.any(String) }]);
  });

  it('refuse a question about keys and accounts together, and say why', async () => {
    const { status, detail } = await app.get(`stats/usage?keyId=${K1}&groupBy=account`);
    expect(status).toBe(400);
    expect(detail).toContain('not by both together');
  });

  it('refuse an answer of too many rows', async () => {
    for (let day = 10; day < 20; day += 1) {
      const fields = Object.fromEntries(Array.from({ length: 2500 }, (_, n) => [`key-${n}`, '1 1']));
      await app.store.hset(keys.usage.rollUp.totals('day', `2026-11-${day}`, 'key'), fields);
    }
    const { status, detail } = await app.get('stats/usage?groupBy=key&granularity=day');
    expect(status).toBe(400);
    expect(detail).toContain('more than 20000 rows');
  });

  it('come as a file that a spreadsheet opens', async () => {
    await app.useThree();
    const { headers, text } = await app.fetch('stats/top-keys?format=csv&from=2026-11-22');
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toBe('attachment; filename="top-keys_2026-11-22_2026-11-23.csv"');
    expect(text.split('\r\n')).toEqual([
      expect.stringMatching(/^id,name,requests,inputTokens,.*,costUsd,realCostUsd,estimatedRequests,unpricedRequests$/),
      `${K1},"'=team,one",2,2000000,0,0,0,0,0,2000000,6,6,0,0`,
      `${K2},,1,1000000,0,0,0,0,0,1000000,1.25,1.25,0,0`,
      '',
    ]);
    for (const path of ['usage', 'cost', 'accounts']) {
      const file = await app.fetch(`stats/${path}?format=csv&from=2026-11-22`);
      expect(file.text.split('\r\n')).toHaveLength(4);
    }
  });

  it('tell which keys were used most', async () => {
    await app.useThree();
    const { total, rows } = await app.get('stats/top-keys?limit=1&by=tokens');
    expect(rows).toEqual([expect.objectContaining({ id: K1, name: '=team,one', requests: 2 })]);
    expect(total['requests']).toBe(3);
    expect((await app.get('stats/top-keys?by=requests&model=gpt-5-codex')).rows).toEqual([
      expect.objectContaining({ id: K2, name: null, requests: 1 }),
    ]);
  });

  it('tell how usage develops', async () => {
    await app.useThree();
    const { previous, change, rows, total } = await app.get('stats/trends?from=2026-11-23&to=2026-11-23');
    expect(previous).toMatchObject({ from: '2026-11-22', to: '2026-11-22', total: { requests: 1 } });
    expect(change).toEqual({ requests: 1, allTokens: 1, costUsd: 0.4167, realCostUsd: 0.4167 });
    expect(total['costUsd']).toBe(4.25);
    expect(rows).toHaveLength(1);
    const unused = await app.get(`stats/trends?granularity=hour&keyId=${K2}&to=2026-11-22&from=2026-11-22`);
    expect(unused.rows).toHaveLength(24);
    expect(unused.rows[0]).toMatchObject({ period: '2026-11-22:00', requests: 0 });
    expect(unused.change['costUsd']).toBeNull();
    const months = await app.get('stats/trends?granularity=month&from=2026-10-01');
    expect(months.rows.map((row) => row['period'])).toEqual(['2026-10', '2026-11']);
  });

  it('tell what accounts served and wasted', async () => {
    await app.useThree();
    const waste = keys.usage.rollUp.waste('day', '2026-11-23');
    await app.store.hset(waste, { [`${A1}|${SONNET}`]: '1 500 0 0 0 0 0 1500000', [`${K2}|x`]: '2 7 0 0 0 0 0 1' });
    const { total, rows } = await app.get('stats/accounts?from=2026-11-22&to=2026-11-23');
    expect(rows).toEqual([
      expect.objectContaining({
        ...{ id: A1, name: 'first', requests: 2, costUsd: 6 },
        ...{ wastedRequests: 1, wastedTokens: 500, wastedCostUsd: 1.5, wasteShare: 0.2 },
      }),
      expect.objectContaining({ id: A2, wastedRequests: 0, wasteShare: 0 }),
      expect.objectContaining({ id: K2, requests: 0, wastedRequests: 2, wasteShare: 1 }),
    ]);
    expect(total).toMatchObject({ requests: 3, wastedRequests: 3, wastedCostUsd: 1.500001 });
    expect((await app.get(`stats/accounts?from=2026-11-22&accountId=${A2}`)).rows).toHaveLength(1);
  });

  it('tell how the gateway is doing', async () => {
    await app.useThree();
    await app.store.hset(keys.usage.minute(STATS_NOW / 60_000 - 1), { requests: '10', totalTokens: '1001' });
    await expect(app.get('stats/dashboard')).resolves.toEqual({
      status: 200,
      at: '2026-11-23T04:06:00.000Z',
      liveRequests: 3,
      unsettledRequests: expect.any(Number),
      rates: { windowMinutes: 5, requestsPerMinute: 2, tokensPerMinute: 200.2 },
      today: expect.objectContaining({ requests: 2, costUsd: 4.25 }),
      keys: { total: 2, active: 1 },
      accounts: { total: 2, active: 1 },
    });
  });
});
