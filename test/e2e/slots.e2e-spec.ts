import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { heldLeases, nothingHeld } from '../support/held-leases.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { TestApp } from '../support/test-app.ts';
import { questionOf } from '../support/two-accounts.ts';

const MODEL = 'claude-opus-5-5';
const question = { model: MODEL, max_tokens: 9, messages: [{ role: 'user' as const, content: 'Hello' }] };

describe('accounts with a limited number of slots', () => {
  let simulator: Simulator;
  let app: TestApp;
  let first: string;
  let second: string;
  let key: { id: string; key: string };

  beforeAll(async () => {
    simulator = await startSimulator();
    app = await TestApp.start();
    first = await app.account(simulator.url, 'up-a', { priority: 1, maxConcurrentTasks: 1 });
    second = await app.account(simulator.url, 'up-b', { priority: 2, maxConcurrentTasks: 2 });
    key = await app.key();
  });

  afterAll(async () => {
    await app.close();
    await simulator.close();
  });

  beforeEach(async () => {
    simulator.reset();
    for (const id of [first, second]) await app.api('POST', `/accounts/claude-console/${id}/reset-rate-limit`);
    await nothingHeld(app, key.id, [first, second]);
  });

  const client = (session: string = randomUUID()): Anthropic =>
    new Anthropic({
      apiKey: key.key,
      baseURL: `${app.url}/api`,
      maxRetries: 0,
      defaultHeaders: { 'x-claude-code-session-id': session },
    });

  const refusalOf = async (asked: Promise<unknown>): Promise<InstanceType<typeof Anthropic.APIError>> => {
    const error: unknown = await asked.catch((cause: unknown) => cause);
    if (!(error instanceof Anthropic.APIError)) throw new Error(`Not an API error: ${String(error)}`);
    return error;
  };

  const held = (): Promise<string[]> => heldLeases(app, key.id, [first, second]);

  it('sends no account more than it may have, and says when to come back', async () => {
    for (const name of ['up-a', 'up-b']) simulator.setDefault(name, { holdAfterEvents: -1 });
    const running = Array.from({ length: 3 }, () => client().messages.create(question));
    await simulator.held('up-a');
    await simulator.held('up-b', 2);
    expect(await held()).toHaveLength(3);
    const error = await refusalOf(client().messages.create(question));
    expect(error.status).toBe(503);
    expect(error.message).toContain('No upstream account is available for this request (2 slots full).');
    expect(error.headers?.get('retry-after')).toBe('1');
    expect(error.headers?.get('x-should-retry')).toBeNull();
    for (const name of ['up-a', 'up-b']) simulator.release(name);
    await Promise.all(running);
    expect(await held()).toEqual([]);
    expect(simulator.log).toHaveLength(3);
  });

  it('counts tokens on an account however full it is', async () => {
    simulator.setDefault('up-a', { holdAfterEvents: -1 });
    const running = client().messages.create(question);
    await simulator.held('up-a');
    await client().messages.countTokens({ model: MODEL, messages: question.messages });
    expect(simulator.requests('up-a')).toHaveLength(2);
    simulator.release('up-a');
    await running;
  });

  it('serves a session by another account while its own is full, and stays with that one', async () => {
    const session = randomUUID();
    await client(session).messages.create(question);
    simulator.setDefault('up-a', { holdAfterEvents: -1 });
    const running = client().messages.create(question);
    await simulator.held('up-a');
    await client(session).messages.create(question);
    expect(simulator.requests('up-b')).toHaveLength(1);
    simulator.release('up-a');
    await running;
    await client(session).messages.create(question);
    expect(simulator.requests('up-b')).toHaveLength(2);
  });

  it('gives a slot back before the next account is asked', async () => {
    simulator.setDefault('up-a', 'overloaded');
    simulator.setDefault('up-b', { holdAfterEvents: -1 });
    const running = client().messages.create(question);
    await simulator.held('up-b');
    const store = app.app.get<StoreClient>(STORE_CLIENT);
    expect(await store.zcard(keys.limits.accountConcurrency(first))).toBe(0);
    expect(await store.zcard(keys.limits.accountConcurrency(second))).toBe(1);
    simulator.release('up-b');
    await running;
    expect(await held()).toEqual([]);
  });

  it('gives it back before the client can know the answer to be whole', async () => {
    await app.api('PUT', `/accounts/claude-console/${second}`, { isActive: false });
    try {
      // One slot: each request needs that of the one before.
      for (let i = 0; i < 5; i += 1) {
        await client().messages.create(question);
        await client().messages.stream(question).finalMessage();
      }
    } finally {
      await app.api('PUT', `/accounts/claude-console/${second}`, { isActive: true });
    }
    expect(simulator.requests('up-a')).toHaveLength(10);
  });

  it.each([
    ['before the head', -1],
    ['behind message_start', 1],
    ['in the middle of the answer', 4],
  ])('gives it back when the client leaves %s', async (_, holdAfterEvents) => {
    simulator.setDefault('up-a', { text: 'x'.repeat(400), holdAfterEvents });
    const leaving = request(`${app.url}/api/v1/messages`, {
      method: 'POST',
      agent: false,
      headers: { 'x-api-key': key.key },
    });
    leaving.on('error', () => undefined);
    leaving.end(JSON.stringify(questionOf(true)));
    await simulator.held('up-a');
    await eventually(async () => ((await held()).length === 1 ? true : null));
    leaving.destroy();
    await nothingHeld(app, key.id, [first, second]);
  });

  it.each(['mid_error', 'mid_cut', 'mid_truncate', 'bad_request'])('gives it back after %s', async (step) => {
    simulator.setDefault('up-a', step);
    await app.call('POST', '/api/v1/messages', questionOf(true), { 'x-api-key': key.key });
    await nothingHeld(app, key.id, [first, second]);
  });
});
