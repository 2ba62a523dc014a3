import { keys } from '@crs/store';
import { describe, expect, it } from '@jest/globals';
import { CODEX_TEXT, CodexPool, codexQuestion, textOf } from '../support/codex-pool.ts';

const PREFIX = 'openai_responses_account';

describe('which codex accounts serve a key', () => {
  const pool = CodexPool.forSuite();

  const send = (key: string): ReturnType<CodexPool['send']> =>
    pool.send(codexQuestion(true), { authorization: `Bearer ${key}`, 'session-id': '' });
  const record = (id: string): Promise<Record<string, string>> => pool.store.hgetall(keys.apiKey.record(id));

  describe('that is bound', () => {
    it('to one account: that one alone, kept as v1 keeps it', async () => {
      const { id, key } = await pool.app.key({ codexAccountId: pool.second });
      expect((await record(id))['openaiAccountId']).toBe(`responses:${pool.second}`);
      expect(textOf(await send(key))).toBe(CODEX_TEXT);
      pool.simulator.setDefault('up-b', 'unavailable');
      expect((await send(key)).status).toBe(503);
      expect(pool.served()).toEqual(['up-b', 'up-b']);
    });

    it('with the pool behind it: others where that one fails', async () => {
      const { key } = await pool.app.key({ codexAccountId: pool.second, dedicatedAccountFallback: true });
      pool.simulator.setDefault('up-b', 'unavailable');
      expect(textOf(await send(key))).toBe(CODEX_TEXT);
      expect(pool.served()).toEqual(['up-b', 'up-a']);
    });

    it('to a group: its members alone, also those that are in no pool', async () => {
      const own = await pool.account('up-g', { accountType: 'group' });
      const group = (await pool.app.api('POST', '/account-groups', { name: 'ours', platform: 'codex' })).body;
      const members = await pool.app.api('PUT', `/account-groups/${group.id}/members`, { accountIds: [own] });
      expect(members.status).toBe(200);
      const { id, key } = await pool.app.key({ codexAccountId: `group:${group.id}` });
      expect((await record(id))['openaiAccountId']).toBe(`group:${group.id}`);
      expect(await pool.store.hget(keys.group.record(group.id), 'platform')).toBe('openai');
      pool.simulator.setDefault('up-g', { text: CODEX_TEXT, deltaChars: 6 });
      expect(textOf(await send(key))).toBe(CODEX_TEXT);
      expect(pool.served()).toEqual(['up-g']);
    });

    it('by v1, to an account that v1 alone could serve: nobody, and says so', async () => {
      const { id, key } = await pool.app.key();
      await pool.store.hset(keys.apiKey.record(id), { openaiAccountId: 'an-oauth-account' });
      const answer = await send(key);
      expect(answer).toMatchObject({ status: 503, body: { error: { message: expect.stringMatching(/is bound to/) } } });
      expect(pool.simulator.log).toEqual([]);
    });
  });

  describe('as v1 has left them', () => {
    /** The answer to a key that is bound to an account with these fields, and what keeps the account out of use. */
    const askLeft = async (fields: Record<string, string>): Promise<{ status: number; reasons: string[] }> => {
      const id = await pool.account('up-left', { accountType: 'dedicated' });
      await pool.store.hset(keys.account.record(PREFIX, id), fields);
      const { key } = await pool.app.key({ codexAccountId: id });
      // A change through the API, so that this process forgets what it has read.
      await pool.app.api('PUT', `/accounts/codex/${id}`, { description: 'as v1 left it' });
      const { reasons } = await pool.availability(id);
      return { status: (await send(key)).status, reasons };
    };
    const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

    it.each<[string, Record<string, string>, string]>([
      ['unauthorized', { status: 'unauthorized' }, 'status'],
      ['error', { status: 'error' }, 'status'],
      ['switched off', { isActive: 'false' }, 'inactive'],
      ['taken out of scheduling', { schedulable: 'false' }, 'unschedulable'],
      [
        'rate limited until its reset',
        { status: 'rateLimited', schedulable: 'false', rateLimitedAt: inMinutes(0), rateLimitResetAt: inMinutes(10) },
        'rate_limited',
      ],
      ['out of quota', { status: 'quotaExceeded', quotaStoppedAt: inMinutes(0) }, 'quota'],
    ])('do not serve: %s', async (_, fields, reason) => {
      const status = reason === 'rate_limited' ? 429 : 503;
      expect(await askLeft(fields)).toEqual({ status, reasons: expect.arrayContaining([reason]) });
      expect(pool.simulator.log).toEqual([]);
    });

    it.each<[string, Record<string, string>]>([
      ['created, and never used', { status: 'created' }],
      [
        'rate limited, and the limit is over',
        { status: 'rateLimited', schedulable: 'false', rateLimitedAt: inMinutes(-70), rateLimitResetAt: inMinutes(-1) },
      ],
      ['out of quota, and its day is over', { status: 'quotaExceeded', quotaStoppedAt: inMinutes(-3 * 24 * 60) }],
    ])('serve: %s', async (_, fields) => {
      expect(await askLeft(fields)).toEqual({ status: 200, reasons: [] });
      expect(pool.served()).toEqual(['up-left']);
    });
  });

  describe('by its permissions', () => {
    it('are stored as v1 names them, and answered as they are named here', async () => {
      const { id, key } = await pool.app.key({ permissions: ['codex'] });
      expect((await record(id))['permissions']).toBe('["openai"]');
      expect((await pool.app.api('GET', `/keys/${id}`)).body.permissions).toEqual(['codex']);
      expect(textOf(await send(key))).toBe(CODEX_TEXT);
      const refused = await pool.app.call(
        'POST',
        '/api/v1/messages',
        { model: 'claude-opus-5-5', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] },
        { 'x-api-key': key },
      );
      expect(refused).toMatchObject({ status: 403, body: { type: 'error', error: { type: 'permission_error' } } });
    });

    it.each([
      ['["openai"]', 200],
      ['openai', 200],
      ['claude,openai', 200],
      ['all', 200],
      ['', 200],
      ['claude', 400],
      ['["gemini"]', 400],
      ['[bad', 400],
    ])('are read as v1 reads %j', async (permissions, status) => {
      const { id, key } = await pool.app.key();
      await pool.store.hset(keys.apiKey.record(id), { permissions });
      expect((await send(key)).status).toBe(status);
    });
  });
});
