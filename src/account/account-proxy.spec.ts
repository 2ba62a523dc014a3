import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AccountApi, type Json, NEW_CONSOLE_ACCOUNT, startAccountApi } from '../../test/support/account-api.js';

const METADATA = 'host must not be a link-local or cloud metadata address: no proxy is there';
const CONTROLS = 'must not hold control characters';

describe('the proxy of an account', () => {
  let api: AccountApi;
  let id: string;

  beforeAll(async () => {
    api = await startAccountApi();
    id = await api.create();
  });

  afterAll(async () => {
    await api.close();
  });

  const ways: readonly (readonly [name: string, send: (proxy: Json) => ReturnType<AccountApi['send']>])[] = [
    ['a new account', (proxy) => api.send('POST', 'claude-console', { ...NEW_CONSOLE_ACCOUNT, proxy })],
    ['a change', (proxy) => api.send('PUT', `claude-console/${id}`, { proxy })],
    ['a test', (proxy) => api.send('POST', 'test-proxy', { proxy })],
  ];

  describe.each(ways)('of %s', (_, send) => {
    it.each<readonly [change: Json, field: string, message: string]>([
      [{ host: '169.254.169.254' }, 'host', METADATA],
      [{ host: '[::ffff:a9fe:a9fe]' }, 'host', METADATA],
      [{ host: 'fe80::1' }, 'host', METADATA],
      [{ host: 'Metadata.Google.Internal.' }, 'host', METADATA],
      [{ host: '2852039166' }, 'host', 'host must be a host name or an IP address'],
      [{ host: 7 }, 'host', 'host must be a host name or an IP address'],
      [{ username: 'a\nb' }, 'username', `username ${CONTROLS}`],
      [{ username: 'a', password: 'b\u0000' }, 'password', `password ${CONTROLS}`],
      [{ username: 'a:b' }, 'username', 'username must not hold a colon: http and https proxies'],
      [{ type: 'https', username: 'a:b' }, 'username', 'username must not hold a colon: http and https proxies'],
      [{ type: 'socks5', username: 'ü'.repeat(128) }, 'username', 'username must have at most 255 bytes for socks5'],
      [{ type: 'socks5', password: 'a'.repeat(256) }, 'password', 'password must have at most 255 bytes for socks5'],
      [{ username: 7 }, 'username', 'username must be text'],
      [{ password: 'a'.repeat(501) }, 'password', 'password must be shorter than or equal to 500 characters'],
    ])('refuses %j', async (change, field, message) => {
      const { status, body } = await send({ type: 'http', host: 'proxy.example', port: 1, ...change });
      expect({ status, errors: body['errors'] }).toEqual({
        status: 400,
        errors: [{ field: `proxy.${field}`, message: expect.stringContaining(message) }],
      });
    });
  });

  it.each<Json>([
    { host: '127.0.0.1' },
    { host: '10.0.0.1' },
    { host: 'fd00::1' },
    { host: 'localhost' },
    { type: 'socks5', username: 'a:b', password: 'a'.repeat(255) },
    { type: 'socks5', username: 'ü'.repeat(127) },
    { username: 'ü', password: 'a:'.repeat(250) },
    { username: null, password: null },
  ])('can be %j', async (change) => {
    const proxy = { type: 'http', host: 'proxy.example', port: 1, ...change };
    const { status, body } = await api.send('PUT', `claude-console/${id}`, { proxy });
    expect({ status, body }).toMatchObject({ status: 200, body: { proxy: { host: proxy.host } } });
  });

  it('takes an account out of use where an old database has it at cloud metadata', async () => {
    const stored = JSON.stringify({ type: 'http', host: 'metadata.google.internal', port: 80 });
    await api.store.hset(`claude_console_account:${id}`, { proxy: stored });
    expect((await api.send('GET', `claude-console/${id}`)).body).toMatchObject({
      proxy: null,
      status: 'invalid_proxy',
    });
    expect((await api.send('GET', `claude-console/${id}/availability`)).body).toMatchObject({ available: false });
  });
});
