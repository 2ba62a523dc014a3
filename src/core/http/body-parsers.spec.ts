import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type HttpApp, startHttpApp } from '../../../test/support/http-app.js';
import { call, EchoController, sendJson, ThingController } from '../../../test/support/http-fixture.js';
import { testConfig } from '../../../test/support/test-config.js';

const LIMIT = 4096;
let server: HttpApp;
const at = (path: string): string => `${server.url}${path}`;

beforeAll(async () => {
  server = await startHttpApp({
    controllers: [ThingController, EchoController],
    config: testConfig({ http: { bodyLimitBytes: LIMIT } }),
  });
});

afterAll(async () => {
  await server.close();
});

describe('bodies', () => {
  it('gives a client route the exact bytes, whatever they call themselves', async () => {
    const bytes = Buffer.from([0x7b, 0x00, 0xff, 0x0d, 0x0a, 0x80]);
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', '']) {
      const answer = await call(at('/client/echo'), 'POST', {
        body: bytes,
        headers: type ? { 'content-type': type } : {},
      });
      expect(answer.body).toEqual({ hex: bytes.toString('hex'), isBuffer: true });
    }
  });

  it('takes a client body of exactly the limit and answers 413 for one byte more, announced or not', async () => {
    const whole = await call(at('/client/echo'), 'POST', { body: Buffer.alloc(LIMIT) });
    const over = await call(at('/client/echo'), 'POST', { body: Buffer.alloc(LIMIT + 1) });
    const chunked = await fetch(`${server.url}/client/echo`, {
      method: 'POST',
      body: new Blob([Buffer.alloc(LIMIT + 1)]).stream(),
      duplex: 'half',
    });
    expect([whole.status, over.status, chunked.status]).toEqual([200, 413, 413]);
  });

  it('tells a client that goes on sending a body far over the limit', async () => {
    const answer = await call(at('/client/echo'), 'POST', { body: Buffer.alloc(64 * 1024 * 1024) });
    expect(answer.status).toBe(413);
  });

  it('refuses an API body over 1 MiB and takes one just below', async () => {
    const name = 'n'.repeat(1024 * 1024 - 20);
    expect((await sendJson(at('/things'), 'POST', { name })).status).toBe(201);
    const over = await sendJson(at('/things'), 'POST', { name: name.repeat(2) });
    expect(over.status).toBe(413);
    expect(over.body['detail']).toBe('The request body is larger than this route accepts.');
  });

  it.each([
    ['broken JSON', '{"name": "a",}', /^The body is not valid JSON/],
    ['an array', '[]', /must be a JSON object/],
    ['a number', '5', /must be a JSON object/],
    ['null', 'null', /must be a JSON object/],
    ['a prototype', '{"name":"a","__proto__":{"admin":true}}', /forbidden property __proto__/],
    ['an escaped prototype', '{"name":"a","\\u005f_proto__":{}}', /forbidden property __proto__/],
    ['a constructor', '{"constructor":{"prototype":{}}}', /forbidden property constructor/],
    ['a deep body', `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, /nested too deeply/],
  ])('refuses %s', async (_, body, detail) => {
    const answer = await sendJson(at('/things'), 'POST', body);
    expect(answer.status).toBe(400);
    expect(answer.body['detail']).toMatch(detail);
  });

  it('refuses an API body that does not call itself JSON', async () => {
    const answer = await call(at('/things'), 'POST', { body: 'name=a', headers: { 'content-type': 'text/plain' } });
    expect(answer.status).toBe(415);
    expect(answer.body['detail']).toBe('Send the body as application/json.');
    expect((await call(at('/things'), 'POST', { body: '{}', headers: { 'content-type': 'json' } })).status).toBe(415);
  });

  it('needs no body where none is asked for', async () => {
    expect((await call(at('/things/1/pause'), 'PUT')).body).toEqual({ body: null });
    expect((await sendJson(at('/things/1/pause'), 'PUT', '')).body).toEqual({ body: {} });
  });
});
