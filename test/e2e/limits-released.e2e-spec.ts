import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { OpenRelays } from '../../src/relay/open-relays.js';
import { describeOnEachStoreConfig, type StoreOfRun } from '../support/each-store-config.ts';
import { eventually } from '../support/eventually.ts';
import { heldLeases, nothingHeld } from '../support/held-leases.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import type { StepLike } from '../support/simulator/step.ts';
import { TestApp } from '../support/test-app.ts';
import { questionOf } from '../support/two-accounts.ts';

/** A slot and a hold for each request, and a slot of each account that is asked. */
const LIMITS = { concurrencyLimit: 20, dailyCostLimit: 1000, rateLimitWindow: 5, tokenLimit: 1_000_000 };
const LONG = 'x'.repeat(400);

describeOnEachStoreConfig('what a request holds', (startStore) => {
  let store: StoreOfRun;
  let simulator: Simulator;
  let app: TestApp;
  let accounts: string[];
  let key: { id: string; key: string };

  beforeAll(async () => {
    store = await startStore();
    simulator = await startSimulator();
    const relay = { idleTimeoutMs: 400, firstByteTimeoutMs: 400, holdMs: 100, requestTimeoutMs: 1500 };
    app = await TestApp.start({ store: store.config, relay });
    accounts = [
      await app.account(simulator.url, 'up-a', { priority: 1, maxConcurrentTasks: 20, interceptWarmup: true }),
      await app.account(simulator.url, 'up-b', { priority: 2, maxConcurrentTasks: 20 }),
    ];
  });

  afterAll(async () => {
    await app.close();
    await store.stop();
    await simulator.close();
  });

  beforeEach(async () => {
    simulator.reset();
    for (const id of accounts) await app.api('POST', `/accounts/claude-console/${id}/reset-rate-limit`);
    key = await app.key(LIMITS);
  });

  const held = (): Promise<string[]> => heldLeases(app, key.id, accounts);
  const released = (): Promise<void> => nothingHeld(app, key.id, accounts);

  const send = (stream: boolean, change: object = {}): ReturnType<TestApp['call']> =>
    app.call('POST', '/api/v1/messages', { ...questionOf(stream), ...change }, { 'x-api-key': key.key });

  /** A request whose client can leave. */
  const open = (stream: boolean): ClientRequest => {
    const headers = { 'x-api-key': key.key };
    const outgoing = request(`${app.url}/api/v1/messages`, { method: 'POST', agent: false, headers });
    outgoing.on('error', () => undefined);
    outgoing.on('response', (response) => response.on('error', () => undefined).resume());
    outgoing.end(JSON.stringify(questionOf(stream)));
    return outgoing;
  };

  it('is a slot, an estimate and a slot of the account, while it runs', async () => {
    simulator.script('up-a', [{ holdAfterEvents: -1 }]);
    const running = send(false);
    await simulator.held('up-a');
    const id = (await held())[0] ?? '';
    expect(await held()).toEqual([id, expect.stringMatching(new RegExp(`^${id}:\\d+:\\d+:1$`)), id]);
    simulator.release('up-a');
    await running;
    expect(await held()).toEqual([]);
  });

  const ENDINGS: readonly (readonly [name: string, step: StepLike])[] = [
    ['a good answer', 'ok'],
    ['the refusal of an upstream', 'bad_request'],
    ['a failure of every account', 'overloaded'],
    ['silence of every account', 'hang'],
    ['an answer that breaks off with an error', 'mid_error'],
    ['an answer that is cut', 'mid_cut'],
    ['an answer that ends too early', 'mid_truncate'],
    ['an answer that falls silent', 'mid_hang'],
    ['an answer without figures', { body: { type: 'message', content: [] } }],
  ];

  it.each(ENDINGS.flatMap(([name, step]) => [true, false].map((stream) => [name, stream, step] as const)))(
    'is held no more behind %s (stream: %s)',
    async (_, stream, step) => {
      for (const name of ['up-a', 'up-b']) simulator.setDefault(name, step);
      await send(stream);
      await released();
    },
  );

  it('is given back before a refusal is told', async () => {
    for (const name of ['up-a', 'up-b']) simulator.setDefault(name, 'overloaded');
    expect((await send(false)).status).toBe(529);
    expect(await held()).toEqual([]);
    expect((await send(false)).status).toBe(503);
    expect(await held()).toEqual([]);
  });

  it.each([
    ['a warm-up that is answered here', '/api/v1/messages', { messages: [{ role: 'user', content: 'Warmup' }] }, 200],
    ['a count of tokens', '/api/v1/messages/count_tokens', {}, 200],
    ['a model that nobody has', '/api/v1/messages', { model: 'no-such-model' }, 404],
  ])('is nothing behind %s', async (_, path, change, status) => {
    const step: StepLike = { preset: 'not_found', error: { type: 'not_found_error', message: 'model: no-such-model' } };
    if (status === 404) for (const name of ['up-a', 'up-b']) simulator.setDefault(name, step);
    const answer = await app.call('POST', path, { ...questionOf(false), ...change }, { 'x-api-key': key.key });
    expect(answer.status).toBe(status);
    expect(await held()).toEqual([]);
  });

  it.each([
    ['before the head', -1],
    ['behind message_start', 1],
    ['in the middle of the answer', 4],
  ])('is given back when the client leaves %s', async (_, holdAfterEvents) => {
    simulator.script('up-a', [{ text: LONG, holdAfterEvents }]);
    const client = open(true);
    await simulator.held('up-a');
    expect((await held()).length).toBeGreaterThan(0);
    client.destroy();
    await released();
  });

  it('is given back when the gateway has to stop', async () => {
    simulator.script('up-a', [{ text: LONG, holdAfterEvents: 4 }]);
    const client = open(true);
    await simulator.held('up-a');
    app.app.get(OpenRelays).stopAll();
    await once(client, 'close');
    await released();
  });

  it('is nothing when the client leaves while it waits for its turn', async () => {
    await app.api('PUT', '/settings/relay', { concurrentRequestQueueEnabled: true });
    key = await app.key({ ...LIMITS, concurrencyLimit: 1 });
    const waiting = (): Promise<number> => app.app.get<StoreClient>(STORE_CLIENT).zcard(keys.limits.queue(key.id));
    try {
      simulator.script('up-a', [{ holdAfterEvents: -1 }]);
      const running = send(false);
      await simulator.held('up-a');
      const before = await held();
      const client = open(true);
      await eventually(async () => ((await waiting()) === 1 ? true : null));
      expect(await held()).toEqual(before);
      client.destroy();
      await eventually(async () => ((await waiting()) === 0 ? true : null));
      simulator.release('up-a');
      await running;
    } finally {
      await app.api('PUT', '/settings/relay', { concurrentRequestQueueEnabled: false });
    }
    await released();
    expect(simulator.log).toHaveLength(1);
  });

  it('is given back by each of many that end in every way at once', async () => {
    const steps = ENDINGS.map(([, step]) => step);
    for (const name of ['up-a', 'up-b']) simulator.script(name, [...steps, ...steps]);
    const calls = Array.from({ length: 16 }, (_, i) => send(i % 2 === 0));
    const leaving = Array.from({ length: 4 }, () => open(true));
    await simulator.arrived('up-a', 4);
    for (const client of leaving) client.destroy();
    await Promise.all(calls);
    await released();
  });
});
