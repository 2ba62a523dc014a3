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
import { testConfig } from '../../test/support/test-config.js';
import { SecretBox } from '../core/crypto/secret-box.js';
import { AccountDirectory } from './account-directory.js';

const START = Date.parse('2026-11-23T04:00:00.000Z');
/** 12:00 at UTC+8: the quota day that begins at 06:30 began today. */
const QUOTA_KEY = 'v2:account:quota:a:2026-11-23T06:30';

describe('AccountDirectory', () => {
  let now: number;
  let store: SqliteStore;
  let module: TestingModule;
  let sut: AccountDirectory;

  beforeEach(async () => {
    now = START;
    store = openSqliteStore(':memory:', { now: () => now });
    module = await startAccounts({ store, now: () => now });
    sut = module.get(AccountDirectory);
    await putAccounts(store, CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }), v1ConsoleRecord({ id: 'b', priority: '10' }));
  });

  afterEach(async () => {
    await module.close();
    await store.quit();
  });

  const ids = async (platform = 'claude-console'): Promise<string[]> =>
    (await sut.states(platform)).map(({ account }) => account.id);
  const rename = (id: string, name: string): Promise<number> => store.hset(`claude_console_account:${id}`, { name });
  const nameOf = async (id: string): Promise<string | undefined> =>
    (await sut.find('claude-console', id))?.account.name;

  it('gives the accounts of a platform, typed, in the order of priority, then age, then id', async () => {
    const older = { createdAt: '2026-11-01T00:00:00.000Z' };
    await putAccounts(store, CONSOLE_KIND, v1ConsoleRecord({ id: 'd' }), v1ConsoleRecord({ id: 'c', ...older }));
    const undated = ['undated-1', 'undated-2'].map((id) => v1ConsoleRecord({ id, createdAt: '' }));
    await putAccounts(store, CONSOLE_KIND, ...undated);
    await putAccounts(store, CODEX_KIND, v1CodexRecord({ id: 'x' }));
    expect(await ids()).toEqual(['b', 'undated-1', 'undated-2', 'c', 'a', 'd']);
    expect(await ids('codex')).toEqual(['x']);
    const found = await sut.find('claude-console', 'a');
    expect(found?.account).toMatchObject({ platform: 'claude-console', secret: 'sk-console-plain', dailyQuotaUsd: 25 });
    expect(await sut.find('claude-console', 'x')).toBeNull();
  });

  it('rejects for a platform that does not exist', async () => {
    await expect(sut.states('gemini')).rejects.toThrow('There is no platform "gemini"');
  });

  it('answers from memory for less than a second, then asks the store again', async () => {
    expect(await nameOf('a')).toBe('console-one');
    await rename('a', 'renamed');
    now += 999;
    expect(await nameOf('a')).toBe('console-one');
    now += 1;
    expect(await nameOf('a')).toBe('renamed');
  });

  it('asks the store in one round trip when accounts and quota days are the known ones', async () => {
    await sut.states('claude-console');
    now += 1000;
    const pipeline = jest.spyOn(store, 'pipeline');
    const others = [jest.spyOn(store, 'mget'), jest.spyOn(store, 'smembers'), jest.spyOn(store, 'scan')];
    await sut.states('claude-console');
    expect(pipeline).toHaveBeenCalledTimes(1);
    for (const command of others) expect(command).not.toHaveBeenCalled();
  });

  it('asks the store once for everyone who asks at the same time', async () => {
    const pipeline = jest.spyOn(store, 'pipeline');
    const answers = await Promise.all([
      sut.states('claude-console'),
      sut.states('claude-console'),
      sut.find('claude-console', 'a'),
    ]);
    expect(answers[0]).toBe(answers[1]);
    expect(pipeline).toHaveBeenCalledTimes(2);
  });

  it('forgets what it knew after a write, also what was being read then', async () => {
    await sut.states('claude-console');
    await rename('a', 'second');
    sut.forget('claude-console');
    const early = sut.states('claude-console');
    await rename('a', 'third');
    sut.forget('claude-console');
    expect(await nameOf('a')).toBe('third');
    await early;
    expect(await nameOf('a')).toBe('third');
  });

  it('sees accounts come and go', async () => {
    expect(await ids()).toEqual(['b', 'a']);
    await putAccounts(store, CONSOLE_KIND, v1ConsoleRecord({ id: 'c', priority: '99' }));
    await store.srem('claude_console_account:index', 'b');
    await store.del('claude_console_account:a');
    now += 1000;
    expect(await ids()).toEqual(['c']);
    await store.del('claude_console_account:c', 'claude_console_account:index', 'claude_console_account:b');
    now += 1000;
    expect(await ids()).toEqual([]);
  });

  it('finds the accounts of an old database, which has no index', async () => {
    await store.del('claude_console_account:index');
    expect(await ids()).toEqual(['b', 'a']);
    await store.del('claude_console_account:index');
    now += 1000;
    expect(await ids()).toEqual(['b', 'a']);
  });

  it('keeps asking after the store failed', async () => {
    const broken = jest.spyOn(store, 'pipeline').mockImplementation(() => {
      throw new Error('store down');
    });
    await expect(sut.states('claude-console')).rejects.toThrow('store down');
    broken.mockRestore();
    expect(await ids()).toEqual(['b', 'a']);
  });

  describe('while the store is away', () => {
    const goAway = () =>
      jest.spyOn(store, 'pipeline').mockReturnValue({ exec: () => Promise.reject(new StoreUnavailableError('away')) });

    it('gives what it read last, for a minute, and asks once a second whether it is back', async () => {
      await ids();
      const pipeline = goAway();
      now += 1000;
      expect(await ids()).toEqual(['b', 'a']);
      now += 999;
      expect(await ids()).toEqual(['b', 'a']);
      expect(pipeline).toHaveBeenCalledTimes(1);
      now += 59_000;
      expect(await ids()).toEqual(['b', 'a']);
      expect(pipeline).toHaveBeenCalledTimes(2);
      now += 1000;
      await expect(ids()).rejects.toThrow(StoreUnavailableError);
      await expect(ids()).rejects.toThrow(StoreUnavailableError);
      pipeline.mockRestore();
      await rename('a', 'after');
      expect(await nameOf('a')).toBe('after');
    });

    it('gives it also where it was to be forgotten', async () => {
      await ids();
      goAway();
      sut.forget('claude-console');
      expect(await ids()).toEqual(['b', 'a']);
    });

    it('knows nothing of a platform that it has not read', async () => {
      goAway();
      await expect(ids()).rejects.toThrow(StoreUnavailableError);
    });
  });

  it('opens a secret again only when its ciphertext has changed', async () => {
    const box = module.get(SecretBox);
    const sealed = box.seal('sk-sealed', CONSOLE_KIND.secretSalt);
    await store.hset('claude_console_account:a', { apiKey: sealed });
    const open = jest.spyOn(box, 'open');
    await sut.states('claude-console');
    expect(open).toHaveBeenCalledTimes(2);
    now += 1000;
    expect((await sut.find('claude-console', 'a'))?.account.secret).toBe('sk-sealed');
    expect(open).toHaveBeenCalledTimes(2);
    await store.hset('claude_console_account:a', { apiKey: box.seal('sk-new', CONSOLE_KIND.secretSalt) });
    now += 1000;
    expect((await sut.find('claude-console', 'a'))?.account.secret).toBe('sk-new');
    expect(open).toHaveBeenCalledTimes(3);
  });

  it('keeps out of use an account whose secret another encryption key sealed', async () => {
    const foreign = new SecretBox(testConfig({ encryptionKey: 'another-encryption-key-32-chars!!' }));
    await putAccounts(store, CODEX_KIND, v1CodexRecord({ id: 'x', apiKey: foreign.seal('sk', CODEX_KIND.secretSalt) }));
    expect((await sut.find('codex', 'x'))?.account).toMatchObject({ secret: '', status: 'missing_api_key' });
  });

  describe('marks', () => {
    const marksOf = async (id: string) => (await sut.find('claude-console', id))?.marks;

    it('stand beside the account', async () => {
      const until = new Date(START + 60_000);
      await store.set(
        'temp_unavailable:claude-console:a',
        JSON.stringify({ statusCode: 529, errorType: 'overload', expiresAt: until.toISOString() }),
      );
      await store.hset('v2:account:marks:claude-console:a', { 'model:m': String(until.getTime()) });
      expect(await marksOf('a')).toMatchObject({
        coolDown: { type: 'overload', statusCode: 529, until },
        missingModels: new Map([['m', until]]),
        v1Stops: [],
      });
      expect(await marksOf('b')).toMatchObject({ coolDown: null, resetAt: null });
    });

    it('say what was spent in the quota day, which changes at the reset time', async () => {
      await store.set(QUOTA_KEY, '24.5');
      expect(await marksOf('a')).toMatchObject({
        quotaSpentUsd: 24.5,
        quotaResetsAt: new Date('2026-11-23T22:30:00.000Z'),
      });
      await store.set(QUOTA_KEY, '26');
      now += 1000;
      expect(await marksOf('a')).toMatchObject({ quotaSpentUsd: 26 });
      now = Date.parse('2026-11-23T22:30:00.000Z');
      expect(await marksOf('a')).toMatchObject({
        quotaSpentUsd: 0,
        quotaResetsAt: new Date('2026-11-24T22:30:00.000Z'),
      });
    });

    it('follow a quota that was changed', async () => {
      await store.set('v2:account:quota:a:2026-11-23T00:00', '3');
      await sut.states('claude-console');
      await store.hset('claude_console_account:a', { quotaResetTime: '00:00' });
      now += 1000;
      expect(await marksOf('a')).toMatchObject({ quotaSpentUsd: 3 });
      await store.hset('claude_console_account:a', { dailyQuota: '0' });
      now += 1000;
      expect(await marksOf('a')).toMatchObject({ quotaSpentUsd: 0, quotaResetsAt: null });
    });
  });
});
