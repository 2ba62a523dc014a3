import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { type ApiAnswer, TestApp } from '../support/test-app.ts';
import { questionOf } from '../support/two-accounts.ts';

/** Accounts are called as their upstream keys are, so that the simulator's log says who has served. */
describe('accounts', () => {
  let simulator: Simulator;
  let app: TestApp;
  let ids: string[];

  beforeAll(async () => {
    simulator = await startSimulator();
    app = await TestApp.start();
  });

  afterAll(async () => {
    await app.close();
    await simulator.close();
  });

  beforeEach(() => {
    simulator.reset();
    ids = [];
  });

  afterEach(async () => {
    for (const id of ids) await app.api('DELETE', `/accounts/claude-console/${id}`);
  });

  const account = async (name: string, change: Record<string, unknown> = {}): Promise<string> => {
    const id = await app.account(simulator.url, name, { name, ...change });
    ids.push(id);
    return id;
  };

  const groupOf = async (...accountIds: readonly string[]): Promise<string> => {
    const { body } = await app.api('POST', '/account-groups', { name: 'team', platform: 'claude' });
    const answer = await app.api('PUT', `/account-groups/${body.id}/members`, { accountIds });
    expect(answer).toMatchObject({ status: 200, body: { total: accountIds.length } });
    return body.id;
  };

  /** A session of its own for each request: an earlier one would stay with the account that served it. */
  const send = (secret: string): Promise<ApiAnswer> => {
    const headers = { 'x-api-key': secret, 'x-claude-code-session-id': randomUUID() };
    return app.call('POST', '/api/v1/messages', questionOf(false), headers);
  };

  /** The account that answers; null = none could. */
  const servedBy = async (secret: string): Promise<string | null> => {
    const before = simulator.log.length;
    const { status } = await send(secret);
    return status === 200 ? (simulator.log[before]?.key ?? null) : null;
  };

  const allServing = async (secret: string, requests: number): Promise<readonly (string | null)[]> => {
    const served = new Set<string | null>();
    for (let sent = 0; sent < requests; sent += 1) served.add(await servedBy(secret));
    return [...served].sort();
  };

  it('of a group serve the keys that are bound to it, and no other account does', async () => {
    const first = await account('up-a', { priority: 50 });
    const second = await account('up-b', { priority: 50, accountType: 'group' });
    await account('up-c', { priority: 1 });
    const group = await groupOf(first, second);
    const bound = await app.key({ claudeAccountId: `group:${group}` });
    const free = await app.key();

    expect(await allServing(bound.key, 6)).toEqual(['up-a', 'up-b']);
    expect(await allServing(free.key, 3)).toEqual(['up-c']);

    simulator.setDefault('up-a', 'overloaded');
    simulator.setDefault('up-b', 'overloaded');
    expect((await send(bound.key)).status).toBe(529);
    const { status, body } = await send(bound.key);
    expect([status, body.error.message]).toEqual([
      503,
      'No upstream account is available for this request (2 cooling down).',
    ]);
    expect(simulator.requests('up-c')).toHaveLength(3);
  });

  it('serve the keys of a group from when they join until they leave it', async () => {
    const first = await account('up-a', { accountType: 'group' });
    const second = await account('up-b', { accountType: 'group' });
    const group = await groupOf(first);
    const bound = await app.key({ claudeAccountId: `group:${group}` });
    const becomes = (expected: readonly (string | null)[]): Promise<true> =>
      eventually(async () => {
        const served = await allServing(bound.key, 4);
        return JSON.stringify(served) === JSON.stringify(expected) ? true : null;
      });

    expect(await allServing(bound.key, 2)).toEqual(['up-a']);
    await app.api('POST', `/account-groups/${group}/members`, { accountId: second });
    await becomes(['up-a', 'up-b']);
    await app.api('DELETE', `/account-groups/${group}/members/${first}`);
    await becomes(['up-b']);
    await app.api('DELETE', `/accounts/claude-console/${second}`);
    await becomes([null]);
    expect((await app.api('GET', `/account-groups/${group}/members`)).body).toEqual({ items: [], total: 0 });
    expect((await app.api('GET', `/account-groups/${group}`)).body.memberCount).toBe(0);
  });

  it('that are dedicated serve the keys that are bound to them, and no others', async () => {
    const own = await account('up-own', { accountType: 'dedicated', priority: 1 });
    const bound = await app.key({ claudeConsoleAccountId: own });
    const free = await app.key();
    expect(await servedBy(bound.key)).toBe('up-own');
    expect(await servedBy(free.key)).toBeNull();
    await account('up-shared');
    expect(await allServing(bound.key, 3)).toEqual(['up-own']);
    expect(await allServing(free.key, 3)).toEqual(['up-shared']);
  });

  it('that have spent their daily quota leave the next request to others', async () => {
    const first = await account('up-a', { priority: 1, dailyQuota: 0.000001 });
    await account('up-b', { priority: 2 });
    const { key } = await app.key();
    expect(await servedBy(key)).toBe('up-a');
    const spent = await eventually(async () => {
      const { body } = await app.api('GET', `/accounts/claude-console/${first}`);
      return body.dailyUsage > 0 ? body : null;
    });
    expect(Date.parse(spent.quotaResetsAt)).toBeGreaterThan(Date.now());
    await eventually(async () => ((await servedBy(key)) === 'up-b' ? true : null));
    const { body } = await app.api('GET', `/accounts/claude-console/${first}/availability`);
    expect(body).toEqual({ available: false, reasons: ['quota'], retryAt: spent.quotaResetsAt });
  });

  it('that are switched off or expired are not used', async () => {
    const first = await account('up-a', { priority: 1 });
    await account('up-b', { priority: 2 });
    const { key } = await app.key();
    expect((await app.api('POST', `/accounts/claude-console/${first}/toggle`)).body.isActive).toBe(false);
    expect(await servedBy(key)).toBe('up-b');
    expect((await app.api('POST', `/accounts/claude-console/${first}/toggle`)).body.isActive).toBe(true);
    expect(await servedBy(key)).toBe('up-a');
    await app.api('PUT', `/accounts/claude-console/${first}`, { subscriptionExpiresAt: '2020-01-31' });
    expect(await servedBy(key)).toBe('up-b');
  });

  it('that are expired offer no models', async () => {
    const first = await account('up-a', { supportedModels: ['of-a'] });
    await account('up-b', { supportedModels: ['of-b'] });
    const { key } = await app.key();
    const models = async (): Promise<string[]> => {
      const { body } = await app.call('GET', '/api/v1/models', undefined, { 'x-api-key': key });
      return body.data.map(({ id }: { id: string }) => id);
    };
    expect(await models()).toEqual(['of-a', 'of-b']);
    await app.api('PUT', `/accounts/claude-console/${first}`, { subscriptionExpiresAt: '2020-01-31' });
    expect(await models()).toEqual(['of-b']);
  });

  it('that are removed say how many keys were bound to them', async () => {
    const id = await app.account(simulator.url, 'up-a');
    await app.key({ claudeConsoleAccountId: id });
    await app.key({ claudeConsoleAccountId: id });
    expect((await app.api('DELETE', `/accounts/claude-console/${id}`)).body).toMatchObject({ id, boundKeys: 2 });
  });

  it('show what went wrong with them, until that is forgotten', async () => {
    const first = await account('up-a', { priority: 1 });
    await account('up-b', { priority: 2 });
    simulator.setDefault('up-a', 'overloaded');
    const { key } = await app.key();
    expect((await send(key)).status).toBe(200);
    const history = `/accounts/claude-console/${first}/error-history`;
    const found = await eventually(async () => {
      const { body } = await app.api('GET', history);
      return body.total > 0 ? body : null;
    });
    expect(found).toMatchObject({
      items: [{ status: 529, errorType: 'overload', context: { model: 'claude-opus-5-5', endpoint: 'messages' } }],
      total: 1,
      unreadable: 0,
    });
    expect((await app.api('DELETE', history)).body).toEqual({ deleted: 1 });
    expect((await app.api('GET', history)).body).toEqual({ items: [], total: 0, unreadable: 0 });
  });

  it("lend their user agent to clients that send none, and keep the clients' own", async () => {
    await account('up-a', { userAgent: 'account/1.0' });
    const { key } = await app.key();
    const headers = { 'x-api-key': key };
    await app.call('POST', '/api/v1/messages', questionOf(false), headers);
    await app.call('POST', '/api/v1/messages', questionOf(false), { ...headers, 'user-agent': 'client/2.0' });
    expect(simulator.requests('up-a').map((request) => request.headers['user-agent'])).toEqual([
      'account/1.0',
      'client/2.0',
    ]);
  });

  it('keep working when their key is changed, and keep their key when the rest is', async () => {
    const id = await account('up-a', { priority: 7, supportedModels: { 'claude-opus-5-5': 'vendor-opus' } });
    const { key } = await app.key();
    await app.api('PUT', `/accounts/claude-console/${id}`, { name: 'renamed', supportedModels: ['claude-opus-5-5'] });
    expect(await servedBy(key)).toBe('up-a');
    const { body } = await app.api('PUT', `/accounts/claude-console/${id}`, { apiKey: 'up-z' });
    expect(body).toMatchObject({
      name: 'renamed',
      priority: 7,
      supportedModels: { 'claude-opus-5-5': 'claude-opus-5-5' },
    });
    expect(await servedBy(key)).toBe('up-z');
  });

  it('can be of groups that still hold a key or an account, which are not removed', async () => {
    const group = await groupOf(await account('up-a'));
    const removed = await app.api('DELETE', `/account-groups/${group}`);
    expect([removed.status, removed.body.detail]).toEqual([409, expect.stringContaining('still has 1 member')]);
    await app.api('PUT', `/account-groups/${group}/members`, { accountIds: [] });
    const { id } = await app.key({ claudeAccountId: `group:${group}` });
    const bound = await app.api('DELETE', `/account-groups/${group}`);
    expect([bound.status, bound.body.detail]).toEqual([409, expect.stringContaining('1 client key is bound')]);
    await app.api('PUT', `/keys/${id}`, { claudeAccountId: null });
    expect((await app.api('DELETE', `/account-groups/${group}`)).status).toBe(200);
  });
});
