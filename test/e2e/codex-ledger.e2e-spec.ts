import { keys } from '@crs/store';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { CODEX_MODEL, CODEX_TEXT, CodexPool, codexQuestion, textOf } from '../support/codex-pool.ts';
import { eventually } from '../support/eventually.ts';
import { heldLeases, nothingHeld } from '../support/held-leases.ts';
import { LedgerView } from '../support/ledger-view.ts';
import type { StepLike } from '../support/simulator/step.ts';

const event = (type: string, fields: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

/** 1000 tokens of input, of which 200 came from the cache, and 50 of output. */
const USAGE = {
  input_tokens: 1000,
  input_tokens_details: { cached_tokens: 200 },
  output_tokens: 50,
  output_tokens_details: { reasoning_tokens: 20 },
  total_tokens: 1050,
};
const TOKENS = { inputTokens: 800, cacheReadTokens: 200, outputTokens: 50, cacheCreateTokens: 0, totalTokens: 1050 };
const COST = 0.001525;

const whole = (change: object = {}): StepLike => ({
  body: {
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model: CODEX_MODEL,
    error: null,
    output: [],
    usage: USAGE,
    ...change,
  },
});
const stream = (end: string, change: object = {}): StepLike => ({
  events: [
    event('response.created', { response: { id: 'resp_1', model: CODEX_MODEL } }),
    event('response.output_text.delta', { delta: 'Hello' }),
    event(end, { response: { id: 'resp_1', model: CODEX_MODEL, usage: USAGE, ...change } }),
  ],
});

describe('what is booked of codex', () => {
  const pool = CodexPool.forSuite();
  let books: LedgerView;
  let key: { id: string; key: string };

  beforeEach(async () => {
    books = new LedgerView(pool.app);
    key = await pool.app.key({
      rateLimitWindow: 60,
      rateLimitRequests: 1000,
      tokenLimit: 1_000_000,
      rateLimitCost: 10,
    });
  });

  const ask = (isStream: boolean, change: object = {}): ReturnType<CodexPool['send']> =>
    pool.send(codexQuestion(isStream, change), { authorization: `Bearer ${key.key}` });
  const only = async (): Promise<Record<string, unknown>> => {
    const [record, ...more] = await books.records(key.id);
    expect(more).toEqual([]);
    return record;
  };

  it.each<[string, object, number]>([
    ['a text', { type: 'message', content: [{ type: 'output_text', text: 'x'.repeat(400) }] }, 100],
    ['a picture', { type: 'image_generation_call', result: 'A'.repeat(90_000) }, 272],
    ['a thought that nobody can read', { type: 'reasoning', summary: [], encrypted_content: 'gAAAA' }, 0],
  ])('is something where a stream breaks behind %s that came at once', async (_, item, outputTokens) => {
    const created = event('response.created', { response: { id: 'resp_1', model: CODEX_MODEL } });
    pool.simulator.script('up-a', [{ events: [created, event('response.output_item.done', { item })] }]);
    const long = { instructions: 'x'.repeat(4000) };
    expect((await ask(true, long)).isCut).toBe(true);
    const record = await only();
    expect(record).toMatchObject({ outputTokens, estimated: true });
    expect(record['inputTokens']).toBeGreaterThan(1000);
  });

  it.each<[string, object]>([
    ['a background answer', { background: true }],
    ['a stream that is neither true nor false', { stream: 'true' }],
  ])('is nothing where %s is asked for: nobody is asked', async (_, change) => {
    const { status, body } = await ask(false, change);
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { type: 'invalid_request_error', param: null, code: null } });
    expect(pool.served()).toEqual([]);
    expect(await books.records(key.id)).toEqual([]);
  });

  it('is nothing where a payload rule asks for a background answer', async () => {
    const rules = [{ path: 'background', valueType: 'boolean', value: true }];
    key = await pool.app.key({ enableOpenAIResponsesPayloadRules: true, openaiResponsesPayloadRules: rules });
    const { status, body } = await ask(true);
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('background: ');
    expect(pool.served()).toEqual([]);
  });

  it.each<[string, boolean, StepLike]>([
    ['a whole answer', false, whole()],
    ['a stream that is completed', true, stream('response.completed')],
    [
      'a stream that is incomplete',
      true,
      stream('response.incomplete', { incomplete_details: { reason: 'max_output_tokens' } }),
    ],
  ])('is the last word of the upstream, cached input apart: %s', async (_, isStream, step) => {
    pool.simulator.script('up-a', [step]);
    expect((await ask(isStream)).status).toBe(200);
    const record = await only();
    expect(record).toMatchObject({
      ...TOKENS,
      model: CODEX_MODEL,
      accountId: pool.first,
      accountType: 'openai-responses',
      stream: isStream,
      statusCode: 200,
    });
    expect(record['cost']).toBeCloseTo(COST, 12);
    expect(record['realCost']).toBeCloseTo(COST, 12);
    expect(record).not.toHaveProperty('estimated');
  });

  it('is what response.failed told, where it comes behind content', async () => {
    pool.simulator.script('up-a', [
      stream('response.failed', { status: 'failed', error: { code: 'server_error', message: 'x' } }),
    ]);
    expect((await ask(true)).isCut).toBe(true);
    expect(await only()).toMatchObject(TOKENS);
  });

  it("is waste of the account where response.failed told it before any content, and never the key's", async () => {
    const failed = { status: 'failed', error: { code: 'server_error', message: 'x' } };
    pool.simulator.script('up-a', [
      {
        events: [
          event('response.created'),
          event('response.failed', { response: { ...failed, model: CODEX_MODEL, usage: USAGE } }),
        ],
      },
    ]);
    expect(textOf(await ask(true))).toBe(CODEX_TEXT);
    expect(await only()).toMatchObject({ accountId: pool.second });
    expect(await books.wasteOf(pool.first)).toMatchObject({ inputTokens: 800, cacheReadTokens: 200, outputTokens: 50 });
  });

  it.each([
    ['priority', 0.01325],
    ['default', 0.006625],
  ])('has the price of the service tier that the upstream names: %s', async (tier, cost) => {
    const usage = { input_tokens: 4000, input_tokens_details: { cached_tokens: 3000 }, output_tokens: 500 };
    pool.simulator.script('up-a', [stream('response.completed', { usage, service_tier: tier })]);
    await ask(true);
    expect((await only())['realCost']).toBeCloseTo(cost, 12);
  });

  it('counts in every counter of the key and of the account', async () => {
    pool.simulator.script('up-a', [stream('response.completed'), whole()]);
    const before = Number(
      await pool.store.hget(keys.account.record('openai_responses_account', pool.first), 'totalUsedTokens'),
    );
    await ask(true);
    await ask(false);
    await pool.app.flushed();
    const { today, total, limits } = (await pool.app.api('GET', `/keys/${key.id}/stats`)).body;
    for (const figures of [today, total]) {
      expect(figures).toMatchObject({ requests: 2, inputTokens: 1600, cacheReadTokens: 400, outputTokens: 100 });
      expect(figures.costUsd).toBeCloseTo(2 * COST, 12);
    }
    expect(limits).toBeDefined();
    expect(Number(await pool.store.get(keys.limits.windowTokens(key.id)))).toBe(2100);
    expect(Number(await pool.store.get(keys.limits.windowCost(key.id)))).toBeCloseTo(2 * COST, 9);
    expect(Number(await pool.store.get(keys.limits.windowRequests(key.id)))).toBe(2);
    expect(Number(await pool.store.get(keys.usage.costTotal(key.id)))).toBeCloseTo(2 * COST, 9);
    const record = await pool.store.hgetall(keys.account.record('openai_responses_account', pool.first));
    expect(Number(record['totalUsedTokens']) - before).toBe(2100);
    expect(Date.parse(record['lastUsedAt'] ?? '')).toBeGreaterThan(0);
  });

  it('is rated by the service codex', async () => {
    const { body: rates } = await pool.app.api('GET', '/settings/service-rates');
    await pool.app.api('PUT', '/settings/service-rates', { rates: { ...rates.rates, codex: 2, claude: 7 } });
    try {
      const rated = await pool.app.key({ serviceRates: { codex: 1.5 } });
      pool.simulator.script('up-a', [whole()]);
      await pool.send(codexQuestion(false), { authorization: `Bearer ${rated.key}` });
      const [record] = await books.records(rated.id);
      expect(record.realCost).toBeCloseTo(COST, 12);
      expect(record.cost).toBeCloseTo(3 * COST, 12);
    } finally {
      await pool.app.api('PUT', '/settings/service-rates', { rates: { ...rates.rates, codex: 1, claude: 1 } });
    }
  });

  it('takes a slot of the key while it runs, and gives it back', async () => {
    pool.simulator.script('up-a', [{ text: CODEX_TEXT, holdAfterEvents: -1 }]);
    const narrow = await pool.app.key({ concurrencyLimit: 1 });
    const authorization = `Bearer ${narrow.key}`;
    const running = pool.send(codexQuestion(true), { authorization });
    await pool.simulator.held('up-a');
    expect((await pool.store.zrange(keys.limits.concurrency(narrow.id), 0, -1)).length).toBe(1);
    expect((await pool.send(codexQuestion(true), { authorization })).status).toBe(429);
    pool.simulator.release('up-a');
    expect(textOf(await running)).toBe(CODEX_TEXT);
    await nothingHeld(pool.app, narrow.id);
    expect(await heldLeases(pool.app, narrow.id)).toEqual([]);
  });

  it('uses up the daily quota of the account, until its day is over', async () => {
    const dailyQuota = (await books.quotaSpent(pool.first)) + COST / 2;
    await pool.app.api('PUT', `/accounts/codex/${pool.first}`, { dailyQuota });
    try {
      pool.simulator.script('up-a', [whole()]);
      await ask(false);
      expect(await books.quotaSpent(pool.first)).toBeGreaterThanOrEqual(dailyQuota);
      expect(await pool.availability()).toMatchObject({ available: false, reasons: ['quota'] });
      // Accounts are picked by figures that are a second old at most.
      const question = { keyId: key.id, model: CODEX_MODEL, endpoint: 'responses' };
      await eventually(async () => {
        const { body } = await pool.app.api('POST', '/scheduler/explain', question);
        return body.accounts[0].id === pool.second ? true : null;
      });
      expect(textOf(await pool.send(codexQuestion(true), { 'session-id': 'another' }))).toBe(CODEX_TEXT);
      expect(pool.served()).toEqual(['up-a', 'up-b']);
      // A day that begins this minute is another one.
      const minute = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(11, 16);
      await pool.app.api('PUT', `/accounts/codex/${pool.first}`, { quotaResetTime: minute });
      expect(await pool.availability()).toMatchObject({ available: true });
    } finally {
      await pool.app.api('PUT', `/accounts/codex/${pool.first}`, { dailyQuota: null, quotaResetTime: null });
    }
  });
});
