import { CodexPlatform } from '../../src/platforms/codex/codex.platform.js';
import { keys } from '@crs/store';
import { describe, expect, it } from '@jest/globals';
import { CODEX_TEXT, CodexPool, codexQuestion, textOf } from '../support/codex-pool.ts';
import type { StepLike } from '../support/simulator/step.ts';

const { accountType, recordPrefix } = new CodexPlatform().account;

interface Fault {
  readonly name: string;
  readonly step: StepLike | (() => StepLike);
  readonly reason: 'cooling_down' | 'rate_limited';
  /** v1's mark: the status and kind of error, and how long it is to hold, in seconds. */
  readonly mark: readonly [statusCode: number, errorType: string, seconds: number];
  /** How often the account is asked; once, unless its connection may have been a stale one. */
  readonly asked?: number;
}

const limit = (fields: object): StepLike => ({
  status: 429,
  body: { error: { type: 'usage_limit_reached', message: 'The usage limit has been reached', ...fields } },
});
const failed = (code: string, message: string): StepLike => ({
  fail: { how: 'error_event', afterEvents: 2, error: { type: code, code, message } },
});

/** A status of others than OpenAI. */
const OVERLOADED: StepLike = { status: 529, error: { type: 'overloaded_error', message: 'Overloaded' } };

const FAULTS: readonly Fault[] = [
  {
    name: '429 with resets_in_seconds',
    step: limit({ plan_type: 'pro', resets_in_seconds: 120 }),
    reason: 'rate_limited',
    mark: [429, 'rate_limit', 120],
  },
  {
    name: '429 with resets_at',
    step: () => limit({ resets_at: Math.floor(Date.now() / 1000) + 600 }),
    reason: 'rate_limited',
    mark: [429, 'rate_limit', 600],
  },
  {
    name: '429 with x-codex-ratelimit-reset',
    step: {
      status: 429,
      error: { type: 'rate_limit', message: 'Slow down' },
      headers: { 'x-codex-ratelimit-reset': '90' },
    },
    reason: 'rate_limited',
    mark: [429, 'rate_limit', 90],
  },
  {
    name: '429 with a reset far away',
    step: limit({ resets_in_seconds: 7200 }),
    reason: 'rate_limited',
    mark: [429, 'rate_limit', 1800],
  },
  { name: '429 without a reset', step: limit({}), reason: 'rate_limited', mark: [429, 'rate_limit', 300] },
  { name: '401', step: 'unauthorized', reason: 'cooling_down', mark: [401, 'auth_error', 1800] },
  { name: '402', step: 'payment', reason: 'cooling_down', mark: [402, 'auth_error', 1800] },
  { name: '403', step: 'forbidden', reason: 'cooling_down', mark: [403, 'auth_error', 1800] },
  { name: '500', step: 'server_error', reason: 'cooling_down', mark: [500, 'server_error', 300] },
  { name: '503', step: 'unavailable', reason: 'cooling_down', mark: [503, 'service_unavailable', 60] },
  { name: '529', step: OVERLOADED, reason: 'cooling_down', mark: [529, 'overload', 600] },
  { name: 'a reset', step: 'reset', reason: 'cooling_down', mark: [0, 'connection', 60], asked: 2 },
  { name: 'a page with status 200', step: 'html', reason: 'cooling_down', mark: [200, 'connection', 60] },
  { name: 'an empty body with status 200', step: 'empty', reason: 'cooling_down', mark: [200, 'connection', 60] },
];

