import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AccountApi, type Json, startAccountApi } from '../../../test/support/account-api.js';
import {
  CODEX_KIND,
  CONSOLE_KIND,
  putAccounts,
  v1CodexRecord,
  v1ConsoleRecord,
} from '../../../test/support/account-fixture.js';

describe('members of an account group', () => {
  let api: AccountApi;
  let group: string;
  let path: string;

  beforeEach(async () => {
    api = await startAccountApi();
    await putAccounts(
      api.store,
      CONSOLE_KIND,
      v1ConsoleRecord({ id: 'a', name: 'first', priority: '1' }),
      v1ConsoleRecord({ id: 'b', name: 'second', priority: '2', accountType: 'group', isActive: 'false' }),
      v1ConsoleRecord({ id: 'c', name: 'third', priority: '3' }),
    );
    await putAccounts(api.store, CODEX_KIND, v1CodexRecord({ id: 'x' }));
    const { body } = await api.call('POST', '/account-groups', { name: 'team', platform: 'claude' });
    group = String(body['id']);
    path = `/account-groups/${group}/members`;
  });

  afterEach(async () => {
    await api.close();
  });

  const ids = async (query = ''): Promise<unknown> => {
    const { items, total } = (await api.call('GET', `${path}${query}`)).body as { items: Json[]; total: number };
    return [items.map(({ id }) => id), total];
  };

  it('are put in and taken out one by one', async () => {
    const member = {
      id: 'b',
      platform: 'claude-console',
      name: 'second',
      accountType: 'group',
      isActive: false,
      schedulable: true,
    };
    expect(await api.call('POST', path, { accountId: 'b' })).toEqual({ status: 200, body: member });
    expect(await api.call('POST', path, { accountId: 'b' })).toEqual({ status: 200, body: member });
    await api.call('POST', path, { accountId: 'a' });
    expect(await ids()).toEqual([['a', 'b'], 2]);
    expect(await ids('?offset=1&limit=5')).toEqual([['b'], 2]);
    expect(await api.call('DELETE', `${path}/b`)).toEqual({ status: 200, body: member });
    const again = await api.call('DELETE', `${path}/b`);
    expect(again).toMatchObject({ status: 404, body: { detail: 'The account "b" is no member of this group' } });
    expect(await ids()).toEqual([['a'], 1]);
  });

  it('are found by their id in any case', async () => {
    const id = await api.create();
    const upper = id.toUpperCase();
    expect((await api.call('POST', path, { accountId: upper })).body).toMatchObject({ id, name: 'console-one' });
    expect((await api.call('PUT', path, { accountIds: [upper, id] })).body).toMatchObject({
      total: 1,
      items: [{ id }],
    });
    expect((await api.call('DELETE', `${path}/${upper}`)).body).toMatchObject({ id });
    expect(await ids()).toEqual([[], 0]);
  });

  it('are replaced all at once', async () => {
    await api.call('POST', path, { accountId: 'a' });
    const { status, body } = await api.call('PUT', path, { accountIds: ['c', 'b', 'c'] });
    expect(status).toBe(200);
    expect(body).toMatchObject({ items: [{ id: 'b' }, { id: 'c' }], total: 2 });
    expect(await api.store.smembers('account_groups_reverse:claude:a')).toEqual([]);
    expect((await api.call('PUT', path, { accountIds: [] })).body).toEqual({ items: [], total: 0 });
  });

  it('are accounts of the platform of the group: others are refused by name, and nothing changes', async () => {
    await api.call('POST', path, { accountId: 'a' });
    const { status, body } = await api.call('PUT', path, { accountIds: ['b', 'x', 'none'] });
    expect(status).toBe(400);
    expect(body['errors']).toEqual([
      { field: 'accountIds', message: 'accountIds names "x", which is no account of claude' },
      { field: 'accountIds', message: 'accountIds names "none", which is no account of claude' },
    ]);
    expect(await api.call('POST', path, { accountId: 'x' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'accountId', message: 'accountId names "x", which is no account of claude' }] },
    });
    expect(await ids()).toEqual([['a'], 1]);
  });

  it.each([
    ['PUT', {}, 'accountIds must be a list of account ids'],
    ['PUT', { accountIds: 'a' }, 'accountIds must be a list of account ids'],
    ['PUT', { accountIds: [7] }, 'accountIds must be ids of accounts'],
    ['PUT', { accountIds: [''] }, 'accountIds must be ids of accounts'],
    ['PUT', { accountIds: ['index'] }, 'accountIds must be ids of accounts'],
    ['PUT', { accountIds: ['a:b'] }, 'accountIds must be ids of accounts'],
    ['PUT', { accountIds: ['a'.repeat(101)] }, 'accountIds must be ids of accounts'],
    ['PUT', { accountIds: Array.from({ length: 1001 }, () => 'a') }, 'accountIds must contain no more than 1000'],
    ['POST', {}, 'accountId must be the id of an account'],
    ['POST', { accountId: null }, 'accountId must be the id of an account'],
    ['POST', { accountId: 'index' }, 'accountId must be the id of an account'],
    ['POST', { accountId: 'a', accountType: 'group' }, 'accountType is not a known field'],
  ])('%s refuses %j', async (method, body, message) => {
    const answer = await api.call(method, path, body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ message: expect.stringContaining(message) }]);
    expect(await ids()).toEqual([[], 0]);
  });

  it('are shown, kept and taken out also where this gateway does not serve them', async () => {
    await api.store.sadd(`account_group_members:${group}`, 'official', 'a');
    const unserved = { platform: null, name: null, accountType: null, isActive: null, schedulable: null };
    const list = await api.call('GET', path);
    expect(list.body['items']).toMatchObject([{ id: 'a' }, { id: 'official', ...unserved }]);
    expect(await api.call('PUT', path, { accountIds: ['b', 'official'] })).toMatchObject({ body: { total: 2 } });
    expect(await api.call('DELETE', `${path}/official`)).toEqual({
      status: 200,
      body: { id: 'official', ...unserved },
    });
    expect(await ids()).toEqual([['b'], 1]);
  });

  it('of a group that this gateway does not serve are only ids', async () => {
    await api.store.hset(`account_group:${group}`, { platform: 'droid' });
    await api.store.sadd(`account_group_members:${group}`, 'd2', 'd1', 'a');
    expect(await ids()).toEqual([['a', 'd1', 'd2'], 3]);
    expect((await api.call('GET', path)).body['items']).toMatchObject([{ name: null }, { name: null }, { name: null }]);
  });

  it('keep their type', async () => {
    await api.call('PUT', path, { accountIds: ['a', 'b'] });
    expect((await api.send('GET', 'claude-console/a')).body['accountType']).toBe('shared');
    expect((await api.send('GET', 'claude-console/b')).body['accountType']).toBe('group');
    expect((await api.store.smembers('shared_claude_console_accounts')).sort()).toEqual(['a', 'c']);
  });

  it('leave the group when the account is removed', async () => {
    await api.call('PUT', path, { accountIds: ['a', 'b'] });
    await api.send('DELETE', 'claude-console/a');
    expect(await ids()).toEqual([['b'], 1]);
    expect(await api.store.exists('account_groups_reverse:claude:a')).toBe(0);
  });
});
