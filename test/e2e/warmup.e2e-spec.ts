import { randomUUID } from 'node:crypto';
import Anthropic from '@anthropic-ai/sdk';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { heldLeases } from '../support/held-leases.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { TestApp } from '../support/test-app.ts';

const MODEL = 'claude-opus-5-5';
const ask = (content: string, change: object = {}) => ({
  model: MODEL,
  max_tokens: 64,
  messages: [{ role: 'user' as const, content }],
  ...change,
});
const WARMUP = ask('Warmup');
const SYSTEM_TITLE = {
  system:
    'Analyze if this message indicates a new conversation topic. If it does, extract a 2-3 word title that captures it.',
};

describe('an account that intercepts warm-ups, asked before one that does not', () => {
  let simulator: Simulator;
  let app: TestApp;
  let intercepting: string;
  let key: { id: string; key: string };
  let session: string;
  let client: Anthropic;

  beforeAll(async () => {
    simulator = await startSimulator();
    app = await TestApp.start({ relay: { firstByteTimeoutMs: 800, holdMs: 100 } });
    intercepting = await app.account(simulator.url, 'up-a', {
      priority: 1,
      interceptWarmup: true,
      maxConcurrentTasks: 1,
    });
    await app.account(simulator.url, 'up-b', { priority: 2 });
  });

  afterAll(async () => {
    await app.close();
    await simulator.close();
  });

  beforeEach(async () => {
    simulator.reset();
    await app.api('POST', `/accounts/claude-console/${intercepting}/reset-rate-limit`);
    key = await app.key({ concurrencyLimit: 1, dailyCostLimit: 5 });
    session = randomUUID();
    client = new Anthropic({
      apiKey: key.key,
      baseURL: `${app.url}/api`,
      maxRetries: 0,
      defaultHeaders: { 'x-claude-code-session-id': session },
    });
  });

  const expectNothingUsed = async (): Promise<void> => {
    expect(simulator.log).toHaveLength(0);
    expect(await heldLeases(app, key.id, [intercepting])).toEqual([]);
    expect((await app.api('GET', `/keys/${key.id}/stats`)).body.total).toMatchObject({ requests: 0, costUsd: 0 });
  };

  it.each([
    ['a warm-up', WARMUP],
    ['a title request', ask('Please write a 5-10 word title for the following conversation:\n\nUser: hello')],
    ['a topic request', ask('fix the tests', SYSTEM_TITLE)],
  ])('answers %s itself, whole and as a stream, and books nothing', async (_, question) => {
    const expected = {
      type: 'message',
      role: 'assistant',
      model: MODEL,
      stop_reason: 'end_turn',
      content: [expect.objectContaining({ type: 'text', text: 'New Conversation' })],
      usage: expect.objectContaining({ input_tokens: 10, output_tokens: 2 }),
    };
    expect(await client.messages.create(question)).toMatchObject(expected);
    expect(await client.messages.stream(question).finalMessage()).toMatchObject(expected);
    await expectNothingUsed();
  });

  it('says so in the attempts and leaves the session where it is', async () => {
    const { response } = await client.messages.create(WARMUP).withResponse();
    const id = response.headers.get('x-relay-request-id') ?? '';
    const { body } = await app.api('GET', `/relay/requests/${id}`);
    expect(body.attempts).toEqual([
      expect.objectContaining({ accountId: intercepting, result: 'intercepted', reason: 'warmup', verdict: null }),
    ]);
    const store = app.app.get<StoreClient>(STORE_CLIENT);
    expect(await store.get(keys.session.mapping('unified_claude_session_mapping:', session))).toBeNull();
  });

  it('asks the upstream for everything else, tokens included', async () => {
    await client.messages.create(ask('What does Warmup mean?'));
    await client.messages.countTokens({ model: MODEL, messages: WARMUP.messages });
    expect(simulator.requests('up-a')).toHaveLength(2);
  });

  it('asks the upstream where the account that is chosen does not intercept', async () => {
    await client.messages.create(ask('Hello'));
    await app.api('PUT', `/accounts/claude-console/${intercepting}`, { interceptWarmup: false });
    try {
      const message = await client.messages.create(WARMUP);
      expect(message.content).not.toEqual([expect.objectContaining({ text: 'New Conversation' })]);
    } finally {
      await app.api('PUT', `/accounts/claude-console/${intercepting}`, { interceptWarmup: true });
    }
    expect(simulator.requests('up-a')).toHaveLength(2);
  });

  it('goes on with the answer where pings were sent while another account was silent', async () => {
    const before = await app.account(simulator.url, 'up-silent', { accountType: 'dedicated' });
    const bound = await app.key({ claudeConsoleAccountId: before, dedicatedAccountFallback: true });
    simulator.setDefault('up-silent', 'hang');
    const own = new Anthropic({ apiKey: bound.key, baseURL: `${app.url}/api`, maxRetries: 0 });
    const message = await own.messages.stream(WARMUP).finalMessage();
    expect(message.content).toEqual([expect.objectContaining({ type: 'text', text: 'New Conversation' })]);
    expect(simulator.requests('up-silent')).toHaveLength(1);
    expect(simulator.requests('up-a')).toHaveLength(0);
  });
});
