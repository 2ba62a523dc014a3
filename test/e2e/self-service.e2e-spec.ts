import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { type ApiAnswer, TestApp } from '../support/test-app.ts';

const MODEL = 'claude-opus-5-5';
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';
const question = { model: MODEL, max_tokens: 64, messages: [{ role: 'user' as const, content: 'Hello' }] };

describe('a key owner', () => {
  let simulator: Simulator;
  let app: TestApp;
  let account: string;
  let key: { id: string; key: string };
  let used: Record<string, number>;
  let stats: ApiAnswer['body'];

  beforeAll(async () => {
    simulator = await startSimulator();
    app = await TestApp.start();
    account = await app.account(simulator.url, 'up-a');
    key = await app.key({ name: 'ada', dailyCostLimit: 20, rateLimitWindow: 10, rateLimitRequests: 5 });
    simulator.script('up-a', [{ usage: { ephemeral5mTokens: 811, ephemeral1hTokens: 307, cacheReadTokens: 20_011 } }]);
    const client = new Anthropic({ apiKey: key.key, baseURL: `${app.url}/api`, maxRetries: 0 });
    await client.messages.create(question);
    const { inputTokens, outputTokens, cacheCreateTokens, cacheReadTokens } = simulator.usage('up-a');
    const allTokens = inputTokens + outputTokens + cacheCreateTokens + cacheReadTokens;
    used = { requests: 1, inputTokens, outputTokens, cacheCreateTokens, cacheReadTokens, allTokens };
    stats = (await app.api('GET', `/keys/${key.id}/stats`)).body;
  });

  afterAll(async () => {
    await app.close();
    await simulator.close();
  });

  const ask = (path: string, secret = key.key): Promise<ApiAnswer> =>
    app.call('GET', path, undefined, { 'x-api-key': secret });
  const lookUp = (route: string, body: unknown): Promise<ApiAnswer> => app.call('POST', `/apiStats/api/${route}`, body);

  it.each(['/api/v1', '/claude/v1'])('sees under %s what the simulator says that the key used', async (base) => {
    const ofPeriod = { ...used, tokens: used['allTokens'] };
    const usage = {
      total: ofPeriod,
      daily: ofPeriod,
      monthly: ofPeriod,
      averages: { rpm: expect.any(Number), tpm: expect.any(Number), dailyRequests: 1, dailyTokens: used['allTokens'] },
      recentRecords: [expect.objectContaining({ model: MODEL, totalTokens: used['allTokens'], statusCode: 200 })],
    };
    expect((await ask(`${base}/key-info`)).body).toEqual({
      keyInfo: { id: key.id, name: 'ada', tokenLimit: 0, usage },
      limits: stats.limits,
      timestamp: expect.stringMatching(/Z$/),
    });
    expect((await ask(`${base}/usage`)).body).toEqual({
      usage,
      limits: { tokens: 0, requests: 5 },
      timestamp: expect.stringMatching(/Z$/),
    });
    expect((await ask(`${base}/me`)).body).toEqual({
      id: `user_${key.id}`,
      type: 'user',
      display_name: 'ada',
      created_at: expect.stringMatching(/Z$/),
    });
    expect((await ask(`${base}/organizations/any/usage`)).body).toEqual({
      object: 'usage',
      data: [{ type: 'credit_balance', credit_balance: 0 }],
    });
  });

  it('is told in the words of the protocol when the key is wrong', async () => {
    const { status, body } = await ask('/api/v1/key-info', `cr_${'0'.repeat(64)}`);
    expect(status).toBe(401);
    expect(body).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
  });

  it('finds the key on the public page, with what it used and the way to its limits', async () => {
    const { body: found } = await lookUp('get-key-id', { apiKey: key.key });
    expect(found).toEqual({ success: true, data: { id: key.id } });
    const { body } = await lookUp('user-stats', { apiId: found.data.id });
    expect((await lookUp('user-stats', { apiKey: key.key })).body.data.usage).toEqual(body.data.usage);
    expect(body.data).toMatchObject({
      name: 'ada',
      usage: { total: { ...used, cost: stats.total.costUsd, formattedCost: expect.stringMatching(/^\$0\.\d{4,6}$/) } },
      limits: { dailyCostLimit: 20, currentDailyCost: stats.today.costUsd, rateLimitRequests: 5 },
      accounts: { claudeConsoleAccountId: null },
    });
  });

  it.each(['daily', 'monthly', 'alltime'])('sees there what it used by model: %s', async (period) => {
    const row = { model: MODEL, ...used, isLegacy: false };
    for (const [route, reference] of [
      ['user-model-stats', { apiId: key.id }],
      ['batch-model-stats', { apiIds: [key.id, UNKNOWN_ID] }],
    ] as const) {
      const { body } = await lookUp(route, { ...reference, period });
      expect(body).toMatchObject({ success: true, period, data: [row] });
      const costs = body.data[0].costs as Record<
        'input' | 'output' | 'cacheWrite' | 'cacheRead' | 'real' | 'rated',
        number
      >;
      expect(costs.rated).toBeCloseTo(stats.models[0].costUsd, 9);
      expect(costs.input + costs.output + costs.cacheWrite + costs.cacheRead).toBeCloseTo(costs.real, 5);
    }
  });

  it('sees several keys together', async () => {
    const other = await app.key({ name: 'idle' });
    const { body } = await lookUp('batch-stats', { apiIds: [key.id, other.id, UNKNOWN_ID] });
    expect(body.data.aggregated).toMatchObject({ totalKeys: 3, activeKeys: 2, usage: used, dailyUsage: used });
    expect(body.data.individual.map(({ apiId }: { apiId: string }) => apiId)).toEqual([key.id, other.id]);
    expect(body.data.leftOut).toEqual([expect.objectContaining({ apiId: UNKNOWN_ID, error: 'API key not found' })]);
  });

  it('never gets to see a secret, a hash, or which account served a request', async () => {
    const answers = await Promise.all([
      ask('/api/v1/key-info'),
      lookUp('user-stats', { apiKey: key.key }),
      lookUp('batch-stats', { apiIds: [key.id] }),
    ]);
    const text = JSON.stringify(answers.map(({ body }) => body));
    expect(text).not.toContain(key.key);
    expect(text).not.toContain(account);
    expect(text).not.toMatch(/[0-9a-f]{64}/);
  });
});

describe('the public page', () => {
  it('counts its look-ups apart from the attempts to log in', async () => {
    const app = await TestApp.start();
    try {
      const rates = async (): Promise<number> => (await app.call('GET', '/apiStats/service-rates')).status;
      const logIn = async (): Promise<number> => (await app.call('POST', '/api/v2/auth/admin/login', {})).status;
      for (let i = 0; i < 60; i += 1) expect(await rates()).toBe(200);
      expect(await rates()).toBe(429);
      // The application has logged in once to start.
      for (let i = 0; i < 9; i += 1) expect(await logIn()).toBe(400);
      expect(await logIn()).toBe(429);
    } finally {
      await app.close();
    }
  });
});
