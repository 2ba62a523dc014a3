import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type HttpApp, startHttpApp } from '../../../test/support/http-app.js';
import {
  call,
  EchoController,
  EchoErrorRenderer,
  sendRaw,
  ThingController,
} from '../../../test/support/http-fixture.js';
import { testConfig } from '../../../test/support/test-config.js';
import { ErrorRenderers } from './error-renderers.js';

const LIMIT = 4096;
const LONG_PATH = `/things/${'x'.repeat(300)}`;
let server: HttpApp;
const at = (path: string): string => `${server.url}${path}`;

beforeAll(async () => {
  server = await startHttpApp({
    controllers: [ThingController, EchoController],
    config: testConfig({ http: { bodyLimitBytes: LIMIT } }),
  });
  server.app.get(ErrorRenderers, { strict: false }).register(new EchoErrorRenderer());
});

afterAll(async () => {
  await server.close();
});

describe('error answers', () => {
  it.each([
    ['GET', '/nowhere', 404],
    ['POST', '/nowhere/at/all', 404],
    ['GET', '/things//pause', 404],
    ['DELETE', '/things', 405],
    ['GET', '/things/broken', 500],
    ['GET', '/things/hidden', 500],
    ['GET', '/things/busy', 503],
    ['GET', '/things/bad', 400],
    ['GET', '/things/relay', 503],
    ['GET', '/things/%zz', 400],
    ['GET', LONG_PATH, 414],
  ])('answers %s %s with problem details of status %d', async (method, path, status) => {
    const answer = await call(at(`${path}?key=secret`), method);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).toMatchObject({ type: 'about:blank', status, instance: path });
    expect(answer.body['requestId']).toMatch(/^req_[0-9a-f]{32}$/);
    expect(answer.headers.get('x-relay-request-id')).toBe(answer.body['requestId']);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });

  it('says which methods a known path answers', async () => {
    const answer = await call(at('/things'), 'DELETE');
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
  });

  it('refuses an unknown path without waiting for the body', async () => {
    const answer = await sendRaw(
      server.port,
      'POST /nowhere HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\nconnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('passes on when another try may succeed', async () => {
    expect((await call(at('/things/relay'), 'GET')).headers.get('retry-after')).toBe('7');
  });

  it('cuts the connection when the answer had begun', async () => {
    const answer = await sendRaw(server.port, 'GET /things/1/half HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(answer).toContain('half an ans');
    expect(answer).not.toMatch(/0\r\n\r\n$/);
  });

  it('leaves an answer alone that was already whole', async () => {
    const response = await fetch(`${server.url}/things/1/ended`);
    expect(await response.text()).toBe('all of it');
  });

  it.each([
    ['bad HTTP', 'NONSENSE\r\n\r\n', 400],
    ['too many header bytes', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
  ])('answers %s with problem details and closes', async (_, bytes, status) => {
    const [head = '', body = ''] = (await sendRaw(server.port, bytes)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('content-type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, requestId: expect.stringMatching(/^req_/) });
  });

  it('lets the protocol that owns the path render its own body, wherever the error came from', async () => {
    const bodies = await Promise.all([
      call(at('/client/refuse'), 'GET'),
      call(at('/client/nowhere'), 'GET'),
      call(at('/client/%zz'), 'GET'),
      call(at('/client/echo'), 'PUT'),
      call(at('/client/echo'), 'POST', { body: 'x'.repeat(LIMIT + 1) }),
    ]);
    expect(bodies.map((answer) => answer.status)).toEqual([401, 404, 400, 405, 413]);
    for (const { headers, body } of bodies) {
      expect(headers.get('x-rendered')).toBe('yes');
      expect(body).toMatchObject({ kind: 'client', requestId: headers.get('x-relay-request-id') });
    }
  });

  it('never puts an error head into a stream that is under way', async () => {
    const answer = await sendRaw(
      server.port,
      'GET /things/1/streaming HTTP/1.1\r\nhost: a\r\n\r\n',
      'NONSENSE\r\n\r\n',
    );
    expect(answer).toContain('first part');
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('sends what a protocol renders as text or bytes as it is', async () => {
    const rendered = ['{"text": 1}', Buffer.from('{"bytes": 1}')].map(async (body) => {
      const app = await startHttpApp();
      const headers = { 'content-type': 'application/json' };
      app.app.get(ErrorRenderers).register({ handles: () => true, render: () => ({ status: 418, headers, body }) });
      const answer = await fetch(`${app.url}/x`);
      const text = await answer.text();
      await app.close();
      return [answer.status, text];
    });
    expect(await Promise.all(rendered)).toEqual([
      [418, '{"text": 1}'],
      [418, '{"bytes": 1}'],
    ]);
  });
});

describe('the log', () => {
  const logged = (level: 'debug' | 'warn' | 'error'): unknown[] => {
    const seen: unknown[] = [];
    jest.spyOn(Logger.prototype, level).mockImplementation((entry: unknown) => void seen.push(entry));
    return seen;
  };

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('has each fault once, with its cause and the request, but not the query', async () => {
    const errors = logged('error');
    const { body } = await call(at('/things/broken?key=secret'), 'GET');
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      msg: 'request failed',
      requestId: body['requestId'],
      method: 'GET',
      path: '/things/broken',
      status: 500,
      error: { name: 'Error', message: 'secret internals', stack: expect.any(String) },
    });
  });

  it('warns of a 5xx that was meant, and keeps refusals for debugging', async () => {
    const [errors, warnings, refusals] = [logged('error'), logged('warn'), logged('debug')];
    await call(at('/things/busy'), 'GET');
    await call(at('/things/relay'), 'GET');
    await call(at('/things/bad'), 'GET');
    expect(errors).toEqual([]);
    expect(warnings).toMatchObject([{ status: 503 }, { status: 503 }]);
    expect(warnings).toHaveProperty('1.error', { name: 'RelayError', code: 'no_account', message: 'No account.' });
    expect(refusals).toMatchObject([{ status: 400, path: '/things/bad' }]);
  });
});
