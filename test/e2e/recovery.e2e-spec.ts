import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { nothingHeld } from '../support/held-leases.ts';
import type { ApiAnswer } from '../support/test-app.ts';
import { expectWhole, questionOf, TwoAccounts } from '../support/two-accounts.ts';

const CROWD = 12;

describe('an account that comes back', () => {
  const pool = TwoAccounts.forSuite({
    marks: { serverErrorSeconds: 1, accountFaultTexts: ['tenant is suspended'], blockedMinutes: 1 },
  });

  const marks = async (): Promise<ApiAnswer['body']> =>
    (await pool.app.api('GET', `/accounts/claude-console/${pool.first}`)).body.marks;
  const failAndComeBack = async (): Promise<void> => {
    pool.simulator.setDefault('up-a', 'server_error');
    expectWhole(await pool.send(false), false);
    expect(await marks()).toMatchObject([{ type: 'cool_down' }]);
    await eventually(async () => ((await pool.availability()).available === true ? true : null));
    pool.simulator.reset();
  };
  /** Each in a session of its own, so that it goes where the next turn is. */
  const sendCrowd = (): Promise<ApiAnswer>[] =>
    Array.from({ length: CROWD }, () =>
      pool.app.call('POST', '/api/v1/messages', questionOf(false), {
        ...pool.headers,
        'x-claude-code-session-id': randomUUID(),
      }),
    );

  it('has one request at first, and twice as many with each that it serves, while the others serve the rest', async () => {
    await failAndComeBack();
    for (const share of [1, 2, 8]) {
      expect(await marks()).toMatchObject([{ type: 'recovering', reason: null, name: String(share) }]);
      pool.simulator.reset();
      pool.simulator.setDefault('up-a', { holdAfterEvents: -1 });
      const answers = sendCrowd();
      try {
        await pool.simulator.held('up-a', share);
        await eventually(() => Promise.resolve(pool.simulator.requests('up-b').length === CROWD - share ? true : null));
      } finally {
        pool.simulator.release('up-a');
      }
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(
        Array.from({ length: CROWD }, () => 200),
      );
      expect(pool.simulator.requests('up-a')).toHaveLength(share);
    }
    expect(await marks()).toEqual([]);
    await nothingHeld(pool.app, pool.keyId, [pool.first, pool.second]);
  });

  it('takes every request where there is no other account', async () => {
    await failAndComeBack();
    await pool.app.api('POST', `/accounts/claude-console/${pool.second}/toggle-schedulable`);
    const answers = await Promise.all(sendCrowd());
    await pool.app.api('POST', `/accounts/claude-console/${pool.second}/toggle-schedulable`);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: CROWD }, () => 200));
    expect(pool.simulator.requests('up-a')).toHaveLength(CROWD);
  });

  it('has its full share at once when an administrator has reset it', async () => {
    await failAndComeBack();
    await pool.app.api('POST', `/accounts/claude-console/${pool.first}/reset-rate-limit`);
    expect(await marks()).toEqual([]);
    await Promise.all(sendCrowd());
    expect(pool.simulator.requests('up-a')).toHaveLength(CROWD);
  });

  it('stays in use for other models where only one is over its rate', async () => {
    const error = { type: 'rate_limit_error', message: 'Rate limit reached (org: o1, model: claude-opus-5-5)' };
    pool.simulator.setDefault('up-a', { status: 429, error });
    expectWhole(await pool.send(false), false);
    expect(await marks()).toMatchObject([{ type: 'model_limited', reason: 'rate_limited', name: 'claude-opus-5-5' }]);
    pool.simulator.reset();
    expect((await pool.availability()).available).toBe(true);
    const other = { ...questionOf(false), model: 'claude-sonnet-5' };
    await pool.app.call('POST', '/api/v1/messages', other, { 'x-api-key': String(pool.headers['x-api-key']) });
    expect(pool.simulator.requests('up-a')).toHaveLength(1);
    await pool.send(false);
    expect(pool.simulator.requests('up-a')).toHaveLength(1);
    expect(pool.simulator.requests('up-b')).toHaveLength(1);
  });

  it('is blamed for a text that the configuration names', async () => {
    const error = { type: 'invalid_request_error', message: 'Sorry: this Tenant is Suspended.' };
    pool.simulator.setDefault('up-a', { status: 400, error });
    expectWhole(await pool.send(true), true);
    expect(await marks()).toMatchObject([{ type: 'cool_down', name: 'blocked', statusCode: 400 }]);
  });
});
