import { request } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import type { ApiAnswer } from '../support/test-app.ts';
import { questionOf, TwoAccounts } from '../support/two-accounts.ts';

const idOf = (answer: ApiAnswer): string => answer.headers.get('x-relay-request-id') ?? '';

describe('the log of requests', () => {
  const pool = TwoAccounts.forSuite({ relay: { holdMs: 100 } });

  const show = (id: string): Promise<ApiAnswer> => pool.app.api('GET', `/relay/requests/${encodeURIComponent(id)}`);
  const list = async (query: string): Promise<ApiAnswer['body']> =>
    (await pool.app.api('GET', `/relay/requests?${query}`)).body;
  const idsIn = ({ items }: ApiAnswer['body']): string[] =>
    items.map(({ requestId }: { requestId: string }) => requestId);

  const ask = (stream: boolean, change: object = {}, headers = pool.headers): Promise<ApiAnswer> =>
    pool.app.call('POST', '/api/v1/messages', { ...questionOf(stream), ...change }, headers);

  it.each([true, false])(
    'shows each account that was asked, by either id of the request (stream: %s)',
    async (stream) => {
      pool.simulator.setDefault('up-a', 'overloaded');
      const answer = await ask(stream);
      expect(answer.status).toBe(200);
      const upstreamRequestId = answer.headers.get('request-id') ?? '';
      const { status, body } = await show(idOf(answer));
      expect(status).toBe(200);
      expect(body).toEqual({
        requestId: idOf(answer),
        upstreamRequestId,
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        keyId: pool.keyId,
        keyName: 'test key',
        model: 'claude-opus-5-5',
        endpoint: '/api/v1/messages',
        stream,
        accountId: pool.second,
        end: 'completed',
        status: 200,
        ms: expect.any(Number),
        refusal: null,
        attempts: [
          {
            accountId: pool.first,
            accountName: 'account up-a',
            platform: 'claude-console',
            result: 'status',
            reason: null,
            verdict: 'other_account',
            mark: 'overload',
            status: 529,
            startedAt: expect.stringMatching(/Z$/),
            ms: expect.any(Number),
          },
          expect.objectContaining({ accountId: pool.second, accountName: 'account up-b', result: 'ok', status: null }),
        ],
      });
      expect((await show(upstreamRequestId)).body).toEqual(body);
      expect(idsIn(await list('troubled=true&limit=1'))).toEqual([idOf(answer)]);
      // No account shows in what the client got.
      const seen = JSON.stringify([answer.body, [...answer.headers]]);
      for (const id of [pool.first, pool.second, 'account up-']) expect(seen).not.toContain(id);
    },
  );

  it('shows a request that no account could take, with the words that the client got', async () => {
    for (const id of [pool.first, pool.second])
      await pool.app.api('PUT', `/accounts/claude-console/${id}`, { schedulable: false });
    try {
      const answer = await ask(false);
      expect(answer.status).toBe(503);
      expect((await show(idOf(answer))).body).toMatchObject({
        upstreamRequestId: null,
        accountId: null,
        end: 'failed',
        status: 503,
        refusal: { code: 'no_account', message: answer.body.error.message },
        attempts: [],
      });
      expect(answer.body.error.message).toContain('2 unschedulable');
    } finally {
      for (const id of [pool.first, pool.second])
        await pool.app.api('PUT', `/accounts/claude-console/${id}`, { schedulable: true });
    }
  });

  it('shows a refusal of the upstream, without its words', async () => {
    const error = { type: 'invalid_request_error', message: 'a secret of the prompt' };
    pool.simulator.setDefault('up-a', { status: 400, error });
    const plain = await ask(false);
    pool.simulator.setDefault('up-a', { fail: { how: 'error_event', afterEvents: 0, error } });
    const streamed = await ask(true);
    for (const answer of [plain, streamed]) {
      expect(answer.status).toBe(400);
      const { body } = await show(idOf(answer));
      expect(body).toMatchObject({ end: 'failed', status: 400, attempts: [{ verdict: 'give_up', mark: null }] });
      expect(JSON.stringify(body)).not.toContain('secret');
    }
    expect((await show(plain.headers.get('request-id') ?? '')).body.requestId).toBe(idOf(plain));
    expect((await show(idOf(streamed))).body.refusal).toEqual({ code: 'invalid_request', message: null });
  });

  it('shows an answer that broke off, and never what an upstream calls its error when that is no name', async () => {
    const error = { type: 'all about sk-ant-abcdefghij', message: 'x' };
    pool.simulator.setDefault('up-a', { text: 'x'.repeat(400), fail: { how: 'error_event', afterEvents: 6, error } });
    const answer = await ask(true);
    expect(answer.isCut).toBe(true);
    expect((await show(idOf(answer))).body).toMatchObject({
      accountId: pool.first,
      end: 'upstream_broken',
      status: 200,
      attempts: [{ result: 'broke_off', reason: 'unreadable' }],
    });
  });

  it('shows a client that left', async () => {
    const { id: keyId, key } = await pool.app.key();
    pool.simulator.setDefault('up-a', { holdAfterEvents: -1 });
    const headers = { ...pool.headers, 'x-api-key': key };
    const leaving = request(`${pool.app.url}/api/v1/messages`, { method: 'POST', agent: false, headers });
    leaving.on('error', () => undefined);
    leaving.end(JSON.stringify(questionOf(false)));
    await pool.simulator.held('up-a');
    expect((await list(`keyId=${keyId}`)).total).toBe(0);
    leaving.destroy();
    const entry = await eventually(async () => (await list(`keyId=${keyId}`)).items[0] ?? null);
    expect(entry).toMatchObject({
      end: 'client_gone',
      status: null,
      accountId: null,
      attempts: [{ accountId: pool.first, result: 'given_up', verdict: null }],
    });
  });

  it('lists the requests of a key, the newest first, page by page, and finds those of an account', async () => {
    const { id: keyId, key } = await pool.app.key();
    const headers = { ...pool.headers, 'x-api-key': key };
    const ids: string[] = [];
    pool.simulator.script('up-a', [{}, 'overloaded']);
    for (let at = 0; at < 3; at += 1) ids.unshift(idOf(await ask(false, {}, headers)));
    const all = await list(`keyId=${keyId}`);
    expect(all.total).toBe(3);
    expect(idsIn(all)).toEqual(ids);
    const page = await list(`keyId=${keyId}&offset=1&limit=1`);
    expect(page.total).toBe(3);
    expect(idsIn(page)).toEqual([ids[1]]);
    expect(idsIn(await list(`keyId=${keyId}&troubled=true`))).toEqual([ids[1]]);
    expect(idsIn(await list(`keyId=${keyId}&troubled=false`))).toEqual([ids[0], ids[2]]);
    expect(idsIn(await list(`keyId=${keyId}&accountId=${pool.first}`))).toEqual([ids[1], ids[2]]);
    expect(idsIn(await list(`keyId=${keyId}&accountId=${pool.second}`))).toEqual([ids[0], ids[1]]);
  });

  it('does not log what was refused at the door', async () => {
    const limited = await pool.app.key({ permissions: ['codex'] });
    const answer = await ask(false, {}, { ...pool.headers, 'x-api-key': limited.key });
    expect(answer.status).toBe(403);
    expect((await show(idOf(answer))).status).toBe(404);
  });

  it('forgets the names of what is gone, not the request', async () => {
    const gone = await pool.app.account(pool.simulator.url, 'up-gone', { accountType: 'dedicated' });
    const { id: keyId, key } = await pool.app.key({ claudeConsoleAccountId: gone });
    const answer = await ask(false, {}, { ...pool.headers, 'x-api-key': key });
    await pool.app.api('PUT', `/keys/${keyId}`, { claudeConsoleAccountId: null });
    expect((await pool.app.api('DELETE', `/accounts/claude-console/${gone}`)).status).toBe(200);
    await pool.app.api('DELETE', `/keys/${keyId}`);
    expect((await pool.app.api('DELETE', `/keys/${keyId}/permanent`)).status).toBe(200);
    expect((await show(idOf(answer))).body).toMatchObject({
      keyId,
      keyName: null,
      accountId: gone,
      attempts: [{ accountId: gone, accountName: null }],
    });
  });

  it.each(['req_0123456789abcdef0123456789abcdef', 'recent', 'caf\u00e9', '/%2F:~'])(
    'says of %s that it keeps requests for a day',
    async (id) => {
      const { status, body } = await show(id);
      expect(status).toBe(404);
      expect(body).toMatchObject({ title: 'Not Found', detail: expect.stringContaining('24 hours') });
      expect(body.detail.length).toBeLessThan(400);
    },
  );

  it.each(['limit=0', 'limit=201', 'troubled=maybe', 'status=500', 'keyId=a&keyId=b'])('refuses ?%s', async (query) => {
    expect((await pool.app.api('GET', `/relay/requests?${query}`)).status).toBe(400);
  });

  it.each(['', '/req_1'])('is for administrators only (%s)', async (path) => {
    expect((await pool.app.call('GET', `/api/v2/relay/requests${path}`, undefined, pool.headers)).status).toBe(401);
  });
});
