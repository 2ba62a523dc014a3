import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AccountApi, NEW_CONSOLE_ACCOUNT, startAccountApi } from '../../test/support/account-api.js';
import { CODEX_KIND, CONSOLE_KIND, v1CodexRecord, v1ConsoleRecord } from '../../test/support/account-fixture.js';
import { SecretBox } from '../core/crypto/secret-box.js';

describe('POST /accounts/:platform', () => {
  let api: AccountApi;

  beforeEach(async () => {
    api = await startAccountApi();
  });

  afterEach(async () => {
    await api.close();
  });

  const secretOf = (sealed: string | undefined): string =>
    api.get(SecretBox).open(sealed ?? '', CONSOLE_KIND.secretSalt, 'empty');

  it('creates an account with the defaults of v1, in the format of v1', async () => {
    const { status, body } = await api.send('POST', 'claude-console', NEW_CONSOLE_ACCOUNT);
    expect(status).toBe(201);
    const id = String(body['id']);
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/),
      platform: 'claude-console',
      name: 'console-one',
      description: '',
      apiUrl: 'https://console.example/v1/messages',
      hasApiKey: true,
      priority: 50,
      supportedModels: {},
      userAgent: 'claude-cli/1.0.69 (external, cli)',
      rateLimitDuration: 60,
      proxy: null,
      isActive: true,
      accountType: 'shared',
      schedulable: true,
      dailyQuota: 0,
      quotaResetTime: '00:00',
      dailyUsage: 0,
      quotaResetsAt: null,
      maxConcurrentTasks: 0,
      disableAutoProtection: false,
      interceptWarmup: false,
      subscriptionExpiresAt: null,
      status: 'active',
      errorMessage: '',
      rateLimitedAt: null,
      rateLimitStatus: '',
      createdAt: '2026-11-23T04:00:00.000Z',
      updatedAt: null,
      lastUsedAt: null,
      marks: [],
    });
    const { apiKey, ...stored } = await api.record(id);
    const { apiKey: _, ...expected } = v1ConsoleRecord({
      id,
      supportedModels: '{}',
      userAgent: 'claude-cli/1.0.69 (external, cli)',
      rateLimitDuration: '60',
      dailyQuota: '0',
      quotaResetTime: '00:00',
      maxConcurrentTasks: '0',
      createdAt: '2026-11-23T04:00:00.000Z',
    });
    expect(stored).toEqual(expected);
    expect(apiKey).toMatch(/^[0-9a-f]{32}:[0-9a-f]{32}$/);
    expect(secretOf(apiKey)).toBe('sk-ant-secret-1');
    expect(await api.store.smembers('claude_console_account:index')).toEqual([id]);
    expect(await api.store.smembers('shared_claude_console_accounts')).toEqual([id]);
  });

  it('creates an account with every setting', async () => {
    const settings = {
      description: 'for the team',
      priority: 10,
      supportedModels: ['m1', 'm2'],
      userAgent: 'claude-cli/2.0.0 (external, cli)',
      rateLimitDuration: 0,
      isActive: false,
      accountType: 'dedicated',
      schedulable: false,
      dailyQuota: 12.5,
      quotaResetTime: '06:30',
      maxConcurrentTasks: 7,
      disableAutoProtection: true,
      interceptWarmup: true,
    };
    const proxy = { type: 'socks5', host: '127.0.0.1', port: 1080, username: 'u', password: 'p' };
    const body = { ...NEW_CONSOLE_ACCOUNT, ...settings, proxy, subscriptionExpiresAt: '2030-01-31' };
    const answer = await api.send('POST', 'claude-console', body);
    expect(answer).toMatchObject({
      status: 201,
      body: {
        ...settings,
        supportedModels: { m1: 'm1', m2: 'm2' },
        proxy: { type: 'socks5', host: '127.0.0.1', port: 1080, username: 'u', hasPassword: true },
        subscriptionExpiresAt: '2030-01-31T00:00:00.000Z',
      },
    });
    expect(await api.record(String(answer.body['id']))).toMatchObject({
      supportedModels: '{"m1":"m1","m2":"m2"}',
      dailyQuota: '12.5',
      proxy: JSON.stringify(proxy),
      subscriptionExpiresAt: '2030-01-31T00:00:00.000Z',
    });
    expect(await api.store.exists('shared_claude_console_accounts')).toBe(0);
  });

  it('keeps a model that is called as something that every object has', async () => {
    const supportedModels = { valueOf: 'vendor-a', toString: 'vendor-b' };
    const { status, body } = await api.send('POST', 'claude-console', { ...NEW_CONSOLE_ACCOUNT, supportedModels });
    expect(status).toBe(201);
    expect(body['supportedModels']).toEqual(supportedModels);
    expect((await api.record(String(body['id'])))['supportedModels']).toBe(JSON.stringify(supportedModels));
  });

  it('keeps the lines of a description, and no halves of characters', async () => {
    const id = await api.create({ name: 'half \ud83d', description: 'one\r\n\ttwo \ud83d' });
    expect(await api.record(id)).toMatchObject({ name: 'half \ufffd', description: 'one\r\n\ttwo \ufffd' });
  });

  it("creates a codex account, whose address is v1's baseApi", async () => {
    const body = {
      name: 'codex-one',
      apiUrl: ' https://codex.example/v1/ ',
      apiKey: ' sk-codex ',
      providerEndpoint: 'auto',
    };
    const answer = await api.send('POST', 'codex', body);
    expect(answer.body).toMatchObject({
      apiUrl: 'https://codex.example/v1',
      providerEndpoint: 'auto',
      platform: 'codex',
    });
    expect(answer.body).not.toHaveProperty('supportedModels');
    const id = String(answer.body['id']);
    const { apiKey, ...stored } = await api.store.hgetall(`openai_responses_account:${id}`);
    const created = { id, providerEndpoint: 'auto', createdAt: '2026-11-23T04:00:00.000Z', priority: '50' };
    const { apiKey: _, ...expected } = v1CodexRecord(created);
    expect(stored).toEqual(expected);
    expect(api.get(SecretBox).open(apiKey ?? '', CODEX_KIND.secretSalt, 'empty')).toBe('sk-codex');
  });

  it('never answers a secret', async () => {
    const proxy = { type: 'http', host: 'proxy.example', port: 1, username: 'u', password: 'p4ssw0rd' };
    const id = await api.create({ proxy });
    const paths: [string, string, unknown?][] = [
      ['GET', `claude-console/${id}`],
      ['GET', 'claude-console'],
      ['PUT', `claude-console/${id}`, { apiKey: 'sk-ant-secret-2' }],
      ['POST', `claude-console/${id}/toggle-schedulable`],
      ['POST', `claude-console/${id}/reset-rate-limit`],
      ['GET', `claude-console/${id}/availability`],
      ['DELETE', `claude-console/${id}`],
    ];
    for (const [method, path, body] of paths) {
      const answer = await api.send(method, path, body);
      expect(answer.status).toBe(200);
      expect(JSON.stringify(answer.body)).not.toMatch(/sk-ant-secret|p4ssw0rd/);
    }
  });

  it.each([
    [{ ...NEW_CONSOLE_ACCOUNT, name: undefined }, 'name', 'name must be text'],
    [{ ...NEW_CONSOLE_ACCOUNT, name: '  ' }, 'name', 'name must have 1 to 200 characters'],
    [{ ...NEW_CONSOLE_ACCOUNT, apiUrl: 7 }, 'apiUrl', 'apiUrl must be text'],
    [{ ...NEW_CONSOLE_ACCOUNT, apiUrl: 'http://169.254.169.254/' }, 'apiUrl', 'apiUrl must not lead to a link-local'],
    [{ ...NEW_CONSOLE_ACCOUNT, apiUrl: 'https://u:p@a.example' }, 'apiUrl', 'apiUrl must not contain a user name'],
    [{ ...NEW_CONSOLE_ACCOUNT, apiKey: null }, 'apiKey', 'apiKey must be text'],
    [{ ...NEW_CONSOLE_ACCOUNT, apiKey: 'a b' }, 'apiKey', 'apiKey must be visible ASCII'],
    [{ ...NEW_CONSOLE_ACCOUNT, priority: 0 }, 'priority', 'priority must not be less than 1'],
    [{ ...NEW_CONSOLE_ACCOUNT, priority: 101 }, 'priority', 'priority must not be greater than 100'],
    [{ ...NEW_CONSOLE_ACCOUNT, priority: '5' }, 'priority', 'priority must be a whole number'],
    [{ ...NEW_CONSOLE_ACCOUNT, supportedModels: 'all' }, 'supportedModels', 'supportedModels must be a list of models'],
    [
      { ...NEW_CONSOLE_ACCOUNT, supportedModels: { a: 1 } },
      'supportedModels',
      'supportedModels must be a list of models',
    ],
    [{ ...NEW_CONSOLE_ACCOUNT, supportedModels: [''] }, 'supportedModels', 'supportedModels must be a list of models'],
    [{ ...NEW_CONSOLE_ACCOUNT, userAgent: 'a\r\nb' }, 'userAgent', 'userAgent must be plain ASCII text'],
    [
      { ...NEW_CONSOLE_ACCOUNT, rateLimitDuration: -1 },
      'rateLimitDuration',
      'rateLimitDuration must not be less than 0',
    ],
    [{ ...NEW_CONSOLE_ACCOUNT, proxy: [] }, 'proxy', 'proxy must be an object or null'],
    [
      { ...NEW_CONSOLE_ACCOUNT, proxy: { type: 'socks4', host: 'h', port: 1 } },
      'proxy.type',
      'type must be one of: http, https, socks5',
    ],
    [
      { ...NEW_CONSOLE_ACCOUNT, proxy: { type: 'http', host: 'http://h', port: 1 } },
      'proxy.host',
      'host must be a host name',
    ],
    [
      { ...NEW_CONSOLE_ACCOUNT, proxy: { type: 'http', host: 'h', port: 0 } },
      'proxy.port',
      'port must not be less than 1',
    ],
    [
      { ...NEW_CONSOLE_ACCOUNT, proxy: { type: 'http', host: 'h', port: 1, user: 'x' } },
      'proxy.user',
      'user is not a known field',
    ],
    [{ ...NEW_CONSOLE_ACCOUNT, isActive: 'yes' }, 'isActive', 'isActive must be true or false'],
    [{ ...NEW_CONSOLE_ACCOUNT, name: 'line\nbreak' }, 'name', 'name must not hold control characters'],
    [{ ...NEW_CONSOLE_ACCOUNT, description: 'bell\u0007' }, 'description', 'description must not hold control'],
    [{ ...NEW_CONSOLE_ACCOUNT, supportedModels: { '': 'a' } }, 'supportedModels', 'must be a list of models'],
    [{ ...NEW_CONSOLE_ACCOUNT, supportedModels: ['__proto__'] }, 'supportedModels', 'must be a list of models'],
    [{ ...NEW_CONSOLE_ACCOUNT, schedulable: 'true' }, 'schedulable', 'schedulable must be true or false'],
    [
      { ...NEW_CONSOLE_ACCOUNT, accountType: 'own' },
      'accountType',
      'accountType must be one of: shared, dedicated, group',
    ],
    [{ ...NEW_CONSOLE_ACCOUNT, dailyQuota: -1 }, 'dailyQuota', 'dailyQuota must not be less than 0'],
    [{ ...NEW_CONSOLE_ACCOUNT, dailyQuota: '1' }, 'dailyQuota', 'dailyQuota must be a number'],
    [{ ...NEW_CONSOLE_ACCOUNT, quotaResetTime: '24:00' }, 'quotaResetTime', 'quotaResetTime must be a time of day'],
    [
      { ...NEW_CONSOLE_ACCOUNT, maxConcurrentTasks: 1.5 },
      'maxConcurrentTasks',
      'maxConcurrentTasks must be a whole number',
    ],
    [
      { ...NEW_CONSOLE_ACCOUNT, subscriptionExpiresAt: '2030-02-30' },
      'subscriptionExpiresAt',
      'must be an ISO 8601 date',
    ],
    [
      { ...NEW_CONSOLE_ACCOUNT, subscriptionExpiresAt: 'tomorrow' },
      'subscriptionExpiresAt',
      'must be an ISO 8601 date',
    ],
    [
      { ...NEW_CONSOLE_ACCOUNT, providerEndpoint: 'auto' },
      'providerEndpoint',
      'providerEndpoint does not exist for accounts of claude-console',
    ],
    [{ ...NEW_CONSOLE_ACCOUNT, status: 'active' }, 'status', 'status is read-only: POST .../reset-rate-limit'],
    [{ ...NEW_CONSOLE_ACCOUNT, baseApi: 'https://a.example' }, 'baseApi', 'the address is called apiUrl here'],
    [{ ...NEW_CONSOLE_ACCOUNT, nonsense: 1 }, 'nonsense', 'nonsense is not a known field'],
  ])('refuses %j', async (body, field, message) => {
    const answer = await api.send('POST', 'claude-console', body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toEqual([{ field, message: expect.stringContaining(message) }]);
    expect(await api.store.exists('claude_console_account:index')).toBe(0);
  });

  it.each(['{"name"', '[]', '"text"', 'null'])('refuses the body %s', async (body) => {
    expect((await api.send('POST', 'claude-console', body)).status).toBe(400);
  });

  it('knows no other platforms, and says which there are', async () => {
    for (const [method, path, given] of [
      ['POST', 'gemini', NEW_CONSOLE_ACCOUNT],
      ['GET', 'gemini'],
      ['PUT', 'gemini/x', NEW_CONSOLE_ACCOUNT],
      ['DELETE', 'gemini/x'],
      ['POST', 'gemini/x/toggle-schedulable', {}],
      ['GET', 'gemini/x/availability'],
    ] as const) {
      const { status, body } = await api.send(method, path, given);
      expect(status).toBe(404);
      expect(body['detail']).toBe('There is no platform "gemini"; there are: claude-console, codex');
    }
  });
});
