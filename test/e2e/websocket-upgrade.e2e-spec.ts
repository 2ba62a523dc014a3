import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'undici';
import { TestApp } from '../support/test-app.ts';

const HANDSHAKE = [
  'host: gateway',
  'connection: Upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
  'openai-beta: responses_websockets=2026-02-06',
  'authorization: Bearer cr_nobody',
];
/** What a client sends that does not wait for the answer: a masked frame. */
const FRAME = Buffer.from([0x81, 0x82, 1, 2, 3, 4, 0x69, 0x6b]);

describe('an upgrade request', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start();
  });

  afterAll(() => app.close());

  /** All that comes back until the gateway closes the connection; a gateway that does not is a test that hangs. */
  const sendRaw = async (head: readonly string[], rest: Buffer = Buffer.alloc(0)): Promise<string> => {
    const { hostname, port } = new URL(app.url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), rest]));
    await once(socket, 'end');
    socket.end();
    await once(socket, 'close');
    return Buffer.concat(chunks).toString();
  };

  const bodyOf = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));

  it.each(['/openai/responses', '/openai/v1/responses', '/openai/v1/responses?model=gpt-5.4'])(
    'for %s is answered 426 whoever asks, and the connection closed',
    async (path) => {
      const answer = await sendRaw([`GET ${path} HTTP/1.1`, ...HANDSHAKE]);
      expect(answer).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
      expect(answer).toMatch(/\r\nx-relay-request-id: req_/);
      expect(answer).toMatch(/\r\nconnection: upgrade, close\r\n/i);
      expect(bodyOf(answer)).toEqual({
        error: {
          message: 'There are no WebSockets here. Send the request as a plain HTTP POST.',
          type: 'invalid_request_error',
          param: null,
          code: null,
        },
      });
    },
  );

  it('is answered 426 when frames follow at once', async () => {
    const answer = await sendRaw(['GET /openai/v1/responses HTTP/1.1', ...HANDSHAKE], FRAME);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 426']);
  });

  it.each(['/', '/health', '/api/v1/messages', '/openai/nothing', '/api/v2/keys', '/docs'])(
    'for %s has a plain answer, too',
    async (path) => {
      const answer = await sendRaw([`GET ${path} HTTP/1.1`, ...HANDSHAKE]);
      expect(answer).toMatch(/^HTTP\/1\.1 426 /);
    },
  );

  it('for a path that is none is answered, too', async () => {
    const head = ['GET /%ff HTTP/1.1', 'host: gateway', 'upgrade: websocket', 'connection: Upgrade, close'];
    expect(await sendRaw(head)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each([
    ['open', ['upgrade: WebSocket', 'connection: keep-alive, Upgrade'], 426],
    ['open beside others', ['upgrade: h2c, websocket/13', 'connection: Upgrade'], 426],
    ['not open', ['upgrade: h2c', 'connection: Upgrade, close'], 405],
    ['not open by a name that is only like it', ['upgrade: xwebsocket', 'connection: Upgrade, close'], 405],
  ] as const)('does %s a WebSocket', async (_, headers, status) => {
    const answer = await sendRaw(['GET /openai/responses HTTP/1.1', 'host: gateway', ...headers]);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('makes a POST no other request', async () => {
    const { key } = await app.key();
    const body = Buffer.from('{"model":"gpt-5.4"}');
    const answer = await sendRaw(
      [
        'POST /openai/responses HTTP/1.1',
        'host: gateway',
        'upgrade: h2c',
        'connection: Upgrade, close',
        `authorization: Bearer ${key}`,
        `content-length: ${body.length}`,
      ],
      body,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(bodyOf(answer)).toMatchObject({ error: { message: expect.stringContaining('input') } });
  });

  it('of a WebSocket client fails at once and leaves the gateway answering', async () => {
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/openai/v1/responses`);
    await once(socket, 'close');
    expect(socket.readyState).toBe(WebSocket.CLOSED);
    expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
  });

  it.each(['/openai/responses', '/openai/v1/responses'])('that is none is told to POST to %s', async (path) => {
    const answer = await app.call('GET', path);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
    expect(answer.body).toEqual({
      error: { message: expect.stringContaining('POST'), type: 'invalid_request_error', param: null, code: null },
    });
  });
});
