import { keys } from '@crs/store';
import { describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { CODEX_MODEL, CodexPool, codexQuestion } from '../support/codex-pool.ts';

const BODY_LIMIT = 64 * 1024;
/** Less than any answer costs. */
const NEXT_TO_NOTHING = 0.000001;

interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly message: RegExp;
}

const unauthorized = (message: RegExp): Refusal => ({
  status: 401,
  type: 'authentication_error',
  code: 'invalid_api_key',
  message,
});
const denied = (message: RegExp): Refusal => ({
  status: 400,
  type: 'permission_denied',
  code: 'permission_denied',
  message,
});
const invalid = (message: RegExp): Refusal => ({ status: 400, type: 'invalid_request_error', code: null, message });
const usedUp = (message: RegExp): Refusal => ({
  status: 429,
  type: 'usage_limit_reached',
  code: 'usage_limit_reached',
  message,
});
const BUSY: Refusal = { status: 429, type: 'rate_limit_exceeded', code: 'rate_limit_exceeded', message: /./ };

type Body = Record<string, unknown> | string;

describe('what a client of OpenAI is told', () => {
  const pool = CodexPool.forSuite({ http: { bodyLimitBytes: BODY_LIMIT } });

  /** Refused whatever form is asked for and on both paths, before any upstream is asked; answers the last `error`. */
  const expectRefused = async (
    key: string | null,
    expected: Refusal,
    bodyOf: (stream: boolean) => Body = (stream) => codexQuestion(stream),
  ): Promise<Record<string, unknown>> => {
    const asked = pool.simulator.log.length;
    let error: Record<string, unknown> = {};
    for (const [stream, path] of [
      [false, '/openai/responses'],
      [true, '/openai/v1/responses'],
      [true, '/openai/responses/compact'],
    ] as const) {
      const headers = key === null ? {} : { authorization: `Bearer ${key}` };
      const answer = await pool.app.call('POST', path, bodyOf(stream), { ...headers, 'session-id': pool.session });
      const { status, type, code, message } = expected;
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(Object.keys(answer.body)).toEqual(['error']);
      error = answer.body.error;
      expect(error).toMatchObject({ type, code, message: expect.stringMatching(message), param: null });
      expect(answer.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]+$/);
      expect(answer.headers.get('x-relay-request-id')).toBe(answer.headers.get('x-request-id'));
      expect(answer.headers.get('retry-after')).toBe(expected === BUSY ? '1' : answer.headers.get('retry-after'));
    }
    expect(pool.simulator.log).toHaveLength(asked);
    return error;
  };

  describe('of a key', () => {
    it('that is missing', async () => {
      await expectRefused(null, unauthorized(/missing/i));
    });

    it.each([
      ['that nobody knows', `cr_${'0'.repeat(64)}`, /not found/],
      ['that is not of this gateway', 'sk-proj-0123456789abcdef', /invalid/],
    ])('%s', async (_, key, message) => {
      await expectRefused(key, unauthorized(message));
    });

    it.each<[string, RegExp, (id: string) => Promise<unknown>]>([
      ['disabled', /disabled/, (id) => pool.app.api('PUT', `/keys/${id}`, { isActive: false })],
      ['deleted', /deleted|not found/, (id) => pool.app.api('DELETE', `/keys/${id}`)],
      [
        'expired',
        /expired/,
        (id) => pool.store.hset(keys.apiKey.record(id), { expiresAt: '2020-01-01T00:00:00.000Z' }),
      ],
    ])('that is %s', async (_, message, spoil) => {
      const { id, key } = await pool.app.key();
      await spoil(id);
      await expectRefused(key, unauthorized(message));
    });

    it.each<[string, Record<string, unknown>, RegExp]>([
      ['service', { permissions: ['claude'] }, /may not use this service/],
      [
        'model',
        { enableModelRestriction: true, modelRestrictionMode: 'deny', restrictedModels: [CODEX_MODEL] },
        /may not use the model gpt-5/,
      ],
      [
        'client',
        { enableClientRestriction: true, allowedClients: ['claude_code'] },
        /only be used by these clients: claude_code/,
      ],
    ])('that is not for this %s', async (_, settings, message) => {
      const { key } = await pool.app.key(settings);
      await expectRefused(key, denied(message));
    });

    it('that is for Codex alone: it is let in by its user agent', async () => {
      const { key } = await pool.app.key({ enableClientRestriction: true, allowedClients: ['codex_cli'] });
      const answer = await pool.send(codexQuestion(true), { authorization: `Bearer ${key}` });
      expect(answer.status).toBe(200);
      await expectRefused(key, denied(/only be used by these clients: codex_cli/));
    });
  });

  describe('of a key that is busy', () => {
    it.each<[string, Record<string, unknown>]>([
      ['all its slots are taken', { concurrencyLimit: 1 }],
      ['what is left is held by what runs', { dailyCostLimit: NEXT_TO_NOTHING }],
    ])('is to come back in a second where %s', async (_, settings) => {
      const { key } = await pool.app.key(settings);
      pool.simulator.script('up-a', [{ holdAfterEvents: -1 }]);
      const running = pool.send(codexQuestion(true), { authorization: `Bearer ${key}` });
      await pool.simulator.held('up-a');
      await expectRefused(key, BUSY);
      pool.simulator.release('up-a');
      await running;
    });
  });

  describe('of a limit that is used up', () => {
    it.each<[string, Record<string, unknown>, RegExp, number | null]>([
      ['requests of the window', { rateLimitRequests: 1 }, /limit of 1 request per 2 minutes/, 120],
      ['tokens of the window', { tokenLimit: 1 }, /limit of 1 token per 2 minutes/, 120],
      ['cost of the window', { rateLimitCost: NEXT_TO_NOTHING }, /limit of \$0\.000001 per 2 minutes/, 120],
      ['cost of the day', { dailyCostLimit: NEXT_TO_NOTHING }, /daily limit of \$0\.000001/, 86_400],
      ['total cost', { totalCostLimit: NEXT_TO_NOTHING }, /total limit of \$0\.000001/, null],
    ])('%s: when it ends, in the one form after which Codex asks once', async (_, settings, message, withinSeconds) => {
      const { key } = await pool.app.key({ rateLimitWindow: 2, ...settings });
      expect((await pool.send(codexQuestion(true), { authorization: `Bearer ${key}` })).status).toBe(200);
      const error = await expectRefused(key, usedUp(message));
      if (withinSeconds === null) return;
      const nowSeconds = Date.now() / 1000;
      expect(Number.isInteger(error['resets_at'])).toBe(true);
      expect(error['resets_at']).toBeGreaterThan(nowSeconds);
      expect(error['resets_at']).toBeLessThanOrEqual(nowSeconds + withinSeconds + 1);
    });

    it('leaves the weekly limit of Claude models alone', async () => {
      const { key } = await pool.app.key({ weeklyOpusCostLimit: NEXT_TO_NOTHING });
      const ask = async (): Promise<number> =>
        (await pool.send(codexQuestion(true), { authorization: `Bearer ${key}` })).status;
      expect([await ask(), await ask()]).toEqual([200, 200]);
    });
  });

  describe('of a body', () => {
    it.each<[string, (stream: boolean) => Body, RegExp]>([
      ['without a model', () => ({ input: 'x' }), /model/],
      ['without an input', () => ({ model: CODEX_MODEL }), /input/],
      ['that does not close', (stream) => JSON.stringify(codexQuestion(stream)).slice(0, -1), /not a JSON object/],
      ['that is empty', () => '', /no body/],
    ])('%s', async (_, bodyOf, message) => {
      const { key } = await pool.app.key();
      await expectRefused(key, invalid(message), bodyOf);
    });

    it('that is too large', async () => {
      const { key } = await pool.app.key();
      const tooLarge = { ...invalid(/too large/), status: 413 };
      await expectRefused(key, tooLarge, () => ({ model: CODEX_MODEL, input: 'x'.repeat(BODY_LIMIT) }));
    });
  });

  it('reaches the official SDK as the errors that it knows', async () => {
    const ask = (apiKey: string): Promise<unknown> =>
      pool
        .sdk({ apiKey })
        .responses.create({ model: CODEX_MODEL, input: 'x' })
        .catch((error: unknown) => error);
    expect(await ask(`cr_${'0'.repeat(64)}`)).toBeInstanceOf(OpenAI.AuthenticationError);
    const { key } = await pool.app.key({ rateLimitWindow: 2, rateLimitRequests: 1 });
    await ask(key);
    const error = await ask(key);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({
      status: 429,
      code: 'usage_limit_reached',
      type: 'usage_limit_reached',
      requestID: expect.stringMatching(/^req_/),
    });
  });

  it('is a 404 in the same form on a path that is none', async () => {
    const answer = await pool.send(codexQuestion(false), {}, '/openai/v1/embeddings');
    expect(answer).toMatchObject({ status: 404, body: { error: { message: expect.any(String), param: null } } });
  });
});
