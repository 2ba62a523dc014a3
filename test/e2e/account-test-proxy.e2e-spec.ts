import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startHttpProxy, startSocksProxy, type TestProxy } from '../support/proxies.ts';
import { type ApiAnswer, TestApp } from '../support/test-app.ts';

const PASSWORD = 'pass-word-of-the-proxy';
const ROUTE = '/accounts/test-proxy';

async function listen(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('the test of a proxy', () => {
  let app: TestApp;
  let target: Server;
  let url: string;
  let methods: string[];
  const proxies: Record<string, TestProxy> = {};

  const test = async (proxy: object, address = url): Promise<ApiAnswer['body']> => {
    const { status, body } = await app.api('POST', ROUTE, { proxy: { host: '127.0.0.1', ...proxy }, url: address });
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain(PASSWORD);
    return body;
  };
  const portOf = (name: string): number => proxies[name]?.port ?? 0;

  beforeAll(async () => {
    methods = [];
    target = createServer((incoming, response) => {
      methods.push(`${String(incoming.method)} ${String(incoming.url)}`);
      response.statusCode = 404;
      response.end();
    });
    url = `http://127.0.0.1:${String(await listen(target))}`;
    proxies['http'] = await startHttpProxy();
    proxies['http auth'] = await startHttpProxy(`user:${PASSWORD}`);
    proxies['socks5'] = await startSocksProxy();
    proxies['socks5 auth'] = await startSocksProxy(`user:${PASSWORD}`);
    app = await TestApp.start();
  });
  afterAll(async () => {
    await app.close();
    await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
    target.closeAllConnections();
    target.close();
  });

  it.each(['http', 'socks5'])('takes any answer of the target for a success: %s', async (type) => {
    const body = await test({ type, port: portOf(type) });
    expect(body).toEqual({ ok: true, status: 404, ms: expect.any(Number) });
    expect(methods.splice(0)).toEqual(['HEAD /']);
    expect(proxies[type]?.tunnels.splice(0)).toEqual([{ target: new URL(url).host, credentials: null }]);
  });

  it.each(['http', 'socks5'])('logs in at the proxy: %s', async (type) => {
    const login = { username: 'user', password: PASSWORD };
    expect(await test({ type, port: portOf(`${type} auth`), ...login })).toMatchObject({ ok: true, status: 404 });
  });

  it.each([
    ['http', { username: 'user', password: 'wrong' }, 'The proxy refused the user name or the password.'],
    ['http', {}, 'The proxy wants a user name and a password, and none is set.'],
    ['socks5', { username: 'user', password: 'wrong' }, 'The proxy refused the user name or the password.'],
    ['socks5', {}, 'The proxy wants a user name and a password, and none is set.'],
  ])('tells a login that failed: %s %j', async (type, login, message) => {
    const body = await test({ type, port: portOf(`${type} auth`), ...login });
    expect(body).toEqual({ ok: false, ms: expect.any(Number), stage: 'proxy', message });
  });

  it.each(['http', 'https', 'socks5'])('tells that nobody listens: %s', async (type) => {
    const nobody = createTcpServer();
    const port = await listen(nobody);
    await new Promise((resolve) => nobody.close(resolve));
    expect(await test({ type, port })).toMatchObject({
      ok: false,
      stage: 'proxy',
      message: expect.stringContaining('The proxy refused the connection.'),
    });
  });

  it('tells that the name of the proxy is not found', async () => {
    const body = await test({ type: 'http', host: 'no-such-proxy.invalid', port: 1080 });
    expect(body).toMatchObject({ ok: false, stage: 'proxy', message: expect.stringContaining('was not found') });
  });

  it('tells that the proxy cannot reach the target', async () => {
    const proxy = createServer();
    proxy.on('connect', (_request, client) => {
      client.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
    });
    const port = await listen(proxy);
    try {
      expect(await test({ type: 'http', port })).toMatchObject({
        ok: false,
        stage: 'target',
        message: `The proxy answered 502: it cannot reach ${new URL(url).host}.`,
      });
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('does not take a server of another kind for a proxy', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    });
    const port = await listen(server);
    try {
      for (const type of ['http', 'socks5']) {
        const body = await test({ type, port });
        expect(body).toMatchObject({ ok: false, stage: 'proxy', message: expect.stringContaining(`no ${type} proxy`) });
      }
    } finally {
      server.close();
    }
  });

  it('is no account of a platform called test-proxy', async () => {
    const { status, body } = await app.api('POST', ROUTE, { name: 'a', apiUrl: url, apiKey: 'k' });
    expect(status).toBe(400);
    const errors = body.errors as { field: string }[];
    expect(errors.map(({ field }) => field).sort()).toEqual(['apiKey', 'apiUrl', 'name', 'proxy']);
    expect((await app.api('POST', '/accounts/test-prox', {})).status).not.toBe(200);
    expect((await app.api('GET', `/accounts/claude-console`)).body.total).toBe(0);
  });

  it.each([
    [{}, 'proxy'],
    [{ proxy: null }, 'proxy'],
    [{ proxy: 'http://127.0.0.1:1' }, 'proxy'],
    [{ proxy: { type: 'ftp', host: 'a', port: 1 } }, 'proxy.type'],
    [{ proxy: { type: 'http', host: 'a', port: 1, protocol: 'x' } }, 'proxy.protocol'],
    [{ proxy: { type: 'http', host: 'a', port: 1 }, url: 'ftp://example.com' }, 'url'],
    [{ proxy: { type: 'http', host: 'a', port: 1 }, url: 'https://u:p@example.com' }, 'url'],
    [{ proxy: { type: 'http', host: 'a', port: 1 }, url: 'http://169.254.169.254/' }, 'url'],
  ])('refuses %j by name', async (given, field) => {
    const { status, body } = await app.api('POST', ROUTE, given);
    expect([status, body.errors]).toEqual([400, [expect.objectContaining({ field })]]);
  });

  it('is only for administrators', async () => {
    expect((await app.call('POST', `/api/v2${ROUTE}`, {})).status).toBe(401);
  });
});

describe('the test of a proxy where private upstreams are not allowed', () => {
  it('does not ask for a private target', async () => {
    const app = await TestApp.start({ egress: { allowPrivateUpstreams: false } });
    try {
      const proxy = { type: 'http', host: '127.0.0.1', port: 9 };
      const { status, body } = await app.api('POST', ROUTE, { proxy, url: 'http://127.0.0.1:8080' });
      expect([status, body.errors[0]]).toEqual([
        400,
        { field: 'url', message: expect.stringContaining('ALLOW_PRIVATE_UPSTREAMS') },
      ]);
    } finally {
      await app.close();
    }
  });
});
