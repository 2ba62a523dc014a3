import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { A1, K1, K2, SONNET, StatsApp } from '../../../test/support/stats-app.js';

interface RecordList {
  readonly total: number;
  readonly items: readonly object[];
}

interface Documented {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly { readonly description: string }[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>;
}

const UNDOCUMENTED: Documented = { operationId: '', summary: '', parameters: [], responses: {} };

describe('statistics of one key', () => {
  let app: StatsApp;

  beforeEach(async () => {
    app = await StatsApp.start();
  });

  afterEach(() => app.close());

  it('tell what one key used', async () => {
    await app.useThree();
    const body = await app.get(`stats/keys/${K1.toUpperCase()}?groupBy=model`);
    expect(body).toMatchObject({
      ...{ id: K1, name: '=team,one', from: '2026-10-25', to: '2026-11-23' },
      total: { requests: 2, costUsd: 6 },
      rows: [{ id: SONNET, requests: 2 }],
      stats: { total: { requests: 2 }, today: { requests: 1 }, models: [{ model: SONNET }], limits: {} },
    });
    expect((await app.get(`stats/keys/${K2}`)).status).toBe(404);
    expect((await app.get('stats/keys/nobody')).status).toBe(404);
  });

  it('list the last requests of a key, page by page', async () => {
    await app.useThree();
    await app.get('stats/usage');
    await app.store.lpush(keys.usage.records(K1), 'damaged', '[1]', JSON.stringify({ timestamp: 'old', model: 'm' }));
    const all = await app.get<RecordList>(`keys/${K1}/records`);
    expect(all.total).toBe(3);
    expect(all.items[0]).toEqual({ timestamp: 'old', model: 'm' });
    expect(all.items[1]).toMatchObject({ requestId: 'req-2', accountId: A1, inputTokens: 1_000_000, cost: 3 });
    const page = await app.get<RecordList>(`keys/${K1}/records?offset=2&limit=1`);
    expect(page).toMatchObject({ total: 3, items: [{ requestId: 'req-1' }] });
    expect((await app.get(`keys/${K2}/records`)).status).toBe(404);
  });

  it('is documented like the other statistics: what each route does, takes, answers and refuses', async () => {
    const { text } = await app.fetch('../../docs-json');
    const { paths } = JSON.parse(text) as { readonly paths: Record<string, { readonly get?: Documented }> };
    const isOurs = /^(?:KeyUsage|UsageStats)Controller_/;
    const routes = Object.entries(paths).filter(([, { get }]) => isOurs.test(get?.operationId ?? ''));
    expect(routes).toHaveLength(8);
    for (const [path, { get = UNDOCUMENTED }] of routes) {
      expect({ path, summary: get.summary }).toEqual({ path, summary: expect.stringMatching(/\w/) });
      expect(Object.keys(get.responses)).toEqual(expect.arrayContaining(['200', '400', '401']));
      for (const { description } of [...Object.values(get.responses), ...get.parameters]) {
        expect({ path, description }).toEqual({ path, description: expect.stringMatching(/\w/) });
      }
    }
    const table = paths['/api/v2/stats/usage']?.get?.responses['200']?.content ?? {};
    expect(Object.keys(table)).toEqual(['application/json', 'text/csv']);
  });
});
