import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { describeOnEachStoreConfig, type StoreOfRun } from '../support/each-store-config.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { TestApp } from '../support/test-app.ts';

const SESSION = '0f8fad5b-d9cb-469f-a165-70867728950e';
const MODEL = 'claude-opus-5-5';
const question = { model: MODEL, max_tokens: 64, messages: [{ role: 'user' as const, content: 'Hello' }] };

describeOnEachStoreConfig('a request of the official SDK, the first of two accounts overloaded', (startStore) => {
  let store: StoreOfRun;
  let simulator: Simulator;
  let app: TestApp;
  let accountA: string;
  let accountB: string;
  let key: { id: string; key: string };
  let client: Anthropic;

  beforeAll(async () => {
    simulator = await startSimulator();
    store = await startStore();
    app = await TestApp.start({ store: store.config });
    accountA = await app.account(simulator.url, 'up-a', { priority: 1 });
    accountB = await app.account(simulator.url, 'up-b', { priority: 2 });
  });

  afterAll(async () => {
    await app.close();
    await store.stop();
    await simulator.close();
  });

  beforeEach(async () => {
    simulator.reset();
    simulator.setDefault('up-a', 'overloaded');
    for (const id of [accountA, accountB]) await app.api('POST', `/accounts/claude-console/${id}/reset-rate-limit`);
    key = await app.key();
    client = new Anthropic({
      apiKey: key.key,
      baseURL: `${app.url}/api`,
      maxRetries: 0,
      defaultHeaders: { 'x-claude-code-session-id': `${SESSION}-${key.id}` },
    });
  });

  const stats = async () => (await app.api('GET', `/keys/${key.id}/stats`)).body;

  const expectStatsOfSimulator = async (requests: number): Promise<void> => {
    const { hasCacheSplit: _split, ...reported } = simulator.usage('up-b');
    const all = reported.inputTokens + reported.outputTokens + reported.cacheCreateTokens + reported.cacheReadTokens;
    const expected = { requests, ...reported, allTokens: all };
    const { total, today, month, models } = await stats();
    expect(total).toMatchObject(expected);
    expect(today).toMatchObject(expected);
    expect(month).toMatchObject(expected);
    expect(models).toEqual([expect.objectContaining({ model: MODEL, ...expected })]);
    expect(total.costUsd).toBeGreaterThan(0);
  };

  it('gets a whole answer without streaming', async () => {
    simulator.script('up-b', [
      { text: 'Whole.', usage: { ephemeral5mTokens: 811, ephemeral1hTokens: 307, cacheReadTokens: 20_011 } },
    ]);
    const message = await client.messages.create(question);
    expect(message.content).toEqual([expect.objectContaining({ type: 'text', text: 'Whole.' })]);
    expect(simulator.requests('up-a')).toHaveLength(1);
    await expectStatsOfSimulator(1);
  });

  it('gets a whole answer as a stream', async () => {
    simulator.script('up-b', [{ text: 'A streamed answer in several pieces.', deltaChars: 5, pings: 2 }]);
    const message = await client.messages.stream(question).finalMessage();
    expect(message.content).toEqual([
      expect.objectContaining({ type: 'text', text: 'A streamed answer in several pieces.' }),
    ]);
    expect(message.usage.output_tokens).toBe(simulator.usage('up-b').outputTokens);
    expect(simulator.requests('up-a')).toHaveLength(1);
    await expectStatsOfSimulator(1);
  });

  it('marks the overloaded account and leaves it alone from then on', async () => {
    await client.messages.create(question);
    const { body } = await app.api('GET', `/accounts/claude-console/${accountA}/availability`);
    expect(body).toMatchObject({ available: false, reasons: ['cooling_down'] });
    await client.messages.create(question);
    expect(simulator.requests('up-a')).toHaveLength(1);
    expect(simulator.requests('up-b')).toHaveLength(2);
    await expectStatsOfSimulator(2);
  });

  it('keeps the session with the account that served it, when the better one is back', async () => {
    await client.messages.create(question);
    simulator.setDefault('up-a', null);
    await app.api('POST', `/accounts/claude-console/${accountA}/reset-rate-limit`);
    await client.messages.create(question);
    expect(simulator.requests('up-b')).toHaveLength(2);
    await client.messages.create(question, { headers: { 'x-claude-code-session-id': 'another-session' } });
    expect(simulator.requests('up-a')).toHaveLength(2);
  });

  it('tells the client one honest error when every account fails', async () => {
    simulator.setDefault('up-b', 'overloaded');
    const error: unknown = await client.messages.create(question).catch((cause: unknown) => cause);
    if (!(error instanceof Anthropic.APIError)) throw new Error(`Not an API error: ${String(error)}`);
    expect(error.status).toBe(529);
    expect(error.type).toBe('overloaded_error');
    expect(error.message).toContain('2 upstream accounts failed; the last one answered 529.');
    expect(error.headers?.get('x-should-retry')).toBe('false');
    expect((await stats()).total.requests).toBe(0);
  });

  it('says when to come back after the nearest reset of all accounts', async () => {
    simulator.setDefault('up-a', { preset: 'rate_limited', headers: { 'retry-after': '40' } });
    simulator.setDefault('up-b', { preset: 'rate_limited', headers: { 'retry-after': '7' } });
    const error: unknown = await client.messages.create(question).catch((cause: unknown) => cause);
    if (!(error instanceof Anthropic.APIError)) throw new Error(`Not an API error: ${String(error)}`);
    expect(error.status).toBe(429);
    expect(Number(error.headers?.get('retry-after'))).toBeGreaterThan(4);
    expect(Number(error.headers?.get('retry-after'))).toBeLessThanOrEqual(7);
  });

  it('counts tokens without booking them', async () => {
    const { input_tokens: counted } = await client.messages.countTokens({ model: MODEL, messages: question.messages });
    expect(counted).toBeGreaterThan(0);
    expect((await stats()).total.requests).toBe(0);
  });
});
