import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type AccountApi, type Json, startAccountApi } from '../../test/support/account-api.js';
import { CONSOLE_KIND, putAccounts, v1ConsoleRecord } from '../../test/support/account-fixture.js';
import { SecretBox } from '../core/crypto/secret-box.js';
import { AccountDirectory } from './account-directory.js';

describe('PUT /accounts/:platform/:id', () => {
  let api: AccountApi;

  beforeEach(async () => {
    api = await startAccountApi();
  });

  afterEach(async () => {
    await api.close();
  });

  const secretOf = (sealed: string | undefined): string =>
    api.get(SecretBox).open(sealed ?? '', CONSOLE_KIND.secretSalt, 'empty');

  it('changes the given fields only', async () => {
    const id = await api.create({ description: 'old', priority: 10 });
    const before = await api.record(id);
    api.now += 1000;
    const { status, body } = await api.send('PUT', `claude-console/${id}`, { name: 'new', priority: null });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      name: 'new',
      priority: 50,
      description: 'old',
      updatedAt: '2026-11-23T04:00:01.000Z',
    });
    const changed = { name: 'new', priority: '50', updatedAt: '2026-11-23T04:00:01.000Z' };
    expect(await api.record(id)).toEqual({ ...before, ...changed });
  });

  it('puts every setting that is null back to its default, and keeps what has none', async () => {
    const set = {
      ...{ isActive: false, schedulable: false, accountType: 'group' },
      ...{ disableAutoProtection: true, interceptWarmup: true },
    };
    const id = await api.create(set);
    const { status, body } = await api.send(
      'PUT',
      `claude-console/${id}`,
      Object.fromEntries(Object.keys(set).map((field) => [field, null])),
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ isActive: true, schedulable: true, accountType: 'shared' },
      ...{ disableAutoProtection: false, interceptWarmup: false },
    });
    expect(await api.store.smembers('shared_claude_console_accounts')).toEqual([id]);
    for (const field of ['name', 'apiUrl', 'apiKey']) {
      const refused = await api.send('PUT', `claude-console/${id}`, { [field]: null });
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ field, message: `${field} must be text` }] } });
    }
  });

  it('puts the interface of a codex account back to its default', async () => {
    const codex = { name: 'x', apiUrl: 'https://codex.example/v1', apiKey: 'sk-x', providerEndpoint: 'auto' };
    const { body } = await api.send('POST', 'codex', codex);
    const changed = await api.send('PUT', `codex/${String(body['id'])}`, { providerEndpoint: null });
    expect(changed).toMatchObject({ status: 200, body: { providerEndpoint: 'responses' } });
  });

  it('shows that a key cannot be opened, and says so once in the log', async () => {
    const id = await api.create();
    const sealed = `${'0'.repeat(32)}:${'a'.repeat(64)}`;
    await api.store.hset(`claude_console_account:${id}`, { apiKey: sealed });
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    for (let reads = 0; reads < 3; reads += 1) {
      expect((await api.send('GET', `claude-console/${id}`)).body).toMatchObject({ hasApiKey: false });
    }
    expect(warn.mock.calls).toEqual([
      [{ msg: 'The key of an account cannot be opened: was ENCRYPTION_KEY changed?', accountId: id }],
    ]);
    warn.mockRestore();
    await api.send('PUT', `claude-console/${id}`, { apiKey: 'sk-ant-secret-2' });
    expect((await api.send('GET', `claude-console/${id}`)).body).toMatchObject({ hasApiKey: true });
  });

  it('takes a new key and keeps the rest', async () => {
    const id = await api.create();
    const { apiKey: before, ...rest } = await api.record(id);
    await api.send('PUT', `claude-console/${id}`, { apiKey: 'sk-ant-secret-2' });
    const { apiKey, updatedAt, ...after } = await api.record(id);
    expect(after).toEqual(rest);
    expect(apiKey).not.toBe(before);
    expect(secretOf(apiKey)).toBe('sk-ant-secret-2');
    expect(updatedAt).toBe('2026-11-23T04:00:00.000Z');
  });

  it('keeps the password of the same proxy, and gives it to no other', async () => {
    const proxy = { type: 'http', host: 'proxy.example', port: 3128, username: 'u' };
    const id = await api.create({ proxy: { ...proxy, password: 'p' } });
    const put = async (given: Json | null) =>
      (await api.send('PUT', `claude-console/${id}`, { proxy: given })).body['proxy'];
    expect(await put(proxy)).toEqual({ ...proxy, hasPassword: true });
    expect(await put({ ...proxy, host: 'other.example' })).toEqual({
      ...proxy,
      host: 'other.example',
      hasPassword: false,
    });
    expect(await put({ type: 'http', host: 'h', port: 1, username: null, password: null })).toMatchObject({
      username: null,
    });
    expect(await put(null)).toBeNull();
    expect((await api.record(id))['proxy']).toBe('');
  });

  it('gives a proxy to an account of an old database that has no such field', async () => {
    const { proxy: _, ...old } = v1ConsoleRecord({ id: 'old' });
    await putAccounts(api.store, CONSOLE_KIND, old);
    const { body } = await api.send('PUT', 'claude-console/old', { proxy: { type: 'http', host: 'h', port: 1 } });
    expect(body['proxy']).toEqual({ type: 'http', host: 'h', port: 1, username: null, hasPassword: false });
  });

  it('moves the account between the shared ones and the others', async () => {
    const id = await api.create();
    await api.send('PUT', `claude-console/${id}`, { accountType: 'group' });
    expect(await api.store.smembers('shared_claude_console_accounts')).toEqual([]);
    await api.send('PUT', `claude-console/${id}`, { accountType: 'shared' });
    expect(await api.store.smembers('shared_claude_console_accounts')).toEqual([id]);
  });

  it.each([
    [{ name: null }, 'name'],
    [{ apiKey: null }, 'apiKey'],
    [{ apiKey: '' }, 'apiKey'],
    [{ apiUrl: 'ftp://x' }, 'apiUrl'],
    [{ isActive: 1 }, 'isActive'],
    [{ priority: 1.5 }, 'priority'],
    [{ createdAt: '2026-01-01' }, 'createdAt'],
    [{ marks: [] }, 'marks'],
  ])('refuses %j and changes nothing', async (body, field) => {
    const id = await api.create();
    const before = await api.record(id);
    const answer = await api.send('PUT', `claude-console/${id}`, body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
    expect(await api.record(id)).toEqual(before);
  });

  it('answers 404 for an id that does not exist, and makes nothing', async () => {
    expect((await api.send('PUT', 'claude-console/none', { name: 'x' })).status).toBe(404);
    expect(await api.store.exists('claude_console_account:none')).toBe(0);
  });

  it('answers 404 when the account is removed at the same moment', async () => {
    const id = await api.create();
    const hgetall = api.store.hgetall.bind(api.store);
    jest.spyOn(api.store, 'hgetall').mockImplementation(async (key) => {
      const fields = await hgetall(key);
      await api.store.del(key);
      return fields;
    });
    expect((await api.send('PUT', `claude-console/${id}`, { name: 'x' })).status).toBe(404);
    expect(await api.store.exists(`claude_console_account:${id}`)).toBe(0);
  });

  it('decides anew when others change the account meanwhile, and says so when that does not end', async () => {
    const id = await api.create();
    const hgetall = api.store.hgetall.bind(api.store);
    let changes = 3;
    jest.spyOn(api.store, 'hgetall').mockImplementation(async (key) => {
      const fields = await hgetall(key);
      changes -= 1;
      if (changes >= 0) await api.store.hset(key, { status: `changed-${changes}` });
      return fields;
    });
    expect((await api.send('PUT', `claude-console/${id}`, { isActive: false })).body['isActive']).toBe(false);
    changes = Number.POSITIVE_INFINITY;
    let count = 0;
    jest.spyOn(api.store, 'hgetall').mockImplementation(async (key) => {
      const fields = await hgetall(key);
      count += 1;
      await api.store.hset(key, { status: `changed-again-${count}` });
      return fields;
    });
    const { status, body } = await api.send('PUT', `claude-console/${id}`, { isActive: true });
    expect(status).toBe(409);
    expect(body['detail']).toBe('Others change this account at the same time; try again');
    expect(count).toBe(5);
  });

  it('is seen by scheduling at once', async () => {
    const id = await api.create();
    const directory = api.get(AccountDirectory);
    expect((await directory.find('claude-console', id))?.account.isActive).toBe(true);
    await api.send('PUT', `claude-console/${id}`, { isActive: false });
    expect((await directory.find('claude-console', id))?.account.isActive).toBe(false);
    await api.send('DELETE', `claude-console/${id}`);
    expect(await directory.find('claude-console', id)).toBeNull();
    expect(await directory.states('claude-console')).toEqual([]);
    const other = await api.create();
    expect(await directory.find('claude-console', other)).not.toBeNull();
  });
});
