import { request } from 'node:http';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import type { TestApp } from '../support/test-app.ts';
import { expectWhole, questionOf, TwoAccounts } from '../support/two-accounts.ts';

describe('at the edges of failing over', () => {
  const pool = TwoAccounts.forSuite({ relay: { idleTimeoutMs: 800, firstByteTimeoutMs: 800, holdMs: 100 } });

  it.each([
    ['invalid_request_error', 400],
    ['not_found_error', 404],
    ['request_too_large', 413],
  ])('tells what only the client can mend when it comes as the first event: %s', async (type, status) => {
    const error = { type, message: 'max_tokens: too large' };
    pool.simulator.setDefault('up-a', { fail: { how: 'error_event', afterEvents: 0, error } });
    expect(await pool.send(true)).toMatchObject({ status, body: { error } });
    expect(pool.simulator.requests('up-b')).toHaveLength(0);
  });

  it('tells a refusal as an error when pings have been sent already', async () => {
    pool.simulator.setDefault('up-a', {
      status: 400,
      delayMs: 200,
      error: { type: 'invalid_request_error', message: 'too long' },
    });
    const answer = await pool.send(true);
    expect(answer.isCut).toBe(true);
    expect(String(answer.body)).toMatch(
      /^event: ping\ndata: [^\n]*\n\nevent: error\ndata: [^\n]*"message":"too long"[^\n]*\n\n$/,
    );
  });

  it('says in its own words that nobody has the model', async () => {
    for (const name of ['up-a', 'up-b'])
      pool.simulator.setDefault(name, { status: 404, error: { type: 'not_found_error', message: 'model: nope' } });
    const answer = await pool.send(false);
    expect(answer).toMatchObject({ status: 404, body: { error: { type: 'not_found_error' } } });
    expect(answer.body.error.message).toMatch(/^No upstream account has the model /);
  });

  it.each(['cut', 'hang'] as const)('believes a status whose body does not come whole (%s)', async (how) => {
    pool.simulator.setDefault('up-a', {
      preset: 'rate_limited',
      headers: { 'retry-after': '40' },
      fail: { how, afterEvents: 1 },
    });
    expectWhole(await pool.send(true), true);
    const availability = await pool.availability();
    expect(availability.reasons).toEqual(['rate_limited']);
    expect(Date.parse(availability.retryAt)).toBeGreaterThan(Date.now() + 25_000);
  });

  it('refuses an answer that is too large to hold, and buys it only once', async () => {
    for (const name of ['up-a', 'up-b']) pool.simulator.setDefault(name, { textBytes: 33 * 1024 * 1024 });
    expect(await pool.send(false)).toMatchObject({ status: 502, body: { error: { type: 'api_error' } } });
    expect(pool.simulator.requests('up-b')).toHaveLength(0);
  });

  it('ends an answer that is whole although the upstream goes on', async () => {
    const hang = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
    const events = [
      'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}}\n\n',
      hang,
      ...Array.from({ length: 40 }, () => ({ event: 'ping', data: '{"type":"ping"}', delayMs: 100 })),
    ];
    pool.simulator.setDefault('up-a', { events });
    const answer = await pool.send(true);
    expect(answer.isCut).toBe(false);
    expect(String(answer.body)).toContain(hang);
    expect(String(answer.body).match(/event: ping/g)?.length ?? 0).toBeLessThan(20);
    await pool.simulator.settled('up-a', 1);
    expect(pool.simulator.requests('up-a')[0]?.outcome).toBe('client_abort');
  });

  it('counts no tokens itself while accounts only cool down', async () => {
    const step = { preset: 'overloaded', for: 'count_tokens' as const };
    for (const name of ['up-a', 'up-b']) pool.simulator.setDefault(name, step);
    const question = JSON.stringify({ model: 'm', messages: [], stream: true });
    const count = (): ReturnType<TestApp['call']> =>
      pool.app.call('POST', '/api/v1/messages/count_tokens', question, pool.headers);
    expect((await count()).status).toBe(529);
    expect((await count()).status).toBe(503);
  });

  it('takes no notice of `stream` where nothing is streamed', async () => {
    const question = JSON.stringify({ model: 'm', messages: [], stream: true });
    const answer = await pool.app.call('POST', '/api/v1/messages/count_tokens', question, pool.headers);
    expect(answer).toMatchObject({ status: 200, body: { input_tokens: expect.any(Number) } });
  });

  it('notes every attempt of a request under its id', async () => {
    pool.simulator.setDefault('up-a', 'overloaded');
    const answer = await pool.send(true);
    const id = answer.headers.get('x-relay-request-id') ?? '';
    const { body } = await pool.app.api('GET', `/relay/requests/${id}`);
    expect(body.attempts).toEqual([
      expect.objectContaining({
        accountId: pool.first,
        result: 'status',
        status: 529,
        verdict: 'other_account',
        mark: 'overload',
      }),
      expect.objectContaining({ accountId: pool.second, result: 'ok', verdict: null }),
    ]);
  });

  it('books what an upstream has charged when the client leaves before any content', async () => {
    const { key, id } = await pool.app.key();
    pool.simulator.setDefault('up-a', { holdAfterEvents: 1 });
    const leaving = request(`${pool.app.url}/api/v1/messages`, {
      method: 'POST',
      agent: false,
      headers: { ...pool.headers, 'x-api-key': key },
    });
    leaving.on('error', () => undefined);
    leaving.end(JSON.stringify(questionOf(true)));
    await pool.simulator.held('up-a');
    // The gateway has seen message_start once it has answered a request that was sent after it.
    await pool.app.api('GET', `/keys/${id}/stats`);
    leaving.destroy();
    await pool.simulator.settled('up-a', 1);
    const stats = await eventually(async () => {
      const { body: answer } = await pool.app.api('GET', `/keys/${id}/stats`);
      return answer.total.requests === 1 ? answer : null;
    });
    expect(stats.total.inputTokens).toBeGreaterThan(0);
  });

  it('passes an account by whose stored address is none', async () => {
    const store = pool.app.app.get<StoreClient>(STORE_CLIENT);
    const record = keys.account.record('claude_console_account', pool.first);
    const address = (await store.hget(record, 'apiUrl')) ?? '';
    await store.hset(record, { apiUrl: 'no address' });
    await pool.app.api('POST', `/accounts/claude-console/${pool.first}/reset-rate-limit`);
    try {
      expectWhole(await pool.send(true), true);
    } finally {
      await store.hset(record, { apiUrl: address });
    }
  });

  it('takes over from an account that stays silent after pings have been sent', async () => {
    pool.simulator.setDefault('up-a', 'hang_after_head');
    const answer = await pool.send(true);
    expect(String(answer.body)).toMatch(/^event: ping\n/);
    expect(String(answer.body)).toContain('event: message_stop');
  });

  it.each([404, 405, 501])('answers count_tokens itself where every account says %d', async (status) => {
    const step = { status, for: 'count_tokens' as const, error: { type: 'not_found_error', message: 'Not Found' } };
    for (const name of ['up-a', 'up-b']) pool.simulator.setDefault(name, step);
    const question = JSON.stringify({ model: 'm', messages: [] });
    for (const expectedRequests of [2, 2]) {
      const answer = await pool.app.call('POST', '/api/v1/messages/count_tokens', question, pool.headers);
      expect(answer).toMatchObject({ status: 200, body: { input_tokens: Math.ceil(question.length / 4) } });
      expect(pool.simulator.log).toHaveLength(expectedRequests);
    }
    expect((await pool.send(false)).status).toBe(200);
  });
});
