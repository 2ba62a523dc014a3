import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startSilentServer } from '../../../test/support/silent-server.ts';
import { testConfig } from '../../../test/support/test-config.ts';
import { DispatcherPool } from './dispatcher.pool.js';
import { EgressError } from './egress-error.js';
import { HttpExchange } from './http-exchange.js';

describe('HttpExchange, of an upstream to which it may have one connection', () => {
  let pool: DispatcherPool;
  let sut: HttpExchange;
  let server: Server;
  let asked: number;

  beforeEach(async () => {
    pool = new DispatcherPool(testConfig({ egress: { allowPrivateUpstreams: true, maxSockets: 1 } }));
    sut = new HttpExchange(pool);
    asked = 0;
    // Never answers.
    server = createServer((incoming) => {
      asked += 1;
      incoming.resume();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await pool.onApplicationShutdown();
  });

  const send = (signal: AbortSignal, url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`) =>
    sut
      .send({ url: new URL(url), method: 'POST', headers: {}, body: Buffer.from('{}'), proxy: null, signal })
      .catch((error: unknown) => (error instanceof EgressError ? error : null));

  it('says of what was given up whether it had waited for the connection', async () => {
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
    const running = send(first.signal);
    await once(server, 'request');
    const waiting = send(second.signal);
    second.abort();
    expect(await waiting).toMatchObject({ fault: 'aborted', wasQueued: true });
    first.abort();
    expect(await running).toMatchObject({ fault: 'aborted', wasQueued: false });
    // The connection is free again.
    const next = send(third.signal);
    await once(server, 'request');
    third.abort();
    expect(await next).toMatchObject({ fault: 'aborted', wasQueued: false });
    expect(asked).toBe(2);
  });

  it('does not say so of an upstream with which no connection comes to be', async () => {
    const silent = await startSilentServer();
    const giveUp = new AbortController();
    const sent = send(giveUp.signal, silent.url);
    await silent.connected();
    giveUp.abort();
    expect(await sent).toMatchObject({ fault: 'aborted', wasQueued: false });
    await silent.close();
  });
});
