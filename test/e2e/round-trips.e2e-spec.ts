import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { STORE_CLIENT, type StoreClient } from '@crs/store';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { watchRoundTrips } from '../support/count-round-trips.ts';
import { describeOnEachStoreConfig, type StoreOfRun } from '../support/each-store-config.ts';
import { TestApp } from '../support/test-app.ts';
import { questionOf } from '../support/two-accounts.ts';

const ANSWER = JSON.stringify({
  type: 'message',
  model: 'claude-opus-5-5',
  content: [],
  usage: { input_tokens: 3, output_tokens: 2 },
});
const LIMITS = { concurrencyLimit: 5, dailyCostLimit: 100, totalCostLimit: 1_000 };

describeOnEachStoreConfig('what a request asks of the store before the upstream is asked', (startStore) => {
  let run: StoreOfRun;
  let app: TestApp;
  let upstream: Server;
  let onAsked: () => void = () => undefined;

  beforeAll(async () => {
    run = await startStore();
    upstream = createServer((incoming, answer) => {
      onAsked();
      incoming.resume();
      answer.setHeader('content-type', 'application/json').end(ANSWER);
    }).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    app = await TestApp.start({ store: run.config });
    await app.account(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`, 'up-a');
  });

  afterAll(async () => {
    await app.close();
    upstream.closeAllConnections();
    upstream.close();
    await run.stop();
  });

  it('is the key, its limits and its session, once each', async () => {
    const { key } = await app.key(LIMITS);
    const headers = { 'x-api-key': key, 'x-claude-code-session-id': randomUUID() };
    const asked = watchRoundTrips(app.app.get<StoreClient>(STORE_CLIENT));
    const requests: (typeof asked)[] = [];
    for (let i = 0; i < 6; i += 1) {
      const from = asked.length;
      onAsked = () => requests.push(asked.slice(from));
      expect((await app.call('POST', '/api/v1/messages', questionOf(false), headers)).status).toBe(200);
      await app.flushed();
    }
    expect(requests).toHaveLength(6);
    // What is read anew every second or minute, and work in the background, may fall into one or the other request.
    const [fewest] = requests.toSorted((a, b) => a.length - b.length);
    expect(fewest).toEqual([['hget', 'hget', 'hgetall', 'hgetall'], ['runScript'], ['get', 'pttl']]);
  });
});
