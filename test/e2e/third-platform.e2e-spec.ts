import { keys } from '@crs/store';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { STORE_CLIENT, type StoreClient } from '@crs/store';
import { told } from '../support/account-test-events.ts';
import { CODEX_MODEL, CODEX_TEXT, codexQuestion, textOf } from '../support/codex-pool.ts';
import { LedgerView } from '../support/ledger-view.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { type ApiAnswer, TestApp } from '../support/test-app.ts';
import { ThirdPlatformModule } from '../support/third-platform/third-platform.module.ts';

describe('a third platform, of which only its folder and the list of platforms know', () => {
  let simulator: Simulator;
  let app: TestApp;
  let third: string;
  let codex: string;
  let key: { id: string; key: string };

  const accounts = (): readonly (readonly [platform: string, id: string])[] => [
    ['third', third],
    ['codex', codex],
  ];
  const send = (headers: Record<string, string> = {}, body = codexQuestion(true)): Promise<ApiAnswer> =>
    app.call('POST', '/openai/responses', body, { authorization: `Bearer ${key.key}`, ...headers });
  const served = (): string[] => simulator.log.map((entry) => entry.key);
  const store = (): StoreClient => app.app.get<StoreClient>(STORE_CLIENT);

  beforeAll(async () => {
    simulator = await startSimulator();
    app = await TestApp.start({}, [ThirdPlatformModule]);
    third = await app.account(simulator.url, 'up-third', { priority: 1 }, 'third');
    codex = await app.account(simulator.url, 'up-codex', { priority: 2 }, 'codex');
  });
  afterAll(async () => {
    await app.close();
    await simulator.close();
  });
  beforeEach(async () => {
    simulator.reset();
    for (const name of ['up-third', 'up-codex']) simulator.setDefault(name, { text: CODEX_TEXT, deltaChars: 6 });
    for (const [platform, id] of accounts()) await app.api('POST', `/accounts/${platform}/${id}/reset-rate-limit`);
    key = await app.key();
  });

  it('has accounts that administrators keep as those of any other', async () => {
    const { body } = await app.api('GET', `/accounts/third/${third}`);
    expect(body).toMatchObject({ id: third, platform: 'third', apiUrl: simulator.url, userAgent: 'third/1.0' });
    expect(body).not.toHaveProperty('apiKey');
    const record = await store().hgetall(keys.account.record('third_account', third));
    expect(record).toMatchObject({ platform: 'third', vendorUrl: simulator.url, status: 'active' });
    expect(record['apiKey']).toMatch(/^[0-9a-f]{32}:[0-9a-f]+$/);
    const list = await app.api('GET', '/accounts/third');
    expect(list.body).toMatchObject({ total: 1, items: [{ id: third }] });
    const change = await app.api('PUT', `/accounts/third/${third}`, { providerEndpoint: 'auto' });
    expect(change).toMatchObject({ status: 400 });
    expect((await app.api('GET', '/accounts/fourth')).status).toBe(404);
  });

  it('is relayed to in its own words, for a stream and a whole answer', async () => {
    for (const stream of [true, false]) expect(textOf(await send({}, codexQuestion(stream)))).toBe(CODEX_TEXT);
    expect(served()).toEqual(['up-third', 'up-third']);
    const [sent] = simulator.requests('up-third');
    expect(sent?.url).toBe('/vendor/responses');
    expect(sent?.headers).toMatchObject({ 'x-api-key': 'up-third' });
    expect(sent?.headers).not.toHaveProperty('authorization');
  });

  it('maps models, for the SDK as for the upstream', async () => {
    await app.api('PUT', `/accounts/third/${third}`, { supportedModels: { 'our-model': 'vendor-model' } });
    try {
      const sdk = new OpenAI({ apiKey: key.key, baseURL: `${app.url}/openai/v1`, maxRetries: 0 });
      const answer = await sdk.responses.create({ model: 'our-model', input: 'Hello' });
      expect(answer).toMatchObject({ model: 'our-model', output_text: CODEX_TEXT });
      expect(JSON.parse(String(simulator.requests('up-third')[0]?.body))).toMatchObject({ model: 'vendor-model' });
      const ids: string[] = [];
      for await (const { id } of sdk.models.list()) ids.push(id);
      expect(ids).toContain('our-model');
    } finally {
      await app.api('PUT', `/accounts/third/${third}`, { supportedModels: null });
    }
  });

  it.each([
    ['third', 'codex'],
    ['codex', 'third'],
  ])('fails over from %s to %s, and the session goes with it', async (first, second) => {
    const session = `session-of-${first}`;
    await app.api('PUT', `/accounts/third/${third}`, { priority: first === 'third' ? 1 : 3 });
    simulator.script(`up-${first}`, [
      { status: 429, headers: { 'retry-after': '120' }, error: { type: 'x', message: 'x' } },
    ]);
    expect(textOf(await send({ 'session-id': session }))).toBe(CODEX_TEXT);
    expect(textOf(await send({ 'session-id': session }))).toBe(CODEX_TEXT);
    expect(served()).toEqual([`up-${first}`, `up-${second}`, `up-${second}`]);
    const id = first === 'third' ? third : codex;
    const { body } = await app.api('GET', `/accounts/${first}/${id}/availability`);
    expect(body).toMatchObject({ available: false, reasons: ['rate_limited'] });
    const marked = first === 'third' ? 'third' : 'openai-responses';
    expect(await store().get(keys.account.tempUnavailable(marked, id))).toContain('"statusCode":429');
    await app.api('PUT', `/accounts/third/${third}`, { priority: 1 });
  });

  it('keeps the session of which it has become the account', async () => {
    const session = { 'session-id': 'a-session-that-moves' };
    await app.api('PUT', `/accounts/third/${third}`, { priority: 3 });
    simulator.script('up-codex', [{ text: CODEX_TEXT }, 'unavailable']);
    await send(session);
    await send(session);
    await app.api('POST', `/accounts/codex/${codex}/reset-rate-limit`);
    await send({ ...session, 'x-codex-turn-state': 'state of up-third' });
    await app.api('PUT', `/accounts/third/${third}`, { priority: 1 });
    expect(served()).toEqual(['up-codex', 'up-codex', 'up-third', 'up-third']);
    expect(simulator.log.at(-1)?.headers['x-codex-turn-state']).toBe('state of up-third');
  });

  it('has its use booked under its own kind, and priced', async () => {
    const usage = { inputTokens: 800, cacheReadTokens: 200, outputTokens: 50 };
    simulator.script('up-third', [{ text: CODEX_TEXT, usage }]);
    await send();
    const [record, ...more] = await new LedgerView(app).records(key.id);
    expect(more).toEqual([]);
    expect(record).toMatchObject({ ...usage, accountId: third, accountType: 'third', model: CODEX_MODEL });
    expect(record.realCost).toBeCloseTo(0.001525, 12);
    const { total } = (await app.api('GET', `/keys/${key.id}/stats`)).body;
    expect(total).toMatchObject({ requests: 1, ...usage });
    const lastUsedAt = await store().hget(keys.account.record('third_account', third), 'lastUsedAt');
    expect(Date.parse(lastUsedAt ?? '')).toBeGreaterThan(0);
  });

  it('answers chat completions, although it knows none', async () => {
    const sdk = new OpenAI({ apiKey: key.key, baseURL: `${app.url}/openai/v1`, maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'Hello' }];
    const answer = await sdk.chat.completions.create({ model: CODEX_MODEL, messages });
    expect(answer.choices[0]?.message.content).toBe(CODEX_TEXT);
    const pieces: string[] = [];
    for await (const chunk of await sdk.chat.completions.create({ model: CODEX_MODEL, messages, stream: true })) {
      pieces.push(chunk.choices[0]?.delta.content ?? '');
    }
    expect(pieces.join('')).toBe(CODEX_TEXT);
    expect(simulator.log.map(({ url }) => url)).toEqual(['/vendor/responses', '/vendor/responses']);
    expect(await new LedgerView(app).records(key.id)).toHaveLength(2);
  });

  it('is explained beside the others', async () => {
    const { body } = await app.api('POST', '/scheduler/explain', {
      keyId: key.id,
      model: CODEX_MODEL,
      endpoint: 'responses',
    });
    expect(body.accounts).toEqual([
      expect.objectContaining({ id: third, platform: 'third', verdict: 'chosen', order: 1 }),
      expect.objectContaining({ id: codex, platform: 'codex', verdict: 'kept', order: 2 }),
    ]);
  });

  it('has its accounts tested by a real request', async () => {
    simulator.script('up-third', [{ text: 'Hello there!', usage: { inputTokens: 9, outputTokens: 3 } }]);
    const { names, start, text, end } = told(await app.api('POST', `/accounts/third/${third}/test`));
    expect(names).toEqual(['test_start', 'connected', 'test_complete']);
    expect(start).toMatchObject({ platform: 'third', accountId: third, model: 'gpt-5-nano' });
    expect(text).toBe('Hello there!');
    expect(end).toMatchObject({ ok: true, status: 200, usage: { inputTokens: 9, outputTokens: 3 } });
    simulator.script('up-third', ['unauthorized']);
    expect(told(await app.api('POST', `/accounts/third/${third}/test`)).names.at(-1)).toBe('test_error');
  });

  it('serves keys that are bound to a group with accounts of both', async () => {
    const group = (await app.api('POST', '/account-groups', { name: 'mixed', platform: 'codex' })).body;
    const path = `/account-groups/${group.id}/members`;
    expect((await app.api('PUT', path, { accountIds: [third, codex] })).status).toBe(200);
    key = await app.key({ codexAccountId: `group:${group.id}` });
    simulator.setDefault('up-third', 'unavailable');
    expect(textOf(await send())).toBe(CODEX_TEXT);
    expect(served()).toEqual(['up-third', 'up-codex']);
  });

  it('does not serve keys that are bound to an account of another kind', async () => {
    key = await app.key({ codexAccountId: codex });
    expect(textOf(await send())).toBe(CODEX_TEXT);
    expect(served()).toEqual(['up-codex']);
  });
});
