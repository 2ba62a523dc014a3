import { ApiKeyDirectory } from '@crs/extension-api';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type AccountApi, type Json, startAccountApi } from '../../../test/support/account-api.js';
import type { BoundKeys } from '../../../test/support/account-app.js';

const GROUPS = '/account-groups';
const GONE = '0b9f8f0e-5f0c-4f58-9a51-6a3c5b8f3f3d';

describe('account groups', () => {
  let api: AccountApi;

  beforeEach(async () => {
    api = await startAccountApi();
  });

  afterEach(async () => {
    await api.close();
  });

  const create = async (change: Json = {}): Promise<string> => {
    const { status, body } = await api.call('POST', GROUPS, { name: 'team', platform: 'claude', ...change });
    expect({ status, body }).toMatchObject({ status: 201 });
    return String(body['id']);
  };
  const putV1Group = async (id: string, platform: string): Promise<void> => {
    await api.store.hset(`account_group:${id}`, { id, name: `v1 ${platform}`, platform });
    await api.store.sadd('account_groups', id);
    await api.store.sadd(`account_group_members:${id}`, 'm1');
  };

  it('makes a group, which v1 can read', async () => {
    const { status, body } = await api.call('POST', GROUPS, {
      name: ' team ',
      platform: 'codex',
      description: 'words',
    });
    expect(status).toBe(201);
    const id = String(body['id']);
    expect(body).toEqual({
      id,
      name: 'team',
      platform: 'codex',
      description: 'words',
      memberCount: 0,
      createdAt: '2026-11-23T04:00:00.000Z',
      updatedAt: '2026-11-23T04:00:00.000Z',
    });
    expect(await api.store.hgetall(`account_group:${id}`)).toMatchObject({ platform: 'openai', name: 'team' });
    expect((await api.call('GET', `${GROUPS}/${id}`)).body).toEqual(body);
  });

  it.each([
    [{ platform: 'claude' }, 'name', 'name must be text'],
    [{ name: '', platform: 'claude' }, 'name', 'name must have 1 to 200 characters'],
    [{ name: 'x' }, 'platform', 'platform must be one of: claude, codex'],
    [{ name: 'x', platform: 'openai' }, 'platform', 'platform must be one of: claude, codex'],
    [{ name: 'x', platform: 'gemini' }, 'platform', 'platform must be one of: claude, codex'],
    [{ name: 'x', platform: 'claude', description: 7 }, 'description', 'description must be text'],
    [{ name: 'x', platform: 'claude', id: 'g' }, 'id', 'id is read-only'],
    [{ name: 'x', platform: 'claude', accountIds: [] }, 'accountIds', 'use the routes below .../members'],
    [{ name: 'x', platform: 'claude', colour: 'red' }, 'colour', 'colour is not a known field'],
  ])('refuses %j', async (body, field, message) => {
    const answer = await api.call('POST', GROUPS, body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toEqual([{ field, message: expect.stringContaining(message) }]);
    expect(await api.store.exists('account_groups')).toBe(0);
  });

  it('lists groups in the order of their names, page by page, with the number of members', async () => {
    const account = await api.create();
    const b = await create({ name: 'b' });
    await create({ name: 'a', platform: 'codex' });
    await create({ name: 'c' });
    await api.call('POST', `${GROUPS}/${b}/members`, { accountId: account });
    await putV1Group('v1-gemini', 'gemini');
    const list = async (query: string) => {
      const { items, total } = (await api.call('GET', `${GROUPS}${query}`)).body as { items: Json[]; total: number };
      return [items.map(({ name, platform, memberCount }) => [name, platform, memberCount]), total];
    };
    const whole = [
      ['a', 'codex', 0],
      ['b', 'claude', 1],
      ['c', 'claude', 0],
      ['v1 gemini', 'gemini', 1],
    ];
    expect(await list('')).toEqual([whole, 4]);
    expect(await list('?offset=1&limit=1')).toEqual([whole.slice(1, 2), 4]);
    expect(await list('?platform=claude')).toEqual([whole.slice(1, 3), 2]);
    expect((await api.call('GET', `${GROUPS}?platform=gemini`)).status).toBe(400);
  });

  it('puts groups of one name in a fixed order', async () => {
    const ids = [await create(), await create(), await create()];
    const { items } = (await api.call('GET', GROUPS)).body as { items: Json[] };
    expect(items.map(({ id }) => id)).toEqual([...ids].sort());
  });

  it('changes what is given and clears what is null', async () => {
    const id = await create({ description: 'words' });
    api.now += 1000;
    const { status, body } = await api.call('PUT', `${GROUPS}/${id}`, { name: 'new' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ name: 'new', description: 'words', updatedAt: '2026-11-23T04:00:01.000Z' });
    expect((await api.call('PUT', `${GROUPS}/${id}`, { description: null })).body).toMatchObject({
      name: 'new',
      description: '',
      createdAt: '2026-11-23T04:00:00.000Z',
    });
  });

  it.each([
    [{ name: null }, 'name', 'name must be text'],
    [{ platform: 'codex' }, 'platform', 'platform is read-only'],
    [{ memberCount: 3 }, 'memberCount', 'use the routes below .../members'],
    [{ createdAt: '2026-01-01' }, 'createdAt', 'createdAt is read-only'],
  ])('refuses the change %j', async (body, field, message) => {
    const answer = await api.call('PUT', `${GROUPS}/${await create()}`, body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toEqual([{ field, message: expect.stringContaining(message) }]);
  });

  it('removes an empty group and answers it', async () => {
    const id = await create();
    expect(await api.call('DELETE', `${GROUPS}/${id}`)).toMatchObject({ status: 200, body: { id, name: 'team' } });
    expect(await api.store.exists('account_groups', `account_group:${id}`)).toBe(0);
  });

  it('removes no group that has members, and says how many', async () => {
    const id = await create();
    const remove = async (count: number) => {
      for (let made = 0; made < count; made += 1) {
        await api.call('POST', `${GROUPS}/${id}/members`, { accountId: await api.create() });
      }
      const { status, body } = await api.call('DELETE', `${GROUPS}/${id}`);
      return [status, body['detail']];
    };
    expect(await remove(1)).toEqual([409, expect.stringContaining('The group still has 1 member; take it out first')]);
    expect(await remove(1)).toEqual([409, expect.stringContaining('still has 2 members; take them out first')]);
    expect((await api.call('GET', `${GROUPS}/${id}`)).body).toMatchObject({ memberCount: 2 });
  });

  it.each([
    ['claude', 'claudeAccountId', 1, '1 client key is bound to this group; bind it elsewhere first'],
    ['claude', 'openaiAccountId', 1, '1 client key is bound to this group; bind it elsewhere first'],
    ['claude', 'claudeConsoleAccountId', 1, '1 client key is bound to this group; bind it elsewhere first'],
    ['codex', 'claudeAccountId', 2, '2 client keys are bound to this group; bind them elsewhere first'],
    ['codex', 'openaiAccountId', 3, '3 client keys are bound to this group; bind them elsewhere first'],
  ])('removes no %s group that client keys are bound to by %s', async (platform, field, count, detail) => {
    const id = await create({ platform });
    api.get<BoundKeys>(ApiKeyDirectory as never).counts.set(`${field}=group:${id}`, count);
    expect(await api.call('DELETE', `${GROUPS}/${id}`)).toMatchObject({ status: 409, body: { detail } });
    expect((await api.call('GET', `${GROUPS}/${id}`)).status).toBe(200);
  });

  it('answers 404 for an id that does not exist or can be none', async () => {
    for (const id of [GONE, 'none', 'a:b', '..%2f']) {
      for (const [method, path] of [
        ['GET', ''],
        ['PUT', ''],
        ['DELETE', ''],
        ['GET', '/members'],
        ['PUT', '/members'],
        ['POST', '/members'],
        ['DELETE', '/members/a'],
      ] as const) {
        const bodies = { '': { name: 'x' }, '/members': { accountIds: [] }, '/members/a': undefined };
        const body = method === 'POST' ? { accountId: 'a' } : method === 'PUT' ? bodies[path] : undefined;
        const answer = await api.call(method, `${GROUPS}/${id}${path}`, body);
        expect([method, path, answer.status]).toEqual([method, path, 404]);
      }
    }
    expect((await api.call('GET', `${GROUPS}/${GONE}`)).body['detail']).toBe(
      `There is no account group with the id "${GONE}"`,
    );
  });

  it('answers 404 when the group is removed at the same moment', async () => {
    const account = await api.create();
    for (const [method, path, reply, body] of [
      ['PUT', '', false, { name: 'x' }],
      ['DELETE', '', null, undefined],
      ['PUT', '/members', null, { accountIds: [account] }],
      ['DELETE', `/members/${account}`, null, undefined],
    ] as const) {
      const id = await create();
      jest.spyOn(api.store, 'runScript').mockResolvedValueOnce(reply);
      expect([method, (await api.call(method, `${GROUPS}/${id}${path}`, body)).status]).toEqual([method, 404]);
    }
  });

  it('lists the others where a record or a list of members is broken', async () => {
    const id = await create();
    await api.store.sadd('account_groups', 'broken', 'memberless');
    await api.store.set('account_group:broken', 'no hash');
    await api.store.hset('account_group:memberless', { id: 'memberless', name: 'v1', platform: 'gemini' });
    await api.store.set('account_group_members:memberless', 'no set');
    const { status, body } = await api.call('GET', GROUPS);
    expect([status, body]).toMatchObject([
      200,
      {
        items: [
          { id, memberCount: 0 },
          { id: 'memberless', memberCount: 0 },
        ],
        total: 2,
      },
    ]);
  });

  it('shows groups of version 1 that it does not serve, and leaves them alone', async () => {
    await putV1Group(GONE, 'gemini');
    expect((await api.call('GET', `${GROUPS}/${GONE}`)).body).toMatchObject({ platform: 'gemini', memberCount: 1 });
    for (const [method, path, body] of [
      ['PUT', '', { name: 'x' }],
      ['DELETE', '', undefined],
      ['PUT', '/members', { accountIds: [] }],
      ['POST', '/members', { accountId: 'a' }],
      ['DELETE', '/members/m1', undefined],
    ] as const) {
      const answer = await api.call(method, `${GROUPS}/${GONE}${path}`, body);
      expect(answer.status).toBe(409);
      expect(answer.body['detail']).toContain('This is a group of gemini accounts, which this gateway does not serve');
    }
    expect(await api.store.smembers(`account_group_members:${GONE}`)).toEqual(['m1']);
  });
});
