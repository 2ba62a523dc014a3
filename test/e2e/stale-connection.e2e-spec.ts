import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.ts';

const ANSWER = '{"type":"message","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}';

/** Serves one request per connection and breaks the connection at the second: what a stale kept-alive socket does. */
describe('an upstream that has closed a kept-alive connection', () => {
  const served = new WeakMap<Socket, number>();
  let upstream: Server;
  let app: TestApp;
  let secret: string;
  let accountId: string;

  beforeAll(async () => {
    upstream = createServer((request, response) => {
      const count = (served.get(request.socket) ?? 0) + 1;
      served.set(request.socket, count);
      if (count > 1) request.socket.resetAndDestroy();
      else response.setHeader('content-type', 'application/json').end(ANSWER);
    }).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    app = await TestApp.start();
    accountId = await app.account(`http://127.0.0.1:${String((upstream.address() as AddressInfo).port)}`, 'up-a');
    secret = (await app.key({ claudeConsoleAccountId: accountId })).key;
  });

  afterAll(async () => {
    await app.close();
    upstream.closeAllConnections();
    upstream.close();
  });

  it('costs neither the request nor the account anything', async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      const answer = await app.call('POST', '/api/v1/messages', { model: 'm', messages: [] }, { 'x-api-key': secret });
      expect(answer.status).toBe(200);
    }
    const { body } = await app.api('GET', `/accounts/claude-console/${accountId}/availability`);
    expect(body.available).toBe(true);
  });
});
