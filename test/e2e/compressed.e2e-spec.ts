import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ENCODERS } from '../support/compressed-bodies.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { type ApiAnswer, TestApp } from '../support/test-app.ts';
import { questionOf } from '../support/two-accounts.ts';

const TEXT = 'A compressed answer that comes in several pieces, h\u00e4\u20ac.';

const STREAM = [
  '{"type":"message_start","message":{"model":"m","usage":{"input_tokens":3,"output_tokens":1}}}',
  '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"h\u{e4}\u{20ac}"}}',
  '{"type":"message_delta","delta":{},"usage":{"output_tokens":7}}',
  '{"type":"message_stop"}',
]
  .map((data) => `event: ${/"type":"(\w+)"/.exec(data)?.[1] ?? ''}\ndata: ${data}\n\n`)
  .join('');
const MESSAGE = JSON.stringify({ type: 'message', model: 'm', content: [], usage: { input_tokens: 3 } });

/** Answers everybody with these bytes, a few at a time. */
async function startUpstream(
  head: Record<string, string>,
  bytes: Buffer,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((incoming, response) => {
    incoming.resume();
    response.writeHead(200, head);
    for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

describe('an upstream that compresses although nobody has asked it to', () => {
  let simulator: Simulator;
  let app: TestApp;
  let accounts: string[];
  let key: { id: string; key: string };
  let headers: Record<string, string>;

  beforeAll(async () => {
    simulator = await startSimulator();
    app = await TestApp.start();
    accounts = [
      await app.account(simulator.url, 'up-a', { priority: 1 }),
      await app.account(simulator.url, 'up-b', { priority: 2 }),
    ];
  });

  afterAll(async () => {
    await app.close();
    await simulator.close();
  });

  beforeEach(async () => {
    simulator.reset();
    for (const id of accounts) await app.api('POST', `/accounts/claude-console/${id}/reset-rate-limit`);
    key = await app.key();
    // A session of its own for each case: an earlier one would stay with the account that served it.
    headers = { 'x-api-key': key.key, 'x-claude-code-session-id': randomUUID(), 'content-type': 'application/json' };
  });

  const send = (stream: boolean): Promise<ApiAnswer> =>
    app.call('POST', '/api/v1/messages', questionOf(stream), headers);

  const open = async (): Promise<{ outgoing: ClientRequest; incoming: IncomingMessage }> => {
    const outgoing = request(`${app.url}/api/v1/messages`, { method: 'POST', agent: false, headers });
    outgoing.on('error', () => undefined);
    outgoing.end(JSON.stringify(questionOf(true)));
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    incoming.on('error', () => undefined);
    return { outgoing, incoming };
  };

  const expectBooked = async (): Promise<void> => {
    const { hasCacheSplit: _split, ...reported } = simulator.usage('up-a');
    const { total } = (await app.api('GET', `/keys/${key.id}/stats`)).body;
    expect(total).toMatchObject({ requests: 1, ...reported });
    expect(total.costUsd).toBeGreaterThan(0);
  };

  const textOf = (body: unknown): string =>
    [...String(body).matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, piece]) => piece).join('');

  it.each([{}, { pieceBytes: 1 }, { crlf: true }])(
    'gives a stream whole and plain, and books it (%j)',
    async (change) => {
      simulator.script('up-a', [{ gzip: true, text: TEXT, deltaChars: 6, pings: 2, ...change }]);
      const answer = await send(true);
      expect(answer).toMatchObject({ status: 200, isCut: false });
      expect(answer.headers.has('content-encoding')).toBe(false);
      expect(textOf(answer.body)).toBe(TEXT);
      expect(answer.body).toContain('event: message_stop');
      expect(simulator.requests('up-b')).toEqual([]);
      await expectBooked();
    },
  );

  it('gives a whole answer plain, and books it', async () => {
    simulator.script('up-a', [{ gzip: true, text: TEXT }]);
    const answer = await send(false);
    expect(answer.status).toBe(200);
    expect(answer.headers.has('content-encoding')).toBe(false);
    expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(JSON.stringify(answer.body))));
    expect(answer.body.content).toEqual([{ type: 'text', text: TEXT }]);
    await expectBooked();
  });

  it('keeps no event back that the upstream has flushed', async () => {
    simulator.script('up-a', [{ gzip: true, text: TEXT, deltaChars: 6, holdAfterEvents: 4 }]);
    const { incoming } = await open();
    let text = '';
    incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await simulator.held('up-a');
    while (textOf(text) !== TEXT.slice(0, 12)) await once(incoming, 'data');
    simulator.release('up-a');
    await once(incoming, 'end');
    expect(textOf(text)).toBe(TEXT);
  });

  it.each(['mid_reset', 'mid_cut', 'mid_truncate'])('ends honestly behind the first content: %s', async (preset) => {
    simulator.script('up-a', [{ preset, gzip: true, text: TEXT, deltaChars: 6 }]);
    const answer = await send(true);
    expect(answer).toMatchObject({ status: 200, isCut: true });
    expect(TEXT.startsWith(textOf(answer.body))).toBe(true);
    expect(textOf(answer.body)).not.toBe('');
    expect(answer.body).toContain('event: error');
  });

  it('gives a refusal back so that the client can read it', async () => {
    simulator.script('up-a', [{ preset: 'bad_request', gzip: true }]);
    const answer = await send(false);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toEqual({ type: 'invalid_request_error', message: 'max_tokens: must be at least 1' });
    expect(simulator.requests('up-b')).toEqual([]);
  });

  it('reads what the upstream says of its account, and asks the next one', async () => {
    const message = 'This organization has been disabled.';
    simulator.script('up-a', [{ status: 400, gzip: true, error: { type: 'invalid_request_error', message } }]);
    expect((await send(false)).status).toBe(200);
    expect(['up-a', 'up-b'].map((name) => simulator.requests(name).length)).toEqual([1, 1]);
  });

  it('asks the next account when a refusal cannot be decoded', async () => {
    simulator.script('up-a', [{ preset: 'bad_request', headers: { 'content-encoding': 'br, gzip' } }]);
    expect((await send(false)).status).toBe(200);
    expect(['up-a', 'up-b'].map((name) => simulator.requests(name).length)).toEqual([1, 1]);
  });

  it('is let go when the client goes', async () => {
    simulator.script('up-a', [{ gzip: true, text: TEXT, deltaChars: 6, holdAfterEvents: 4 }]);
    const { outgoing, incoming } = await open();
    await once(incoming, 'data');
    outgoing.destroy();
    await simulator.settled('up-a', 1);
    expect(simulator.requests('up-a')[0]?.outcome).toBe('client_abort');
  });

  describe.each(ENCODERS)('in %s', (_name, encoding, encode) => {
    /** What comes of a request whose first account answers with these bytes. */
    const ask = async (stream: boolean, bytes: Buffer): Promise<ApiAnswer> => {
      const type = stream ? 'text/event-stream' : 'application/json';
      const upstream = await startUpstream({ 'content-type': type, 'content-encoding': encoding }, bytes);
      const account = `/accounts/claude-console/${accounts[0] ?? ''}`;
      await app.api('PUT', account, { apiUrl: upstream.url });
      try {
        return await send(stream);
      } finally {
        await app.api('PUT', account, { apiUrl: simulator.url });
        await upstream.close();
      }
    };

    it.each([true, false])('is given plain and whole, and booked (stream: %s)', async (stream) => {
      const answer = await ask(stream, encode(Buffer.from(stream ? STREAM : MESSAGE)));
      expect(answer).toMatchObject({ status: 200, isCut: false });
      expect(answer.headers.has('content-encoding')).toBe(false);
      expect(answer.body).toEqual(stream ? STREAM : JSON.parse(MESSAGE));
      expect(simulator.requests('up-b')).toEqual([]);
      const { total } = (await app.api('GET', `/keys/${key.id}/stats`)).body;
      expect(total).toMatchObject({ requests: 1, inputTokens: 3 });
    });

    it.each([true, false])('is that of the next account where it is damaged (stream: %s)', async (stream) => {
      const bytes = encode(Buffer.from(stream ? STREAM : MESSAGE));
      expect((await ask(stream, Buffer.alloc(bytes.length, 0xff))).status).toBe(200);
      expect(simulator.requests('up-b')).toHaveLength(1);
    });
  });
});
