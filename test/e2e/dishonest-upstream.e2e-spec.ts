import { describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import type { StepLike } from '../support/simulator/step.ts';
import type { ApiAnswer } from '../support/test-app.ts';
import { expectWhole, TwoAccounts } from '../support/two-accounts.ts';

const START =
  'event: message_start\ndata: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":1,"output_tokens":1}}}\n\n';
const DELTA =
  'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}}\n\n';
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
const failed = (type: string): string =>
  `event: error\ndata: {"type":"error","error":{"type":"${type}","message":"the account speaks"}}\n\n`;

describe('an upstream that says one thing and does another', () => {
  const pool = TwoAccounts.forSuite({ relay: { idleTimeoutMs: 5000, firstByteTimeoutMs: 800, holdMs: 100 } });

  it.each([
    ['its own words for an error', { code: 500, msg: 'server busy' }],
    ['nothing but braces', {}],
    ['a refusal without a type', { detail: 'Unauthorized' }],
    ['JSON that is none', '{"type":"message","content":[oops]}'],
  ])('is passed by when it answers 200 with %s', async (_, body) => {
    const step: StepLike = { status: 200, headers: { 'content-type': 'application/json' }, body };
    pool.simulator.setDefault('up-a', step);
    expectWhole(await pool.send(false), false);
    expect((await pool.availability()).available).toBe(false);
    pool.simulator.setDefault('up-b', step);
    expect((await pool.send(false)).status).toBe(502);
  });

  it.each([206, 204])('is passed by when it answers %d', async (status) => {
    pool.simulator.setDefault('up-a', { status });
    expectWhole(await pool.send(false), false);
  });

  it.each([600, 999])('is shown as a bad gateway when it answers %d', async (status) => {
    for (const name of ['up-a', 'up-b']) pool.simulator.setDefault(name, { status, body: 'no' });
    expect(await pool.send(false)).toMatchObject({ status: 502, body: { error: { type: 'api_error' } } });
  });

  it('is not waited for when the words of its error have no end', async () => {
    pool.simulator.setDefault('up-a', { status: 529, body: 'x'.repeat(100), fail: { how: 'hang', afterEvents: 1 } });
    const startedAt = performance.now();
    expectWhole(await pool.send(true), true);
    expect(performance.now() - startedAt).toBeLessThan(4500);
  });

  const broken = async (events: readonly string[]): Promise<ApiAnswer> => {
    // There would be more, but it never comes.
    pool.simulator.setDefault('up-a', { events: [...events, STOP], fail: { how: 'hang', afterEvents: events.length } });
    const startedAt = performance.now();
    const answer = await pool.send(true);
    expect(performance.now() - startedAt).toBeLessThan(2500);
    expect(answer).toMatchObject({ status: 200, isCut: true });
    await pool.simulator.settled('up-a', 1);
    expect(pool.simulator.requests('up-a')[0]?.outcome).toBe('client_abort');
    expect(pool.simulator.requests('up-b')).toHaveLength(0);
    await eventually(async () => ((await pool.availability()).available === false ? true : null));
    return answer;
  };

  it('is cut at its error event, whatever it does behind it', async () => {
    const error = failed('overloaded_error');
    expect(String((await broken([START, DELTA, error + STOP])).body)).toBe(START + DELTA + error);
  });

  it.each(['authentication_error', 'permission_error', 'billing_error'])(
    'does not tell a client to log in when the account is refused in the middle: %s',
    async (type) => {
      const text = String((await broken([START, DELTA, failed(type)])).body);
      expect(text.startsWith(`${START}${DELTA}event: error\n`)).toBe(true);
      expect(text).toContain('"type":"api_error"');
      expect(text).not.toContain(type);
      expect(text).not.toContain('the account speaks');
    },
  );

  describe('asked to count tokens', () => {
    const count = (): Promise<ApiAnswer> =>
      pool.app.call('POST', '/api/v1/messages/count_tokens', { model: 'm', messages: [] }, pool.headers);
    const step = (name: string, fields: object): void => {
      pool.simulator.setDefault(name, { for: 'count_tokens', ...fields });
    };

    it('is passed by when it stays silent', async () => {
      step('up-a', { preset: 'hang' });
      step('up-b', { body: { input_tokens: 7 } });
      expect(await count()).toMatchObject({ status: 200, body: { input_tokens: 7 } });
    });

    it('lets the gateway answer where one account lacks the endpoint and the other fails', async () => {
      step('up-a', { status: 404, error: { type: 'not_found_error', message: 'Not Found' } });
      step('up-b', { preset: 'overloaded' });
      // The second time one account is known to lack it, the third time none is asked.
      for (let time = 0; time < 3; time++) {
        expect(await count()).toMatchObject({ status: 200, body: { input_tokens: expect.any(Number) } });
      }
      expect(pool.simulator.requests('up-a')).toHaveLength(1);
    });
  });
});