const STREAM_FAULTS: readonly Fault[] = [
  {
    name: 'response.failed with server_error',
    step: failed('server_error', 'An error occurred'),
    reason: 'cooling_down',
    mark: [500, 'server_error', 300],
  },
  {
    name: 'response.failed with rate_limit_exceeded',
    step: failed('rate_limit_exceeded', 'Rate limit reached. Please try again in 20s.'),
    reason: 'rate_limited',
    mark: [429, 'rate_limit', 20],
  },
  {
    name: 'a stream that is cut behind its opening',
    step: { fail: { how: 'cut', afterEvents: 2 } },
    reason: 'cooling_down',
    mark: [0, 'connection', 60],
  },
  {
    name: 'a stream that ends behind its opening',
    step: { fail: { how: 'truncate', afterEvents: 3 } },
    reason: 'cooling_down',
    mark: [0, 'connection', 60],
  },
  { name: 'a silent stream', step: 'hang_after_head', reason: 'cooling_down', mark: [0, 'connection', 60] },
];

describe('a codex account that fails', () => {
  const pool = CodexPool.forSuite({ relay: { idleTimeoutMs: 800, firstByteTimeoutMs: 800, holdMs: 5000 } });

  const cases = [
    ...FAULTS.flatMap((fault) => [true, false].map((stream) => ({ ...fault, stream }))),
    ...STREAM_FAULTS.map((fault) => ({ ...fault, stream: true })),
  ];

  it.each(cases)(
    'is hidden by the next one, and marked as v1 marks it: $name (stream: $stream)',
    async ({ step, stream, reason, mark: [statusCode, errorType, seconds], asked = 1 }) => {
      await pool.app.api('DELETE', `/accounts/codex/${pool.first}/error-history`);
      pool.simulator.setDefault('up-a', typeof step === 'function' ? step() : step);
      const answer = await pool.send(codexQuestion(stream));
      expect(textOf(answer)).toBe(CODEX_TEXT);
      expect(pool.served()).toEqual([...Array.from({ length: asked }, () => 'up-a'), 'up-b']);
      expect(await pool.availability()).toMatchObject({ available: false, reasons: [reason] });

      const key = keys.account.tempUnavailable(accountType, pool.first);
      expect(key).toBe(`temp_unavailable:openai-responses:${pool.first}`);
      const stored: unknown = JSON.parse((await pool.store.get(key)) ?? 'null');
      expect(stored).toMatchObject({ statusCode, errorType });
      const leftMs = await pool.store.pttl(key);
      expect(leftMs).toBeLessThanOrEqual(seconds * 1000);
      expect(leftMs).toBeGreaterThan((seconds - 8) * 1000);

      const record = await pool.store.hgetall(keys.account.record(recordPrefix, pool.first));
      expect(record).toMatchObject({ status: 'active', isActive: 'true', schedulable: 'true' });
      const isLimited = reason === 'rate_limited';
      expect(record['rateLimitStatus'] ?? '').toBe(isLimited ? 'limited' : '');
      expect(Number.isNaN(Date.parse(record['rateLimitedAt'] ?? ''))).toBe(!isLimited);

      const history = await pool.store.lrange(keys.account.errorHistory(accountType, pool.first), 0, -1);
      expect(history).toHaveLength(1);
      expect(JSON.parse(history[0] ?? '')).toMatchObject({ status: statusCode, errorType });
    },
  );

  it('leaves no mark where it is not to be protected', async () => {
    await pool.app.api('PUT', `/accounts/codex/${pool.first}`, { disableAutoProtection: true });
    pool.simulator.setDefault('up-a', 'unavailable');
    try {
      expect(textOf(await pool.send())).toBe(CODEX_TEXT);
      expect(await pool.availability()).toMatchObject({ available: true });
    } finally {
      await pool.app.api('PUT', `/accounts/codex/${pool.first}`, { disableAutoProtection: false });
    }
  });

  it('lacks a model, or an endpoint, and keeps the rest', async () => {
    pool.simulator.setDefault('up-a', {
      status: 404,
      body: {
        error: { message: 'The model `gpt-6` does not exist', type: 'invalid_request_error', code: 'model_not_found' },
      },
    });
    expect(textOf(await pool.send(codexQuestion(true, { model: 'gpt-6' })))).toBe(CODEX_TEXT);
    pool.simulator.setDefault('up-a', { status: 404, body: 'no such route' });
    const compact = await pool.send(codexQuestion(false), { 'session-id': 'another' }, '/openai/responses/compact');
    expect(compact.status).toBe(200);
    expect(pool.served()).toEqual(['up-a', 'up-b', 'up-a', 'up-b']);
    pool.simulator.setDefault('up-a', { text: CODEX_TEXT });
    expect(textOf(await pool.send(codexQuestion(false), { 'session-id': 'a-third' }))).toBe(CODEX_TEXT);
    expect(pool.served().at(-1)).toBe('up-a');
  });

  it.each([
    ['context_length_exceeded', 'Your input exceeds the context window of this model.'],
    ['invalid_prompt', 'Invalid prompt: your prompt was flagged.'],
  ])('is not at fault where only the client can mend it, and the client is told: %s', async (code, message) => {
    pool.simulator.setDefault('up-a', failed(code, message));
    const answer = await pool.send();
    expect(answer.body).toContain(`"${code}"`);
    expect(answer.body).toContain(message);
    expect(answer.body).not.toContain('response.completed');
    expect(pool.served()).toEqual(['up-a']);
    expect(await pool.availability()).toMatchObject({ available: true });
  });

  it.each(['insufficient_quota', 'billing_hard_limit_reached'])(
    'is passed over where its money is used up: %s',
    async (code) => {
      pool.simulator.setDefault('up-a', {
        status: 429,
        body: { error: { message: 'You exceeded your current quota', type: code, code } },
      });
      expect(textOf(await pool.send())).toBe(CODEX_TEXT);
      expect(await pool.availability()).toMatchObject({ available: false });
    },
  );

  describe('and no other that could answer', () => {
    it.each(['unauthorized', 'forbidden', 'payment'])('is no reason to tell the client to log in: %s', async (step) => {
      for (const key of ['up-a', 'up-b']) pool.simulator.setDefault(key, step);
      const answer = await pool.send();
      expect(answer.status).toBe(503);
      expect(answer.body).toEqual({
        error: {
          message: expect.stringMatching(/upstream/),
          type: expect.any(String),
          param: null,
          code: expect.any(String),
        },
      });
    });

    it.each([
      ['within the minute', 30, { type: 'rate_limit_exceeded' }],
      ['later', 3000, { type: 'usage_limit_reached' }],
    ])('says when it is back, %s', async (_, seconds, error) => {
      for (const key of ['up-a', 'up-b']) pool.simulator.setDefault(key, limit({ resets_in_seconds: seconds }));
      const answer = await pool.send();
      expect(answer).toMatchObject({ status: 429, body: { error } });
      if (seconds <= 60) {
        const rest = Number(answer.headers.get('retry-after'));
        expect(rest).toBeGreaterThan(seconds - 8);
        expect(rest).toBeLessThanOrEqual(seconds);
      } else {
        expect(answer.body.error.resets_at).toBeGreaterThan(Date.now() / 1000 + seconds - 8);
        expect(answer.body.error.resets_at).toBeLessThanOrEqual(Date.now() / 1000 + seconds + 1);
      }
    });

    it('passes on a 5xx as such in the form of OpenAI, where clients of OpenAI know it', async () => {
      for (const key of ['up-a', 'up-b']) pool.simulator.setDefault(key, OVERLOADED);
      const answer = await pool.send();
      expect(answer.status).toBe(503);
      expect(answer.body.error).toMatchObject({
        message: expect.stringContaining('2 upstream accounts failed'),
        param: null,
      });
    });

    it('says how many were left out for which reason, and not their names', async () => {
      for (const key of ['up-a', 'up-b']) pool.simulator.setDefault(key, 'server_error');
      await pool.send();
      const answer = await pool.send();
      expect(answer.status).toBe(503);
      expect(answer.body.error.message).toMatch(/No upstream account is available.*2 cooling down/);
      expect(JSON.stringify(answer.body)).not.toMatch(/account up-|127\.0\.0\.1/);
    });
  });
});
