import { type ClientRequest, request } from 'node:http';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { heldLeases, nothingHeld } from '../support/held-leases.ts';
import { startSilentServer } from '../support/silent-server.ts';
import type { SimulatorStep } from '../support/simulator/step.ts';
import { questionOf, TwoAccounts } from '../support/two-accounts.ts';

const LONG = { text: 'x'.repeat(400) };
/** Generous for a busy machine, and far below every limit of time that could end an exchange by itself. */
const AT_ONCE_MS = 1000;

interface Stage {
  readonly name: string;
  readonly stream: boolean;
  readonly step: SimulatorStep;
  /** Which account is being asked when the client leaves. */
  readonly at: 'up-a' | 'up-b';
  /** The upstream has told what it read; booked is the request in any case. */
  readonly isTold: boolean;
}

const STAGES: readonly Stage[] = [
  {
    name: 'before the head of a stream',
    stream: true,
    step: { ...LONG, holdAfterEvents: -1 },
    at: 'up-a',
    isTold: false,
  },
  {
    name: 'before a whole answer',
    stream: false,
    step: { ...LONG, holdAfterEvents: -1 },
    at: 'up-a',
    isTold: false,
  },
  {
    name: 'while the second account is asked',
    stream: true,
    step: { ...LONG, holdAfterEvents: -1 },
    at: 'up-b',
    isTold: false,
  },
  {
    name: 'behind the head, before any event',
    stream: true,
    step: { ...LONG, holdAfterEvents: 0 },
    at: 'up-a',
    isTold: false,
  },
  {
    name: 'while a stream is held before its first content',
    stream: true,
    step: { ...LONG, holdAfterEvents: 2 },
    at: 'up-a',
    isTold: true,
  },
  {
    name: 'in the middle of a stream',
    stream: true,
    step: { ...LONG, holdAfterEvents: 6 },
    at: 'up-a',
    isTold: true,
  },
];

