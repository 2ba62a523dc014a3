import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { type ApiAnswer, TestApp } from '../support/test-app.ts';

const BODY_LIMIT = 1024 * 1024;
const RESPONSES = [
  '/openai/responses',
  '/openai/v1/responses',
  '/openai/responses/compact',
  '/openai/v1/responses/compact',
];
const CHAT = [
  ...['/openai/chat/completions', '/openai/v1/chat/completions', '/openai/claude/v1/chat/completions'],
  ...['/api/v1/chat/completions', '/claude/v1/chat/completions'],
];
const MODELS = ['/openai/models', '/openai/v1/models', '/openai/claude/v1/models'];
const QUESTION = { model: 'gpt-5.4', input: 'Hello', messages: [{ role: 'user', content: 'Hello' }] };

const isError = (change: object = {}): unknown => ({
  error: {
    message: expect.stringMatching(/\w/),
    type: 'invalid_request_error',
    param: null,
    code: null,
    ...change,
  },
});

describe('the routes of OpenAI clients', () => {
  let simulator: Simulator;
  let app: TestApp;
  let key: { id: string; key: string };

  beforeAll(async () => {
    simulator = await startSimulator();
    app = await TestApp.start({ http: { bodyLimitBytes: BODY_LIMIT } });
    await app.account(simulator.url, 'up-mapped', {
      supportedModels: { 'our-opus': 'claude-opus-4-5', 'vendor/opus 4': 'claude-opus-4-5' },
    });
    await app.account(simulator.url, 'up-codex', {}, 'codex');
    key = await app.key({ name: 'ada' });
  });

  afterAll(async () => {
    await app.close();
    await simulator.close();
  });

  const send = (path: string, body: unknown, secret = key.key): Promise<ApiAnswer> =>
    app.call('POST', path, body, { authorization: `Bearer ${secret}` });
  const get = (path: string, secret = key.key): Promise<ApiAnswer> =>
    app.call('GET', path, undefined, { authorization: `Bearer ${secret}` });

  describe.each([...RESPONSES, ...CHAT])('POST %s', (path) => {
    it.each([
      ['an unknown key', `cr_${'0'.repeat(64)}`],
      ['a key of somebody else', 'sk-proj-xxxxxxxx'],
    ])("refuses %s in OpenAI's form", async (_, secret) => {
      const answer = await send(path, QUESTION, secret);
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual(isError({ type: 'authentication_error', code: 'invalid_api_key' }));
    });

    it.each([
      ['what is no JSON', '{"model":'],
      ['what is no object', '[]'],
      ['a body without a model', { input: 'Hello', messages: [] }],
      ['a body without an input', { model: 'gpt-5.4' }],
    ])("refuses %s in OpenAI's form", async (_, body) => {
      const answer = await send(path, body);
      expect(answer.status).toBe(400);
      expect(answer.body).toEqual(isError());
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    });

    it('names what is missing', async () => {
      const { body } = await send(path, { model: 'gpt-5.4' });
      expect(body.error.message).toContain(CHAT.includes(path) ? 'messages' : 'input');
    });

    it('refuses a body that is too large', async () => {
      const answer = await send(path, { ...QUESTION, input: 'x'.repeat(BODY_LIMIT) });
      expect(answer.status).toBe(413);
      expect(answer.body).toEqual(isError());
    });

    it('refuses with 400 a service or a model that the key may not use', async () => {
      const denied = isError({ type: 'permission_denied', code: 'permission_denied' });
      const ofNothing = await app.key({ permissions: ['claude'] });
      const ofOthers = await app.key({ enableModelRestriction: true, restrictedModels: ['other'] });
      for (const { key: secret } of [ofNothing, ofOthers]) {
        const answer = await send(path, QUESTION, secret);
        expect({ status: answer.status, body: answer.body }).toEqual({ status: 400, body: denied });
      }
    });

    it('says which method it takes', async () => {
      const answer = await get(path);
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('POST');
      expect(answer.body).toEqual(isError());
    });
  });

  it.each(['/openai', '/openai/nothing', '/openai/v1/images/generations', '/openai/v1/messages'])(
    "answers the unknown path %s in OpenAI's form",
    async (path) => {
      const answer = await send(path, QUESTION);
      expect(answer.status).toBe(404);
      expect(answer.body).toEqual(isError({ code: 'not_found' }));
    },
  );

  describe.each(MODELS)('GET %s', (path) => {
    it('is for those who have a key', async () => {
      const answer = await get(path, `cr_${'0'.repeat(64)}`);
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual(isError({ type: 'authentication_error', code: 'invalid_api_key' }));
    });

    it("lists what the key may ask for, in OpenAI's form whatever the headers say", async () => {
      const headers = { authorization: `Bearer ${key.key}`, 'anthropic-version': '2023-06-01' };
      const { body } = await app.call('GET', path, undefined, headers);
      expect(body.object).toBe('list');
      expect(body.data).toContainEqual({
        ...{ id: 'our-opus', object: 'model', owned_by: 'anthropic', created: expect.any(Number) },
      });
      expect(body.data).toContainEqual(expect.objectContaining({ id: 'gpt-5', owned_by: 'openai' }));
    });

    it.each(['vendor/opus%204', 'vendor%2Fopus%204', 'our-opus', 'our%2Dopus'])('knows the model %s', async (id) => {
      const { status, body } = await get(`${path}/${id}`);
      expect({ status, body }).toEqual({
        status: 200,
        body: { id: decodeURIComponent(id), object: 'model', owned_by: 'anthropic', created: expect.any(Number) },
      });
    });

    it.each(['none', 'none/of/them', 'gpt-5'])('does not know the model %s of a key of Claude', async (id) => {
      const { key: secret } = await app.key({ permissions: ['claude'] });
      const answer = await get(`${path}/${id}`, secret);
      expect(answer.status).toBe(404);
      expect(answer.body).toEqual(isError({ message: `model: ${id}`, code: 'not_found' }));
    });

    it('serves the SDK', async () => {
      const baseURL = app.url + path.replace(/\/models$/, '');
      const sdk = new OpenAI({ apiKey: key.key, baseURL, maxRetries: 0 });
      const ids: string[] = [];
      for await (const { id } of sdk.models.list()) ids.push(id);
      expect(ids).toEqual(expect.arrayContaining(['our-opus', 'vendor/opus 4', 'gpt-5']));
      expect(await sdk.models.retrieve('vendor/opus 4')).toMatchObject({ id: 'vendor/opus 4', object: 'model' });
      await expect(sdk.models.retrieve('none')).rejects.toMatchObject({ status: 404, code: 'not_found' });
    });
  });

  it('lists for a client of Anthropic what messages serve', async () => {
    const headers = { 'x-api-key': key.key, 'anthropic-version': '2023-06-01' };
    const { body } = await app.call('GET', '/api/v1/models', undefined, headers);
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual(['our-opus', 'vendor/opus 4']);
  });

  it('tells a key about itself', async () => {
    const { body } = await get('/openai/key-info');
    expect(body).toMatchObject({ id: key.id, name: 'ada', permissions: [], tokens_remaining: null });
    expect((await get('/openai/usage')).body).toMatchObject({ object: 'usage', total_requests: 0 });
  });

  it.each(['/openai/key-info', '/openai/usage'])("refuses an unknown key on %s in OpenAI's form", async (path) => {
    const answer = await get(path, `cr_${'0'.repeat(64)}`);
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual(isError({ type: 'authentication_error', code: 'invalid_api_key' }));
  });
});
