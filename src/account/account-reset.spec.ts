import { ApiKeyDirectory } from '@crs/extension-api';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { BoundKeys } from '../../test/support/account-app.js';
import { type AccountApi, startAccountApi } from '../../test/support/account-api.js';
import {
  CODEX_KIND,
  CONSOLE_KIND,
  putAccounts,
  v1CodexRecord,
  v1ConsoleRecord,
} from '../../test/support/account-fixture.js';

describe('actions on an account', () => {
  let api: AccountApi;

  beforeEach(async () => {
    api = await startAccountApi();
  });

  afterEach(async () => {
    await api.close();
  });

  describe('DELETE', () => {
    it('answers the account and removes everything about it', async () => {
      const id = await api.create();
      await api.store.set(`temp_unavailable:claude-console:${id}`, '{}');
      const { status, body } = await api.send('DELETE', `claude-console/${id}`);
      expect(status).toBe(200);
      expect(body).toMatchObject({ id, name: 'console-one', boundKeys: 0 });
      const keys = [`claude_console_account:${id}`, 'claude_console_account:index', 'shared_claude_console_accounts'];
      expect(await api.store.exists(...keys, `temp_unavailable:claude-console:${id}`)).toBe(0);
      expect((await api.send('DELETE', `claude-console/${id}`)).status).toBe(404);
    });

    it('answers how many client keys are bound to what was removed, and says so in the log', async () => {
      const id = await api.create();
      await putAccounts(api.store, CODEX_KIND, v1CodexRecord({ id: 'x' }));
      const { counts } = api.get<BoundKeys>(ApiKeyDirectory as never);
      counts.set(`claudeConsoleAccountId=${id}`, 2).set('openaiAccountId=responses:x', 1);
      const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      expect((await api.send('DELETE', `claude-console/${id}`)).body).toMatchObject({ id, boundKeys: 2 });
      expect((await api.send('DELETE', 'codex/x')).body).toMatchObject({ id: 'x', boundKeys: 1 });
      const msg = 'An account was removed that client keys are still bound to: bind them elsewhere';
      expect(warn.mock.calls).toEqual([
        [{ msg, platform: 'claude-console', accountId: id, boundKeys: 2 }],
        [{ msg, platform: 'codex', accountId: 'x', boundKeys: 1 }],
      ]);
      warn.mockRestore();
    });

    it('answers 404 when somebody else was faster', async () => {
      const id = await api.create();
      jest.spyOn(api.store, 'runScript').mockResolvedValueOnce(false);
      expect((await api.send('DELETE', `claude-console/${id}`)).status).toBe(404);
    });
  });

  it.each(['toggle', 'toggle-schedulable', 'reset-rate-limit'])('%s takes no field, by any name', async (action) => {
    const id = await api.create();
    const before = await api.record(id);
    const refused = await api.send('POST', `claude-console/${id}/${action}`, { schedulable: true });
    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'schedulable', message: 'schedulable is not a known field' }] },
    });
    expect(await api.record(id)).toEqual(before);
    expect((await api.send('POST', `claude-console/${id}/${action}`, {})).status).toBe(200);
    expect((await api.send('POST', `claude-console/${id}/${action}`)).status).toBe(200);
  });

  describe('POST /:id/toggle-schedulable', () => {
    it('pauses an account and takes it back', async () => {
      const id = await api.create();
      const toggle = async () =>
        (await api.send('POST', `claude-console/${id}/toggle-schedulable`)).body['schedulable'];
      expect(await toggle()).toBe(false);
      expect(await api.record(id)).toMatchObject({
        schedulable: 'false',
        autoStoppedAt: '',
        quotaAutoStopped: '',
        rateLimitAutoStopped: '',
        stoppedReason: '',
      });
      expect(await toggle()).toBe(true);
      expect((await api.send('POST', 'claude-console/none/toggle-schedulable')).status).toBe(404);
    });

    it('survives the end of a stop that v1 made', async () => {
      await putAccounts(
        api.store,
        CONSOLE_KIND,
        v1ConsoleRecord({
          id: 'a',
          isActive: 'false',
          schedulable: 'true',
          status: 'rate_limited',
          rateLimitedAt: new Date(api.now).toISOString(),
          rateLimitAutoStopped: 'true',
        }),
      );
      await api.send('POST', 'claude-console/a/toggle-schedulable');
      api.now += 3_600_000;
      expect((await api.send('GET', 'claude-console/a')).body).toMatchObject({
        schedulable: false,
        isActive: true,
        status: 'active',
      });
    });
  });

  describe('POST /:id/toggle', () => {
    it('switches an account off and on again, and leaves the rest', async () => {
      const id = await api.create({ schedulable: false });
      const { isActive: _, updatedAt: __, ...before } = await api.record(id);
      const toggle = async () => (await api.send('POST', `claude-console/${id}/toggle`)).body;
      expect(await toggle()).toMatchObject({ isActive: false, schedulable: false });
      expect(await toggle()).toMatchObject({ isActive: true, schedulable: false });
      const { isActive, updatedAt, ...after } = await api.record(id);
      expect([isActive, updatedAt]).toEqual(['true', '2026-11-23T04:00:00.000Z']);
      expect(after).toMatchObject(before);
      expect((await api.send('POST', 'claude-console/none/toggle')).status).toBe(404);
    });

    it('survives the end of a stop that v1 made', async () => {
      await putAccounts(
        api.store,
        CONSOLE_KIND,
        v1ConsoleRecord({
          id: 'a',
          isActive: 'true',
          schedulable: 'false',
          status: 'rate_limited',
          rateLimitedAt: new Date(api.now).toISOString(),
          rateLimitAutoStopped: 'true',
        }),
      );
      await api.send('POST', 'claude-console/a/toggle');
      api.now += 3_600_000;
      expect((await api.send('GET', 'claude-console/a')).body).toMatchObject({
        schedulable: true,
        isActive: false,
        status: 'active',
      });
    });
  });

  describe('POST /:id/reset-rate-limit', () => {
    it('ends every temporary mark, and what v1 stopped by itself is on again', async () => {
      await putAccounts(
        api.store,
        CONSOLE_KIND,
        v1ConsoleRecord({
          id: 'a',
          isActive: 'false',
          schedulable: 'false',
          status: 'account_blocked',
          blockedAt: new Date(api.now).toISOString(),
          blockedAutoStopped: 'true',
          rateLimitedAt: new Date(api.now).toISOString(),
          rateLimitStatus: 'limited',
        }),
      );
      await api.store.set('temp_unavailable:claude-console:a', '{"errorType":"auth_error"}');
      await api.store.hset('v2:account:marks:claude-console:a', { reset: String(api.now + 1e6) });
      expect((await api.send('GET', 'claude-console/a')).body['marks']).toHaveLength(3);
      const { status, body } = await api.send('POST', 'claude-console/a/reset-rate-limit');
      expect(status).toBe(200);
      expect(body).toMatchObject({
        isActive: true,
        schedulable: true,
        status: 'active',
        rateLimitedAt: null,
        marks: [],
      });
      expect((await api.send('GET', 'claude-console/a/availability')).body['available']).toBe(true);
      expect((await api.send('POST', 'claude-console/none/reset-rate-limit')).status).toBe(404);
    });

    it('leaves off what an administrator switched off', async () => {
      const id = await api.create({ isActive: false, schedulable: false });
      const { body } = await api.send('POST', `claude-console/${id}/reset-rate-limit`);
      expect(body).toMatchObject({ isActive: false, schedulable: false });
    });
  });
});