describe('a client that leaves', () => {
  const pool = TwoAccounts.forSuite({ relay: { holdMs: 50, rateLimitWaitMs: 60_000 } });
  let key: { id: string; key: string };
  let accounts: string[];

  beforeEach(async () => {
    accounts = [pool.first, pool.second];
    for (const id of accounts) await pool.app.api('PUT', `/accounts/claude-console/${id}`, { maxConcurrentTasks: 5 });
    key = await pool.app.key({ concurrencyLimit: 1, dailyCostLimit: 100 });
    pool.headers = { ...pool.headers, 'x-api-key': key.key };
  });

  const store = (): StoreClient => pool.app.app.get<StoreClient>(STORE_CLIENT);

  const open = (stream: boolean): ClientRequest => {
    const { headers } = pool;
    const outgoing = request(`${pool.app.url}/api/v1/messages`, { method: 'POST', agent: false, headers });
    outgoing.on('error', () => undefined);
    outgoing.on('response', (response) => response.on('error', () => undefined).resume());
    outgoing.end(JSON.stringify(questionOf(stream)));
    return outgoing;
  };

  /** What follows the leave, and how long that took. */
  const leave = async (client: ClientRequest, until: () => Promise<unknown>): Promise<number> => {
    const leftAt = performance.now();
    client.destroy();
    await until();
    return performance.now() - leftAt;
  };

  const released = (): Promise<void> => nothingHeld(pool.app, key.id, accounts);
  const requestId = async (): Promise<string> =>
    (await store().zrange(keys.limits.concurrency(key.id), 0, -1))[0] ?? '';

  /** The log is written behind the end of a request. */
  const attemptsOf = (id: string): Promise<unknown> =>
    eventually(async () => {
      const { status, body } = await pool.app.api('GET', `/relay/requests/${id}`);
      return status === 200 ? body.attempts : null;
    });

  const totalOf = async (): Promise<Record<string, number>> =>
    (await pool.app.api('GET', `/keys/${key.id}/stats`)).body.total;

  const records = async (): Promise<unknown[]> =>
    (await store().lrange(keys.usage.records(key.id), 0, -1)).map((line): unknown => JSON.parse(line));

  const expectUnmarked = async (id: string): Promise<void> => {
    const { body } = await pool.app.api('GET', `/accounts/claude-console/${id}/availability`);
    expect(body.available).toBe(true);
  };

  it.each(STAGES)('ends everything at once $name', async ({ stream, step, at, isTold }) => {
    if (at === 'up-b') pool.simulator.setDefault('up-a', 'overloaded');
    pool.simulator.setDefault(at, step);
    const client = open(stream);
    await pool.simulator.held(at);
    const id = await requestId();
    expect(await leave(client, () => pool.simulator.settled(at, 1))).toBeLessThan(AT_ONCE_MS);
    const [exchange] = pool.simulator.requests(at);
    expect(exchange?.outcome).toBe('client_abort');
    await released();
    await attemptsOf(id);
    expect(pool.simulator.log).toHaveLength(at === 'up-b' ? 2 : 1);
    await expectUnmarked(at === 'up-b' ? pool.second : pool.first);
    const inputTokens = isTold ? exchange?.usage?.inputTokens : 0;
    expect(await totalOf()).toMatchObject({ requests: 1, inputTokens });
    const accountId = at === 'up-b' ? pool.second : pool.first;
    expect(await records()).toEqual([expect.objectContaining({ accountId, inputTokens, estimated: true })]);
  });

  it('ends everything at once while a connection is being made', async () => {
    const silent = await startSilentServer();
    await pool.app.api('PUT', `/accounts/claude-console/${pool.first}`, { apiUrl: silent.url });
    try {
      const client = open(true);
      await silent.connected();
      const id = await requestId();
      expect(await leave(client, released)).toBeLessThan(AT_ONCE_MS);
      expect(await attemptsOf(id)).toMatchObject([{ accountId: pool.first, verdict: null }]);
      await expectUnmarked(pool.first);
      expect(pool.simulator.log).toEqual([]);
      expect(await records()).toEqual([expect.objectContaining({ estimated: true, totalTokens: 0 })]);
    } finally {
      await pool.app.api('PUT', `/accounts/claude-console/${pool.first}`, { apiUrl: pool.simulator.url });
      await silent.close();
    }
  });

  it('ends everything at once while the request waits for its account', async () => {
    pool.simulator.setDefault('up-a', LONG);
    await pool.send(false);
    const before = await totalOf();
    pool.simulator.setDefault('up-a', { preset: 'rate_limited', headers: { 'retry-after': '40' } });
    const client = open(true);
    // The mark is written when the wait begins.
    await eventually(async () => ((await pool.availability()).available === false ? true : null));
    const id = await requestId();
    expect(await heldLeases(pool.app, key.id, accounts)).toHaveLength(3);
    expect(await leave(client, released)).toBeLessThan(AT_ONCE_MS);
    expect(await attemptsOf(id)).toMatchObject([{ accountId: pool.first, status: 429 }]);
    expect(pool.simulator.log).toHaveLength(2);
    expect(await totalOf()).toEqual(before);
  });

  it('ends everything at once while the request waits for its turn', async () => {
    await pool.app.api('PUT', '/settings/relay', { concurrentRequestQueueEnabled: true });
    try {
      pool.simulator.setDefault('up-a', { ...LONG, holdAfterEvents: -1 });
      const running = pool.send(false);
      await pool.simulator.held('up-a');
      const held = await heldLeases(pool.app, key.id, accounts);
      const waiting = (count: number): Promise<true> =>
        eventually(async () => ((await store().zcard(keys.limits.queue(key.id))) === count ? true : null));
      const client = open(true);
      await waiting(1);
      expect(await leave(client, () => waiting(0))).toBeLessThan(AT_ONCE_MS);
      expect(await heldLeases(pool.app, key.id, accounts)).toEqual(held);
      pool.simulator.release('up-a');
      expect((await running).status).toBe(200);
    } finally {
      await pool.app.api('PUT', '/settings/relay', { concurrentRequestQueueEnabled: false });
    }
    await released();
    expect(pool.simulator.log).toHaveLength(1);
    expect((await totalOf()).requests).toBe(1);
  });
});
