import { openSqliteStore, type SqliteStore } from '@crs/store';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { TestingModule } from '@nestjs/testing';
import { startAccounts } from '../../test/support/account-app.js';
import { CONSOLE_KIND, putAccounts, v1ConsoleRecord } from '../../test/support/account-fixture.js';
import { AccountDirectory } from './account-directory.js';
import { AccountRecovery } from './account-recovery.js';

const START = Date.parse('2026-11-23T04:00:00.000Z');

describe('AccountRecovery', () => {
  let now: number;
  let store: SqliteStore;
  let module: TestingModule;
  let directory: AccountDirectory;
  let sut: AccountRecovery;

  beforeEach(async () => {
    now = START;
    store = openSqliteStore(':memory:', { now: () => now });
    module = await startAccounts({ store, now: () => now });
    directory = module.get(AccountDirectory);
    sut = module.get(AccountRecovery);
    await putAccounts(store, CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }));
  });

  afterEach(async () => {
    await module.close();
    await store.quit();
  });

  const stopped = {
    isActive: 'false',
    schedulable: 'false',
    status: 'rate_limited',
    rateLimitedAt: new Date(START).toISOString(),
    rateLimitStatus: 'limited',
    rateLimitAutoStopped: 'true',
  };
  const stopA = (): Promise<number> => store.hset('claude_console_account:a', stopped);

  it('are shown as marks while they hold', async () => {
    await stopA();
    const found = await directory.find('claude-console', 'a');
    expect(found?.account).toMatchObject({ isActive: true, schedulable: true, status: 'active' });
    expect(found?.marks.v1Stops).toEqual([{ reason: 'rate_limited', until: new Date(START + 30 * 60_000) }]);
    await sut.settled();
    expect(await store.hgetall('claude_console_account:a')).toMatchObject(stopped);
  });

  it('are ended in the record, in the background, when their time is over', async () => {
    await stopA();
    now += 30 * 60_000;
    expect((await directory.find('claude-console', 'a'))?.marks.v1Stops).toEqual([]);
    await sut.settled();
    expect(await store.hgetall('claude_console_account:a')).toMatchObject({
      isActive: 'true',
      schedulable: 'true',
      status: 'active',
      rateLimitedAt: '',
      rateLimitStatus: '',
      rateLimitAutoStopped: '',
    });
  });

  it('for a spent quota hold until the next quota day', async () => {
    const quotaStopped = {
      status: 'quota_exceeded',
      quotaAutoStopped: 'true',
      quotaStoppedAt: stopped.rateLimitedAt,
    };
    await store.hset('claude_console_account:a', quotaStopped);
    const until = new Date('2026-11-23T22:30:00.000Z');
    expect((await directory.find('claude-console', 'a'))?.marks.v1Stops).toEqual([{ reason: 'quota', until }]);
  });

  it('are not ended in the record when v1 has stopped the account again', async () => {
    await stopA();
    now += 30 * 60_000;
    const again = { ...stopped, rateLimitedAt: new Date(now).toISOString() };
    const pipeline = store.pipeline.bind(store);
    jest.spyOn(store, 'pipeline').mockImplementation((commands) => ({
      exec: async () => {
        const replies = await pipeline(commands).exec();
        await store.hset('claude_console_account:a', again);
        return replies;
      },
    }));
    await directory.states('claude-console');
    await sut.settled();
    expect(await store.hgetall('claude_console_account:a')).toMatchObject(again);
  });

  it('are ended for a few accounts at a time, and all in the end', async () => {
    const many = Array.from({ length: 20 }, (_, index) => v1ConsoleRecord({ id: `m${index}`, ...stopped }));
    await putAccounts(store, CONSOLE_KIND, ...many);
    now += 30 * 60_000;
    const runScript = jest.spyOn(store, 'runScript');
    await directory.states('claude-console');
    expect(runScript).toHaveBeenCalledTimes(8);
    await sut.settled();
    for (let reading = 0; reading < 2; reading += 1) {
      now += 1000;
      await directory.states('claude-console');
      await sut.settled();
    }
    expect(runScript).toHaveBeenCalledTimes(20);
    expect(await store.hget('claude_console_account:m19', 'status')).toBe('active');
  });

  it('stay in use when the end cannot be written, and are tried again', async () => {
    await stopA();
    now += 30 * 60_000;
    const runScript = jest.spyOn(store, 'runScript').mockRejectedValueOnce(new Error('store down'));
    expect((await directory.find('claude-console', 'a'))?.account.status).toBe('active');
    await sut.settled();
    expect(await store.hget('claude_console_account:a', 'status')).toBe('rate_limited');
    now += 1000;
    await directory.states('claude-console');
    await sut.settled();
    expect(runScript).toHaveBeenCalledTimes(2);
    expect(await store.hget('claude_console_account:a', 'status')).toBe('active');
  });

  it('are written once, however often the account is read meanwhile', async () => {
    await stopA();
    now += 30 * 60_000;
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const runScript = jest.spyOn(store, 'runScript').mockImplementation(() => held);
    await directory.states('claude-console');
    now += 1000;
    await directory.states('claude-console');
    letGo();
    await sut.settled();
    expect(runScript).toHaveBeenCalledTimes(1);
  });
});
