import type { AccountMark, UpstreamAccount } from '@crs/extension-api';
import { openSqliteStore, type SqliteStore, StoreUnavailableError } from '@crs/store';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { TestingModule } from '@nestjs/testing';
import { startAccounts } from '../../test/support/account-app.js';
import {
  CODEX_KIND,
  CONSOLE_KIND,
  putAccounts,
  v1CodexRecord,
  v1ConsoleRecord,
} from '../../test/support/account-fixture.js';
import { AccountDirectory } from './account-directory.js';
import { AccountHealthService } from './account-health.service.js';
import type { AccountState } from './account-state.js';
import { unavailableReasons, type UnavailableReason } from './availability.js';
import { shareOf } from './recovery-ramp.js';

const START = Date.parse('2026-11-23T04:00:00.000Z');
const detail = { requestId: 'req_1', model: 'claude-opus-4-1-20250805', endpoint: 'messages', text: 'Overloaded' };
const overload: AccountMark = { type: 'overload', statusCode: 529 };

describe('AccountHealthService', () => {
  let now: number;
  let store: SqliteStore;
  let module: TestingModule;
  let sut: AccountHealthService;

  beforeEach(async () => {
    now = START;
    store = openSqliteStore(':memory:', { now: () => now });
    module = await startAccounts({ store, now: () => now });
    sut = module.get(AccountHealthService);
    await putAccounts(store, CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }));
    await putAccounts(store, CODEX_KIND, v1CodexRecord({ id: 'x', apiKey: '' }));
  });

  afterEach(async () => {
    await module.close();
    await store.quit();
  });

  const account = async (id = 'a', platform = 'claude-console'): Promise<UpstreamAccount> => {
    const state = await module.get(AccountDirectory).find(platform, id);
    if (state === null) throw new Error(`no account ${id}`);
    return state.account;
  };
  const stateNow = async (): Promise<AccountState> => {
    const state = await module.get(AccountDirectory).find('claude-console', 'a');
    if (state === null) throw new Error('no account');
    return state;
  };
  const reasons = async (endpoint = 'messages', model = detail.model): Promise<UnavailableReason[]> =>
    unavailableReasons(await stateNow(), { now, model, endpoint, excluded: new Set() });
  const share = async (): Promise<number | null> => shareOf((await stateNow()).marks.recovery, now);

  it('takes an account out of use at once, and back when the mark has ended', async () => {
    expect(await reasons()).toEqual([]);
    await sut.mark(await account(), overload, detail);
    expect(await reasons()).toEqual(['cooling_down']);
    now += 599_999;
    expect(await reasons()).toEqual(['cooling_down']);
    now += 1;
    expect(await reasons()).toEqual([]);
  });

  it('writes marks under the name that v1 gives the kind of account', async () => {
    await sut.mark(await account('x', 'codex'), overload, detail);
    expect(await store.exists('temp_unavailable:openai-responses:x', 'error_history:openai-responses:x')).toBe(2);
  });

  it('needs one round trip', async () => {
    const marked = await account();
    const commands = [jest.spyOn(store, 'runScript'), jest.spyOn(store, 'pipeline'), jest.spyOn(store, 'multi')];
    await sut.mark(marked, overload, detail);
    expect(commands.reduce((sum, command) => sum + command.mock.calls.length, 0)).toBe(1);
  });

  it('writes nothing about an account that is protected from marks', async () => {
    await store.hset('claude_console_account:a', { disableAutoProtection: 'true' });
    await sut.mark(await account(), overload, detail);
    expect(await reasons()).toEqual([]);
    expect(await store.exists('error_history:claude-console:a')).toBe(0);
  });

  it('keeps a rate limited account out until the reset that the upstream named, and does not take it for a stop of v1', async () => {
    const resetAt = new Date(START + 2 * 3_600_000);
    await sut.mark(await account(), { type: 'rate_limit', statusCode: 429, resetAt }, detail);
    expect(await reasons()).toEqual(['rate_limited']);
    expect(await store.hgetall('claude_console_account:a')).toMatchObject({
      isActive: 'true',
      schedulable: 'true',
      status: 'active',
      rateLimitedAt: '2026-11-23T04:00:00.000Z',
      rateLimitStatus: 'limited',
    });
    now = resetAt.getTime() - 1;
    expect(await reasons()).toEqual(['rate_limited']);
    now = resetAt.getTime();
    expect(await reasons()).toEqual([]);
  });

  it('parks an account for a quota for seven days at most, under a mark of its own once the one of v1 has ended', async () => {
    const resetAt = new Date(START + 30 * 86_400_000);
    await sut.mark(await account(), { type: 'rate_limit', statusCode: 429, resetAt }, detail);
    now = START + 1_800_001;
    expect(await store.exists('temp_unavailable:claude-console:a')).toBe(0);
    expect(await reasons()).toEqual(['rate_limited']);
    now = START + 7 * 86_400_000 - 1;
    expect(await reasons()).toEqual(['rate_limited']);
    now += 1;
    expect(await reasons()).toEqual([]);
    expect(await share()).toBe(1);
  });

  it('keeps an account in use for other models where only one is over its rate', async () => {
    const resetAt = new Date(START + 60_000);
    await sut.mark(await account(), { type: 'rate_limit', statusCode: 429, resetAt, scope: 'model' }, detail);
    expect(await reasons()).toEqual(['rate_limited']);
    await store.hset('claude_console_account:a', { supportedModels: '{}' });
    module.get(AccountDirectory).forget('claude-console');
    expect(await reasons('messages', 'claude-sonnet')).toEqual([]);
    expect(await account()).toMatchObject({ rateLimitedAt: null });
    now = resetAt.getTime();
    expect(await reasons()).toEqual([]);
    expect(await share()).toBeNull();
  });

  it('keeps an account that lacks an endpoint in use for the others', async () => {
    await sut.mark(
      await account(),
      { type: 'endpoint_missing', statusCode: 404 },
      { ...detail, endpoint: 'count_tokens' },
    );
    expect(await reasons('count_tokens')).toEqual(['cooling_down']);
    expect(await reasons('messages')).toEqual([]);
  });

  describe('while the store takes no marks', () => {
    const away = new StoreUnavailableError('READONLY');
    const refuse = () => jest.spyOn(store, 'runScript').mockRejectedValue(away);

    it('keeps the account out in this process, for a minute at most', async () => {
      const marked = await account();
      refuse();
      await expect(sut.mark(marked, overload, detail)).rejects.toBe(away);
      expect(await reasons()).toEqual(['cooling_down']);
      now += 59_000;
      expect(await reasons()).toEqual(['cooling_down']);
      now += 1000;
      expect(await reasons()).toEqual([]);
    });

    it('keeps it out for one model where only that is concerned', async () => {
      await store.hset('claude_console_account:a', { supportedModels: '{}' });
      const marked = await account();
      refuse();
      const resetAt = new Date(START + 30_000);
      const mark: AccountMark = { type: 'rate_limit', statusCode: 429, resetAt, scope: 'model' };
      await expect(sut.mark(marked, mark, detail)).rejects.toBe(away);
      expect(await reasons()).toEqual(['rate_limited']);
      expect(await reasons('messages', 'another')).toEqual([]);
      now = resetAt.getTime();
      expect(await reasons()).toEqual([]);
    });

    it('goes by what is written once that works again', async () => {
      const marked = await account();
      const refusing = refuse();
      await expect(sut.mark(marked, overload, detail)).rejects.toBe(away);
      refusing.mockRestore();
      await sut.clear('claude-console', 'a');
      expect(await reasons()).toEqual([]);
    });

    it('keeps nothing out for another fault', async () => {
      const marked = await account();
      jest.spyOn(store, 'runScript').mockRejectedValue(new Error('a bug'));
      await expect(sut.mark(marked, overload, detail)).rejects.toThrow('a bug');
      expect(await reasons()).toEqual([]);
    });
  });

  it('says nothing of the secret in the history', async () => {
    await sut.mark(await account(), overload, { ...detail, text: 'bad key sk-console-plain' });
    const [entry = ''] = await store.lrange('error_history:claude-console:a', 0, -1);
    expect(entry).toContain('bad key [redacted]');
    expect(entry).not.toContain('sk-console-plain');
  });

  it('brings back no account that was removed meanwhile', async () => {
    const removed = await account();
    await store.del('claude_console_account:a');
    await sut.mark(removed, { type: 'rate_limit', statusCode: 429 }, detail);
    await sut.recovered({ ...removed, rateLimitedAt: new Date(START) }, true);
    expect(await store.exists('claude_console_account:a', 'temp_unavailable:claude-console:a')).toBe(0);
  });

  it('rejects when the store fails', async () => {
    const marked = await account();
    jest.spyOn(store, 'runScript').mockRejectedValueOnce(new Error('store down'));
    await expect(sut.mark(marked, overload, detail)).rejects.toThrow('store down');
  });

  it('ends every temporary mark when it is told to', async () => {
    await sut.mark(
      await account(),
      { type: 'rate_limit', statusCode: 429, resetAt: new Date(START + 86_400_000) },
      detail,
    );
    await sut.mark(await account(), { type: 'model_missing', statusCode: 404 }, detail);
    expect(await reasons()).toEqual(['rate_limited', 'model']);
    await sut.clear('claude-console', 'a');
    expect(await reasons()).toEqual([]);
  });

  describe('recovered', () => {
    it('clears the note of a rate limit', async () => {
      await sut.mark(await account(), { type: 'rate_limit', statusCode: 429 }, detail);
      await sut.recovered(await account(), false);
      expect(await store.hgetall('claude_console_account:a')).toMatchObject({ rateLimitedAt: '', rateLimitStatus: '' });
      expect((await account()).rateLimitedAt).toBeNull();
    });

    it('costs nothing for an account that was not limited', async () => {
      const healthy = await account();
      const runScript = jest.spyOn(store, 'runScript');
      await sut.recovered(healthy, false);
      expect(runScript).not.toHaveBeenCalled();
    });

    it('doubles the share of a recovering account with each request that it serves, up to all of it', async () => {
      await sut.mark(await account(), overload, detail);
      now += 600_000;
      const shares = [await share()];
      for (let i = 0; i < 5; i += 1) {
        await sut.recovered(await account(), true);
        shares.push(await share());
      }
      expect(shares).toEqual([1, 2, 4, 8, 16, null]);
    });

    it('begins anew after another failure, and is over after ten minutes', async () => {
      await sut.mark(await account(), overload, detail);
      now += 600_000;
      await sut.recovered(await account(), true);
      expect(await share()).toBe(2);
      await sut.mark(await account(), { type: 'connection', statusCode: 0 }, detail);
      await sut.recovered(await account(), true);
      now += 60_000;
      expect(await share()).toBe(1);
      now += 599_999;
      expect(await share()).toBe(1);
      now += 1;
      expect(await share()).toBeNull();
    });

    it('is no matter of an account that is protected from marks, or was reset', async () => {
      await sut.mark(await account(), overload, detail);
      now += 600_000;
      await store.hset('claude_console_account:a', { disableAutoProtection: 'true' });
      module.get(AccountDirectory).forget('claude-console');
      expect(await share()).toBeNull();
      await store.hset('claude_console_account:a', { disableAutoProtection: 'false' });
      module.get(AccountDirectory).forget('claude-console');
      expect(await share()).toBe(1);
      await sut.clear('claude-console', 'a');
      expect(await share()).toBeNull();
    });

    it('leaves a newer note', async () => {
      await sut.mark(await account(), { type: 'rate_limit', statusCode: 429 }, detail);
      const limited = await account();
      now += 5000;
      await sut.mark(limited, { type: 'rate_limit', statusCode: 429 }, detail);
      await sut.recovered(limited, false);
      expect(await store.hget('claude_console_account:a', 'rateLimitedAt')).toBe('2026-11-23T04:00:05.000Z');
    });
  });
});
