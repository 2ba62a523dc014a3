import { describe, expect, it } from '@jest/globals';
import { CODEX_TEXT, CodexPool, codexQuestion, textOf } from '../support/codex-pool.ts';
import type { StepLike } from '../support/simulator/step.ts';

describe('a codex stream that breaks behind its first content', () => {
  const pool = CodexPool.forSuite({ relay: { idleTimeoutMs: 500 } });

  it.each<[string, StepLike]>([
    ['response.failed', { fail: { how: 'error_event', afterEvents: 6 } }],
    ['a reset', { fail: { how: 'reset', afterEvents: 6 } }],
    ['a cut connection', { fail: { how: 'cut', afterEvents: 6 } }],
    ['a clean end', { fail: { how: 'truncate', afterEvents: 6 } }],
    ['silence', { fail: { how: 'hang', afterEvents: 6 } }],
    ['garbage', { fail: { how: 'broken_framing', afterEvents: 6 } }],
  ])('ends in response.failed and a cut connection: %s', async (_, step) => {
    pool.simulator.setDefault('up-a', { ...(typeof step === 'string' ? {} : step), text: 'x'.repeat(300) });
    const answer = await pool.send();
    expect(answer).toMatchObject({ status: 200, isCut: true });
    const text = String(answer.body);
    expect(text).toContain('response.output_text.delta');
    expect(text).not.toContain('response.completed');
    const last = text.trimEnd().split('\n\n').at(-1) ?? '';
    expect(last).toMatch(/^event: response\.failed\ndata: \{/);
    const data: unknown = JSON.parse(last.slice(last.indexOf('data: ') + 6));
    expect(data).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: expect.any(String), message: expect.any(String) } },
    });
    expect(pool.served()).toEqual(['up-a']);
  });

  it('never shows the client that the upstream has refused the gateway', async () => {
    const error = {
      type: 'authentication_error',
      code: 'invalid_api_key',
      message: 'Incorrect API key provided: sk-up-a',
    };
    pool.simulator.setDefault('up-a', { text: 'x'.repeat(300), fail: { how: 'error_event', afterEvents: 6, error } });
    const { body, isCut } = await pool.send();
    expect(isCut).toBe(true);
    expect(body).toContain('response.failed');
    expect(body).not.toMatch(/invalid_api_key|Incorrect API key|sk-up-a/);
  });
});

describe('a codex stream that is held', () => {
  const pool = CodexPool.forSuite({ relay: { idleTimeoutMs: 600, holdMs: 50 } });

  it('is kept alive by comments, behind which another account can still take over', async () => {
    pool.simulator.setDefault('up-a', { fail: { how: 'hang', afterEvents: 2 } });
    const answer = await pool.send();
    expect(answer.body).toMatch(/^(: ping\n\n)+event: response\.created\n/);
    expect(textOf(answer)).toBe(CODEX_TEXT);
    expect(pool.served()).toEqual(['up-a', 'up-b']);
  });

  it('reaches the official SDK as if nothing had been', async () => {
    pool.simulator.setDefault('up-a', { fail: { how: 'hang', afterEvents: 2 } });
    const stream = pool.sdk().responses.stream({ model: 'gpt-5', input: 'Hello' });
    expect((await stream.finalResponse()).output_text).toBe(CODEX_TEXT);
  });

  it('ends in an event and a cut connection where nobody can take over', async () => {
    for (const key of ['up-a', 'up-b']) pool.simulator.setDefault(key, { fail: { how: 'hang', afterEvents: 2 } });
    const answer = await pool.send();
    expect(answer).toMatchObject({ status: 200, isCut: true });
    expect(answer.body).toMatch(/^(: ping\n\n)+event: response\.failed\ndata: \{[^\n]*\}\n\n$/);
  });

  it('gives a refusal of the upstream as an event', async () => {
    const error = { type: 'invalid_request_error', message: 'Unsupported value: input' };
    pool.simulator.setDefault('up-a', { status: 400, error, delayMs: 300 });
    const answer = await pool.send(codexQuestion(true));
    expect(answer.body).toMatch(/^(: ping\n\n)+event: response\.failed\n/);
    expect(answer.body).toContain(error.message);
  });
});
