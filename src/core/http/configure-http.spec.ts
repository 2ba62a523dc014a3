import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UnauthorizedException } from '@nestjs/common';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type HttpApp, startHttpApp } from '../../../test/support/http-app.js';
import { call, EchoController, sendRaw, ThingController } from '../../../test/support/http-fixture.js';
import { testConfig } from '../../../test/support/test-config.js';
import { hasAnswerHeaders } from './answer-headers.js';

const CONTROLLERS = { controllers: [ThingController, EchoController] };

describe('configureHttp', () => {
  let server: HttpApp;
  const at = (path: string): string => `${server.url}${path}`;

  beforeAll(async () => {
    server = await startHttpApp(CONTROLLERS);
  });

  afterAll(async () => {
    await server.close();
  });

  it('names each request by an id that the client cannot choose', async () => {
    const headers = { 'x-relay-request-id': 'mine', 'request-id': 'mine', 'x-request-id': 'mine' };
    const answers = await Promise.all([1, 2].map(() => call(at('/things'), 'GET', { headers })));
    const [first, second] = answers.map((answer) => answer.headers.get('x-relay-request-id'));
    expect(first).toMatch(/^req_[0-9a-f]{32}$/);
    expect(second).not.toBe(first);
  });

  it('names the request also in an answer that is written past the framework', async () => {
    const headers = await fetch(at('/things/1/ended')).then((response) => response.headers);
    expect(headers.get('x-relay-request-id')).toMatch(/^req_/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('tells a browser not to sniff, frame, cache or run anything', async () => {
    const { headers } = await call(at('/things'), 'GET');
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'referrer-policy': 'strict-origin-when-cross-origin',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('spares clients what is meant for browsers', async () => {
    const { headers } = await call(at('/client/echo'), 'POST');
    expect(headers.get('x-relay-request-id')).toMatch(/^req_/);
    expect(headers.get('x-frame-options')).toBeNull();
  });

  it('answers HEAD where there is a GET', async () => {
    expect((await fetch(at('/things'), { method: 'HEAD' })).status).toBe(200);
  });

  it('bounds the time to receive a request, never the time of an answer', () => {
    const node = server.app.getHttpServer();
    expect(node.headersTimeout).toBe(30_000);
    expect(node.requestTimeout).toBe(600_000);
    expect(node.keepAliveTimeout).toBe(75_000);
    expect(node.timeout).toBe(0);
  });

  it('knows when it is too late for headers', () => {
    const reply = (headersSent: boolean, hasHeader: boolean): FastifyReply =>
      ({ raw: { headersSent, hasHeader: () => hasHeader } }) as unknown as FastifyReply;
    expect([reply(true, false), reply(false, true), reply(false, false)].map(hasAnswerHeaders)).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('configureHttp, by configuration', () => {
  it('lets a slow upstream be waited for as long as its own limit says', async () => {
    const server = await startHttpApp({ config: testConfig({ relay: { requestTimeoutMs: 900_000 } }) });
    const { requestTimeout } = server.app.getHttpServer() as { requestTimeout: number };
    await server.close();
    expect(requestTimeout).toBe(900_000);
  });

  it('lets pages of other origins call when told so', async () => {
    const server = await startHttpApp({ ...CONTROLLERS, config: testConfig({ http: { cors: true } }) });
    const preflight = await fetch(`${server.url}/things`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://a.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'authorization',
      },
    });
    const answer = await fetch(`${server.url}/things`, { headers: { origin: 'https://a.example' } });
    await server.close();
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization');
    expect(preflight.headers.get('x-relay-request-id')).toMatch(/^req_/);
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-relay-request-id');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('renders what a later hook refuses before the body is read, and starts with no principal', async () => {
    const principals: unknown[] = [];
    const server = await startHttpApp({
      ...CONTROLLERS,
      prepare: (app) => {
        const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
        fastify.addHook('onRequest', async (request) => {
          principals.push(request.principal, request.outcome, request.routeOptions.config.access);
          throw new UnauthorizedException('Who are you?');
        });
      },
    });
    const head = 'POST /client/echo HTTP/1.1\r\nhost: a\r\ncontent-length: 9999\r\nconnection: close\r\n\r\n';
    const answer = await sendRaw(server.port, head);
    await server.close();
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).toContain('"detail":"Who are you?"');
    expect(principals).toEqual([null, null, 'client']);
  });
});
