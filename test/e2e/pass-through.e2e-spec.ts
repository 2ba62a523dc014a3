import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startHttpProxy, startSocksProxy } from '../support/proxies.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { TestApp } from '../support/test-app.ts';

const MODEL = 'claude-sonnet-4-5-20250929';
const body = (change: object = {}): string =>
  JSON.stringify({ model: MODEL, max_tokens: 9, messages: [{ role: 'user', content: 'Hä€' }], ...change });
const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('what passes through the gateway', () => {
  let simulator: Simulator;
  let app: TestApp;
  let secret: string;
  let accountId: string;

  beforeAll(async () => {
    simulator = await startSimulator();
    app = await TestApp.start();
    accountId = await app.account(simulator.url, 'up-a');
    secret = (await app.key()).key;
  });

  afterAll(async () => {
    await app.close();
    await simulator.close();
  });

  beforeEach(async () => {
    simulator.reset();
    await app.api('POST', `/accounts/claude-console/${accountId}/reset-rate-limit`);
  });

  const send = (
    text: string | Buffer,
    headers: Record<string, string> = {},
    path = '/api/v1/messages',
  ): Promise<Response> =>
    fetch(app.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': secret, ...headers },
      body: text,
    });

  it('sends the body byte for byte, the query and the unknown headers, and none of our own secrets', async () => {
    const text = `{ "new_field" : [1, {"x": "\\u00e4"}], "model":"${MODEL}",\n"messages":[{"role":"system","content":"€"}] }`;
    await send(
      text,
      {
        'anthropic-beta': 'a,b',
        'anthropic-version': '2026-10-21',
        'x-stainless-os': 'Linux',
        'x-new-header': '1',
        'user-agent': 'claude-cli/2.1.330 (external, cli)',
        cookie: 'session=1',
        'x-forwarded-for': '10.0.0.1',
        authorization: `Bearer ${secret}`,
      },
      '/api/v1/messages?beta=true&key=cr_leak',
    );
    const [request] = simulator.requests('up-a');
    expect(request?.bodySha256).toBe(sha256(text));
    expect(request?.url).toBe('/v1/messages?beta=true');
    expect(request?.headers).toMatchObject({
      'anthropic-beta': 'a,b',
      'anthropic-version': '2026-10-21',
      'x-stainless-os': 'Linux',
      'x-new-header': '1',
      'user-agent': 'claude-cli/2.1.330 (external, cli)',
      'accept-encoding': 'identity',
    });
    expect(JSON.stringify(request?.headers)).not.toMatch(new RegExp(`${secret}|cr_leak|session=1|10\\.0\\.0\\.1`));
  });

  it.each(['/api/v1/messages', '/claude/v1/messages'])('gives the bytes of a stream unchanged on %s', async (path) => {
    const events = [
      'event: message_start\ndata: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":1,"output_tokens":1}}}\n\n',
      ': a comment\n\n',
      'event: content_block_delta\r\ndata: {"type":"content_block_delta",\r\ndata: "delta":{"type":"text_delta","text":"Hä€"}}\r\n\r\n',
      'event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":7}}\n\n',
      'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    ];
    for (const pieceBytes of [1, 7, 100_000]) {
      simulator.script('up-a', [{ events, pieceBytes }]);
      const response = await send(body({ stream: true }), {}, path);
      expect(response.headers.get('content-type')).toContain('text/event-stream');
      expect(response.headers.get('x-relay-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
      expect(await response.text()).toBe(events.join(''));
    }
  });

  it('gives status, body and id of a JSON answer as they came, and hides what belongs to the account', async () => {
    const answer = '{ "id":"msg_1", "type":"message", "new":[], "usage":{"input_tokens":1,"output_tokens":1} }';
    simulator.script('up-a', [
      {
        status: 200,
        body: answer,
        headers: {
          'content-type': 'application/json',
          'request-id': 'req_upstream',
          'set-cookie': 'a=b',
          'anthropic-ratelimit-unified-status': 'allowed',
        },
      },
    ]);
    const response = await send(body());
    expect(await response.text()).toBe(answer);
    expect(response.headers.get('request-id')).toBe('req_upstream');
    expect(response.headers.has('set-cookie')).toBe(false);
    expect(response.headers.has('anthropic-ratelimit-unified-status')).toBe(false);
  });

  it.each([400, 404, 413, 422])(
    'gives back a %d of the upstream exactly as it is, without asking again',
    async (status) => {
      const refusal = `{"type":"error",  "error":{"type":"invalid_request_error","message":"max_tokens: too large"}}`;
      simulator.script('up-a', [{ status, body: refusal, headers: { 'content-type': 'application/json' } }]);
      const response = await send(body({ stream: status === 400 }));
      expect(response.status).toBe(status);
      expect(await response.text()).toBe(refusal);
      expect(simulator.requests('up-a')).toHaveLength(1);
    },
  );

  it('maps the model for the upstream and back for the client, and changes nothing else', async () => {
    await app.api('PUT', `/accounts/claude-console/${accountId}`, { supportedModels: { [MODEL]: 'vendor-model' } });
    try {
      const text = body({ stream: true });
      simulator.script('up-a', [{ text: 'mapped' }, { text: 'mapped' }]);
      const stream = await (await send(text)).text();
      expect(stream).toContain(`"model":"${MODEL}"`);
      expect(stream).not.toContain('vendor-model');
      expect(simulator.requests('up-a')[0]?.bodySha256).toBe(sha256(text.replace(MODEL, 'vendor-model')));
      expect(await (await send(body())).json()).toMatchObject({ model: MODEL });
      const { body: refusal } = await app.call('POST', '/api/v1/messages', body({ model: 'other' }), {
        'x-api-key': secret,
      });
      expect(refusal.error.message).toBe('No upstream account is available for this request (1 model).');
    } finally {
      await app.api('PUT', `/accounts/claude-console/${accountId}`, { supportedModels: null });
    }
  });

  it('lets a key that cannot be ours not shadow a later one', async () => {
    const response = await send(body(), { 'x-api-key': 'sk-ant-not-ours', authorization: `Bearer ${secret}` });
    expect(response.status).toBe(200);
  });

  it.each([
    ['http', startHttpProxy],
    ['socks5', startSocksProxy],
  ] as const)('goes through the %s proxy of its account', async (type, start) => {
    const proxy = await start('user:p@ss');
    const settings = { type, host: '127.0.0.1', port: proxy.port, username: 'user', password: 'p@ss' };
    await app.api('PUT', `/accounts/claude-console/${accountId}`, { proxy: settings });
    try {
      expect((await send(body())).status).toBe(200);
      expect(proxy.tunnels).toHaveLength(1);
    } finally {
      await app.api('PUT', `/accounts/claude-console/${accountId}`, { proxy: null });
      await proxy.close();
    }
  });

  it.each([
    ['before the head', { holdAfterEvents: -1 }],
    ['while the answer is held', { holdAfterEvents: 1 }],
    ['in the middle of the stream', { holdAfterEvents: 4 }],
  ])('ends the exchange with the upstream when the client leaves %s', async (_, step) => {
    simulator.script('up-a', [{ text: 'x'.repeat(200), ...step }]);
    const leaving = httpRequest(`${app.url}/api/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': secret, 'content-type': 'application/json' },
    });
    leaving.on('error', () => undefined);
    leaving.on('response', (response) => response.on('error', () => undefined).resume());
    leaving.end(body({ stream: true }));
    await simulator.held('up-a');
    leaving.destroy();
    await simulator.settled('up-a', 1);
    expect(simulator.requests('up-a')[0]?.outcome).toBe('client_abort');
    const { body: availability } = await app.api('GET', `/accounts/claude-console/${accountId}/availability`);
    expect(availability.available).toBe(true);
  });

  it('slows the upstream down for a client that reads slowly, and loses no byte', async () => {
    const bytes = 24 * 1024 * 1024;
    simulator.script('up-a', [{ textBytes: bytes, deltaChars: 16 * 1024 }]);
    const reading = httpRequest(`${app.url}/api/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': secret, 'content-type': 'application/json' },
    });
    reading.end(body({ stream: true }));
    const [response] = (await once(reading, 'response')) as [IncomingMessage];
    // Nobody reads: the sockets' buffers fill up, and then the upstream must wait.
    const eventsSent = (): number => simulator.requests('up-a')[0]?.events ?? 0;
    const stuckAt = await new Promise<number>((resolve) => {
      let last = -1;
      let unchanged = 0;
      const look = setInterval(() => {
        unchanged = eventsSent() === last ? unchanged + 1 : 0;
        last = eventsSent();
        if (unchanged < 5 || last <= 0) return;
        clearInterval(look);
        resolve(last);
      }, 100);
    });
    expect(stuckAt).toBeLessThan((bytes / (16 * 1024)) * 0.9);
    expect(simulator.requests('up-a')[0]?.outcome).toBe('open');
    let text = 0;
    let tail = '';
    for await (const chunk of response as AsyncIterable<Buffer>) {
      text += chunk.length;
      tail = (tail + chunk.toString()).slice(-200);
    }
    expect(text).toBeGreaterThan(bytes);
    expect(tail).toContain('message_stop');
  });
});
