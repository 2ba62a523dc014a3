import { randomUUID } from 'node:crypto';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import type { StepLike } from '../support/simulator/step.ts';
import type { ApiAnswer } from '../support/test-app.ts';
import { expectWhole, questionOf, TwoAccounts } from '../support/two-accounts.ts';

const WHOLE = { text: 'The whole answer, in several pieces.', deltaChars: 6 };
const soon: StepLike = { preset: 'rate_limited_no_reset', headers: { 'x-ratelimit-reset-requests': '300ms' } };
const later: StepLike = { preset: 'rate_limited_no_reset', headers: { 'retry-after': '5' } };

describe('a rate limit that ends in a moment', () => {
  const pool = TwoAccounts.forSuite({ relay: { holdMs: 100, maxAttempts: 2 } });

  beforeEach(() => {
    pool.simulator.setDefault('up-a', WHOLE);
  });

  const store = (): StoreClient => pool.app.app.get<StoreClient>(STORE_CLIENT);
  const asked = (): number[] => ['up-a', 'up-b'].map((name) => pool.simulator.requests(name).length);

  /** The session is with the first account from here on. */
  const warmUp = async (): Promise<void> => {
    expectWhole(await pool.send(false), false);
    expect(asked()).toEqual([1, 0]);
  };

  const attemptsOf = async (answer: ApiAnswer): Promise<unknown> => {
    const id = answer.headers.get('x-relay-request-id') ?? '';
    return (await pool.app.api('GET', `/relay/requests/${id}`)).body.attempts;
  };

  const limited = (): object => ({ accountId: pool.first, status: 429, verdict: 'other_account', mark: 'rate_limit' });

  it.each([true, false])('is waited for where the session has its cache (stream: %s)', async (stream) => {
    await warmUp();
    pool.simulator.script('up-a', [soon]);
    const answer = await pool.send(stream);
    expectWhole(answer, stream);
    expect(asked()).toEqual([3, 0]);
    // The client of a stream hears something meanwhile.
    if (stream) expect(String(answer.body)).toMatch(/^event: ping\n/);
    expect(await attemptsOf(answer)).toMatchObject([limited(), { accountId: pool.first, result: 'ok' }]);
  });

  it('is not waited for before it has ended', async () => {
    await warmUp();
    pool.simulator.script('up-a', [soon]);
    await pool.send(false);
    const [, first, second] = pool.simulator.requests('up-a');
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(300);
  });

  it('is waited for once; then the next account is asked', async () => {
    await warmUp();
    pool.simulator.script('up-a', [soon, soon]);
    const answer = await pool.send(true);
    expectWhole(answer, true);
    expect(asked()).toEqual([3, 1]);
    expect(await attemptsOf(answer)).toMatchObject([limited(), limited(), { accountId: pool.second, result: 'ok' }]);
  });

  it('costs none of the accounts that a request may ask', async () => {
    await warmUp();
    pool.simulator.setDefault('up-b', 'overloaded');
    pool.simulator.script('up-a', [soon, soon]);
    expect((await pool.send(false)).status).toBe(429);
    expect(asked()).toEqual([3, 1]);
  });

  it('is not waited for without a session', async () => {
    const { 'x-claude-code-session-id': _, ...headers } = pool.headers;
    pool.simulator.script('up-a', [soon]);
    const question = { ...questionOf(false), messages: [{ role: 'user', content: 'Nothing that was said before' }] };
    expectWhole(await pool.app.call('POST', '/api/v1/messages', question, headers), false);
    expect(asked()).toEqual([1, 1]);
  });

  it('is not waited for where the session has just begun', async () => {
    pool.simulator.script('up-a', [soon]);
    expectWhole(await pool.send(false), false);
    expect(asked()).toEqual([1, 1]);
  });

  it('is not waited for when it lasts longer', async () => {
    await warmUp();
    pool.simulator.script('up-a', [later]);
    expectWhole(await pool.send(false), false);
    expect(asked()).toEqual([2, 1]);
  });

  it('lets few of those who waited back at once; the others go on to the next account', async () => {
    const sessions = Array.from({ length: 12 }, () => ({ ...pool.headers, 'x-claude-code-session-id': randomUUID() }));
    const sendAll = (): Promise<ApiAnswer[]> =>
      Promise.all(sessions.map((headers) => pool.app.call('POST', '/api/v1/messages', questionOf(false), headers)));
    await sendAll();
    expect(asked()).toEqual([12, 0]);
    pool.simulator.script('up-a', [{ ...soon, delayMs: 200, times: 12 }]);
    pool.simulator.setDefault('up-a', { ...WHOLE, delayMs: 300 });
    for (const answer of await sendAll()) expectWhole(answer, false);
    const [, second = 0] = asked();
    expect(second).toBeGreaterThanOrEqual(9);
    expect(second).toBeLessThanOrEqual(11);
  });

  it.each([true, false])(
    'is waited for by a request of the session that comes meanwhile (stream: %s)',
    async (stream) => {
      await warmUp();
      pool.simulator.script('up-a', [soon]);
      const other = { ...pool.headers, 'x-claude-code-session-id': randomUUID() };
      expectWhole(await pool.app.call('POST', '/api/v1/messages', questionOf(false), other), false);
      expect((await pool.availability()).available).toBe(false);
      expectWhole(await pool.send(stream), stream);
      expect(asked()).toEqual([3, 1]);
      // The session has kept its account.
      expectWhole(await pool.send(false), false);
      expect(asked()).toEqual([4, 1]);
    },
  );

  it('leaves the request its one slot of the account, and none behind it', async () => {
    const slots = (id: string): Promise<string[]> => store().zrange(keys.limits.accountConcurrency(id), 0, -1);
    const limit = (id: string, maxConcurrentTasks: number): Promise<ApiAnswer> =>
      pool.app.api('PUT', `/accounts/claude-console/${id}`, { maxConcurrentTasks });
    for (const id of [pool.first, pool.second]) await limit(id, 1);
    try {
      await warmUp();
      pool.simulator.script('up-a', [soon, { ...soon, holdAfterEvents: -1 }]);
      pool.simulator.setDefault('up-b', { holdAfterEvents: -1 });
      const running = pool.send(false);
      await eventually(async () => ((await pool.availability()).available === false ? true : null));
      const waiting = await slots(pool.first);
      expect(waiting).toHaveLength(1);
      await pool.simulator.held('up-a');
      expect(await slots(pool.first)).toEqual(waiting);
      pool.simulator.release('up-a');
      await pool.simulator.held('up-b');
      expect(await slots(pool.first)).toEqual([]);
      expect(await slots(pool.second)).toEqual(waiting);
      pool.simulator.release('up-b');
      expect((await running).status).toBe(200);
      expect(await slots(pool.second)).toEqual([]);
    } finally {
      for (const id of [pool.first, pool.second]) await limit(id, 0);
    }
  });
});
