import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AccountApi, type Json, startAccountApi } from '../../test/support/account-api.js';
import { CONSOLE_KIND, putAccounts, v1ConsoleRecord } from '../../test/support/account-fixture.js';

describe('reading accounts', () => {
  let api: AccountApi;

  beforeEach(async () => {
    api = await startAccountApi();
  });

  afterEach(async () => {
    await api.close();
  });

  describe('GET', () => {
    it('lists accounts in the order in which they are asked, page by page', async () => {
      const priorities = [30, 10, 20];
      for (const priority of priorities) await api.create({ name: `p${priority}`, priority });
      const names = async (query: string) => {
        const { body } = await api.send('GET', `claude-console${query}`);
        return [(body['items'] as Json[]).map((item) => item['name']), body['total']];
      };
      expect(await names('')).toEqual([['p10', 'p20', 'p30'], 3]);
      expect(await names('?offset=1&limit=1')).toEqual([['p20'], 3]);
      expect(await names('?offset=5')).toEqual([[], 3]);
    });

    it('filters', async () => {
      await api.create({ name: 'off', isActive: false });
      await api.create({ name: 'paused', schedulable: false });
      await api.create({ name: 'dedicated', accountType: 'dedicated' });
      const names = async (query: string) =>
        ((await api.send('GET', `claude-console?${query}`)).body['items'] as Json[]).map((item) => item['name']).sort();
      expect(await names('isActive=false')).toEqual(['off']);
      expect(await names('isActive=true')).toEqual(['dedicated', 'paused']);
      expect(await names('schedulable=false')).toEqual(['paused']);
      expect(await names('accountType=dedicated')).toEqual(['dedicated']);
      expect(await names('accountType=shared&schedulable=true')).toEqual(['off']);
      expect(await names('accountType=group')).toEqual([]);
    });

    it('finds accounts by a part of the name, by status and by group', async () => {
      const id = await api.create({ name: 'Team One' });
      await api.create({ name: 'team two' });
      await api.create({ name: 'other' });
      await putAccounts(api.store, CONSOLE_KIND, v1ConsoleRecord({ id: 'u', name: 'u', status: 'unauthorized' }));
      const { body } = await api.call('POST', '/account-groups', { name: 'g', platform: 'claude' });
      const group = String(body['id']);
      await api.call('PUT', `/account-groups/${group}/members`, { accountIds: [id, 'u'] });
      const names = async (query: string) => {
        const { items, total } = (await api.send('GET', `claude-console?${query}`)).body as {
          items: Json[];
          total: number;
        };
        expect(total).toBe(items.length);
        return items.map((item) => item['name']).sort();
      };
      expect(await names('search=%20TEAM')).toEqual(['Team One', 'team two']);
      expect(await names('search=')).toHaveLength(4);
      expect(await names('search=none')).toEqual([]);
      expect(await names('status=unauthorized')).toEqual(['u']);
      expect(await names('status=Active')).toEqual([]);
      expect(await names(`group=${group}`)).toEqual(['Team One', 'u']);
      expect(await names(`group=${group}&status=active`)).toEqual(['Team One']);
      expect(await names('group=none')).toEqual([]);
    });

    it('lists the accounts of all platforms', async () => {
      await api.send('POST', 'codex', { name: 'codex one', apiUrl: 'https://codex.example/v1', apiKey: 'sk-x' });
      await api.create({ name: 'console two', priority: 2 });
      await api.create({ name: 'console one', priority: 1 });
      const names = async (query: string) => {
        const { items, total } = (await api.call('GET', `/accounts${query}`)).body as { items: Json[]; total: number };
        return [items.map(({ name, platform }) => `${String(platform)}: ${String(name)}`), total];
      };
      const whole = ['claude-console: console one', 'claude-console: console two', 'codex: codex one'];
      expect(await names('')).toEqual([whole, 3]);
      expect(await names('?offset=1&limit=1')).toEqual([whole.slice(1, 2), 3]);
      expect(await names('?search=one')).toEqual([[whole[0], whole[2]], 2]);
      expect((await api.call('GET', '/accounts?platform=codex')).status).toBe(400);
    });

    it.each(['limit=0', 'limit=201', 'offset=-1', 'isActive=yes', 'accountType=own', 'unknown=1', 'search=1&search=2'])(
      'refuses ?%s',
      async (query) => {
        expect((await api.send('GET', `claude-console?${query}`)).status).toBe(400);
      },
    );

    it('lists nothing where there is nothing', async () => {
      expect((await api.send('GET', 'codex')).body).toEqual({ items: [], total: 0 });
    });

    it('shows what v1 stored, and answers 404 for another id', async () => {
      await putAccounts(api.store, CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }));
      expect((await api.send('GET', 'claude-console/a')).body).toMatchObject({ name: 'console-one', dailyQuota: 25 });
      const { status, body } = await api.send('GET', 'claude-console/b');
      expect(status).toBe(404);
      expect(body['detail']).toBe('There is no claude-console account with the id "b"');
      expect((await api.send('GET', 'codex/a')).status).toBe(404);
    });

    it('shows the marks of an account', async () => {
      await putAccounts(
        api.store,
        CONSOLE_KIND,
        v1ConsoleRecord({ id: 'a', overloadStatus: 'overloaded', overloadedAt: '2026-11-23T03:59:00.000Z' }),
      );
      const until = new Date(api.now + 60_000).toISOString();
      await api.store.set(
        'temp_unavailable:claude-console:a',
        JSON.stringify({ statusCode: 529, errorType: 'overload', expiresAt: until }),
      );
      const ends = String(api.now + 60_000);
      await api.store.hset('v2:account:marks:claude-console:a', { reset: ends, 'model:m': ends, 'endpoint:e': ends });
      expect((await api.send('GET', 'claude-console/a')).body['marks']).toEqual([
        { type: 'cool_down', reason: 'cooling_down', name: 'overload', statusCode: 529, until },
        { type: 'reset', reason: 'rate_limited', name: null, statusCode: null, until },
        { type: 'model_missing', reason: 'model', name: 'm', statusCode: null, until },
        { type: 'endpoint_missing', reason: 'cooling_down', name: 'e', statusCode: null, until },
        { type: 'v1_stop', reason: 'cooling_down', name: null, statusCode: null, until: '2026-11-23T04:09:00.000Z' },
      ]);
    });
  });

  describe('GET /:id/availability', () => {
    const availability = async (id: string, query = ''): Promise<Json> =>
      (await api.send('GET', `claude-console/${id}/availability${query}`)).body;

    it('says that an account is available', async () => {
      expect(await availability(await api.create())).toEqual({ available: true, reasons: [], retryAt: null });
    });

    it('shows what a daily quota has spent, and when its day ends', async () => {
      const id = await api.create({ dailyQuota: 10, quotaResetTime: '06:30' });
      await api.store.set(`v2:account:quota:${id}:2026-11-23T06:30`, '3.75');
      expect((await api.send('GET', `claude-console/${id}`)).body).toMatchObject({
        dailyQuota: 10,
        dailyUsage: 3.75,
        quotaResetsAt: '2026-11-23T22:30:00.000Z',
      });
    });

    it('says why it is not, and when it will be', async () => {
      const id = await api.create({ dailyQuota: 1 });
      await api.store.set(`v2:account:quota:${id}:2026-11-23T00:00`, '1.01');
      expect(await availability(id)).toEqual({
        available: false,
        reasons: ['quota'],
        retryAt: '2026-11-23T16:00:00.000Z',
      });
      await api.send('PUT', `claude-console/${id}`, { isActive: false });
      expect(await availability(id)).toEqual({ available: false, reasons: ['inactive', 'quota'], retryAt: null });
    });

    it('can be asked about a model', async () => {
      const id = await api.create({ supportedModels: { opus: 'vendor-opus' } });
      expect(await availability(id, '?model=OPUS')).toMatchObject({ available: true });
      expect(await availability(id, '?model=haiku')).toEqual({ available: false, reasons: ['model'], retryAt: null });
      await api.store.hset(`v2:account:marks:claude-console:${id}`, { 'model:opus': String(api.now + 5000) });
      expect(await availability(id, '?model=opus')).toEqual({
        available: false,
        reasons: ['model'],
        retryAt: '2026-11-23T04:00:05.000Z',
      });
      expect(await availability(id)).toMatchObject({ available: true });
    });

    it('answers 404 for an id that does not exist, and 400 for another question', async () => {
      expect((await api.send('GET', 'claude-console/none/availability')).status).toBe(404);
      expect((await api.send('GET', 'claude-console/none/availability?model=')).status).toBe(400);
      expect((await api.send('GET', 'claude-console/none/availability?colour=red')).status).toBe(400);
    });
  });

  it.each(['index', 'index:empty', 'c:extra'])('takes %s for the id of no account', async (id) => {
    await api.create();
    await api.store.set('claude_console_account:index:empty', '1');
    await api.store.hset('claude_console_account:c:extra', v1ConsoleRecord());
    for (const [method, path] of [
      ['GET', id],
      ['PUT', id],
      ['DELETE', id],
      ['POST', `${id}/toggle`],
      ['POST', `${id}/toggle-schedulable`],
      ['GET', `${id}/error-history`],
      ['DELETE', `${id}/error-history`],
      ['POST', `${id}/reset-rate-limit`],
      ['GET', `${id}/availability`],
    ] as const) {
      const answer = await api.send(method, `claude-console/${path}`, method === 'PUT' ? { name: 'x' } : undefined);
      expect([path, answer.status]).toEqual([path, 404]);
    }
    expect(await api.store.hget('claude_console_account:c:extra', 'name')).toBe('console-one');
  });

  it('is described in the OpenAPI document, route by route', async () => {
    const document = (await (await fetch(`${api.url}/docs-json`)).json()) as { paths: Record<string, Json> };
    const base = '/api/v2/accounts/{platform}';
    expect(Object.keys(document.paths[base] ?? {}).sort()).toEqual(['get', 'post']);
    expect(Object.keys(document.paths[`${base}/{id}`] ?? {}).sort()).toEqual(['delete', 'get', 'put']);
    for (const path of ['toggle', 'toggle-schedulable', 'reset-rate-limit']) {
      const operation = document.paths[`${base}/{id}/${path}`]?.['post'] as { responses: Json };
      expect(Object.keys(operation.responses).sort()).toEqual(['200', '400', '401', '404', '409']);
    }
  });
});
