import type { AccountKind } from '@crs/extension-api';
import { keys, type StoreClient, type StoreCommand } from '@crs/store';
import { Logger } from '@nestjs/common';
import { beforeEach, expect, it, jest } from '@jest/globals';
import { BoundKeys } from '../../../test/support/account-app.js';
import {
  CODEX_KIND,
  CONSOLE_KIND,
  putAccounts,
  v1CodexRecord,
  v1ConsoleRecord,
} from '../../../test/support/account-fixture.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { dumpStore } from '../../../test/support/store-dump.js';
import type { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { NOT_SERVED_KINDS } from './not-served-kinds.js';
import { NotServedNotice } from './not-served.notice.js';
import { NotServedRepository } from './not-served.repository.js';
import { NotServedService } from './not-served.service.js';

const ALL = { offset: 0, limit: 200 };
const SECRETS = {
  email: 'somebody@example.com',
  accessToken: 'secret-access',
  refreshToken: 'secret-refresh',
  apiKey: 'secret-key',
};

describeOnEachStore('the accounts that are not served', (storeOfCase) => {
  let store: StoreClient;
  let boundKeys: BoundKeys;
  let sut: NotServedService;
  const signal = new AbortController().signal;

  beforeEach(() => {
    store = storeOfCase();
    boundKeys = new BoundKeys();
    sut = createSut(CONSOLE_KIND, CODEX_KIND);
  });

  const createSut = (...served: AccountKind[]): NotServedService => {
    const platforms = {
      list: () => served.map((account) => ({ platform: { account } })),
    } as unknown as PlatformRegistry;
    return new NotServedService(new NotServedRepository(store), platforms, boundKeys);
  };

  const put = async (prefix: string, id: string, change: Record<string, string> = {}): Promise<void> => {
    await store.hset(keys.account.record(prefix, id), { ...SECRETS, id, name: `name of ${id}`, ...change });
  };
  const putBedrock = async (id: string, json: unknown): Promise<void> => {
    await store.set(keys.account.record('bedrock_account', id), JSON.stringify(json));
  };
  const index = (prefix: string, ...ids: string[]): Promise<number> => store.sadd(keys.account.index(prefix), ...ids);
  const listed = async (): Promise<string[]> =>
    (await sut.list(ALL, signal)).items.map(({ kind, id }) => `${kind.kind} ${id}`);

  it('are one of each kind, with a reason and nothing that is secret', async () => {
    for (const { recordPrefix, format } of NOT_SERVED_KINDS) {
      if (format === 'hash') await put(recordPrefix, 'a', { isActive: 'true', accountType: 'dedicated' });
    }
    await putBedrock('a', { ...SECRETS, name: 'name of a', isActive: true, accountType: 'dedicated' });
    const { items, total } = await sut.list(ALL, signal);
    expect(total).toBe(NOT_SERVED_KINDS.length);
    expect(items).toEqual(
      NOT_SERVED_KINDS.map((kind) => ({
        ...{ kind, id: 'a', name: 'name of a', accountType: 'dedicated', isActive: true, boundKeys: 0 },
      })),
    );
    expect(JSON.stringify(items)).not.toMatch(/secret|example\.com/);
    expect(new Set(NOT_SERVED_KINDS.map(({ reason }) => reason)).size).toBeGreaterThan(5);
  });

  it('are found without an index, by the index, and not where v1 says that there are none', async () => {
    await put('openai:account', 'unindexed');
    await put('claude:account', 'indexed');
    await index('claude:account', 'indexed', 'gone');
    await put('droid:account', 'unbelieved');
    await store.set(keys.account.indexEmpty('droid:account'), '1');
    expect(await listed()).toEqual(['claude indexed', 'openai unindexed']);
  });

  it('are none of those that are served, nor what only looks like an account', async () => {
    await putAccounts(store, CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }));
    await putAccounts(store, CODEX_KIND, v1CodexRecord({ id: 'a' }));
    await store.set('openai:account:text', 'no hash');
    await store.set(keys.account.index('droid:account'), 'no set');
    await store.sadd('claude:account:set', 'no hash');
    await store.hset('openai:account:a:b', { name: 'two colons' });
    await store.hset('my_openai:account:a', { name: 'another prefix' });
    await store.hset('account_usage:a', { totalRequests: '1' });
    await putBedrock('number', 7);
    await store.set('bedrock_account:broken', '{"name":');
    expect(await listed()).toEqual([]);
  });

  it('are not those for which an extension brings a platform', async () => {
    await put('openai:account', 'a');
    await put('claude:account', 'a');
    sut = createSut(CONSOLE_KIND, { ...CODEX_KIND, recordPrefix: 'openai:account' });
    expect(await listed()).toEqual(['claude a']);
  });

  it('are there with nothing but an id', async () => {
    await store.hset('gemini_account:bare', { id: 'bare' });
    await putBedrock('bare', { isActive: 'no', name: 7 });
    const bare = { name: '', accountType: 'shared', isActive: false };
    expect((await sut.list(ALL, signal)).items).toMatchObject([bare, bare]);
  });

  it('come by kind and name, page by page, with the number of keys that are bound to them', async () => {
    const names = { c: 'alpha', a: 'beta', b: 'beta' };
    for (const [id, name] of Object.entries(names)) await put('gemini_api_account', id, { name });
    await put('claude:account', 'z');
    const { counts } = boundKeys;
    counts.set('geminiAccountId=api:a', 3);
    counts.set('geminiAccountId=c', 9);
    counts.set('claudeAccountId=z', 2);
    expect(await listed()).toEqual(['claude z', 'gemini-api c', 'gemini-api a', 'gemini-api b']);
    expect((await sut.list(ALL, signal)).items.map(({ boundKeys }) => boundKeys)).toEqual([2, 0, 3, 0]);
    const page = await sut.list({ offset: 1, limit: 2 }, signal);
    expect(page).toMatchObject({ total: 4, items: [{ id: 'c' }, { id: 'a' }] });
  });

  it('are not searched for where every kind has its index', async () => {
    for (const { recordPrefix } of NOT_SERVED_KINDS) await index(recordPrefix, 'gone');
    const scan = jest.spyOn(store, 'scan');
    await index('openai:account', 'a');
    await put('openai:account', 'a');
    expect(await listed()).toEqual(['openai a']);
    expect(scan).not.toHaveBeenCalled();
  });

  it('are more than one round trip reads', async () => {
    const ids = Array.from({ length: 501 }, (_, at) => `a${String(at).padStart(3, '0')}`);
    for (const id of ids) await put('ccr_account', id, { name: '' });
    expect((await sut.list({ offset: 500, limit: 5 }, signal)).items.map(({ id }) => id)).toEqual(['a500']);
  });

  it('are found among more keys than one step of the search gives', async () => {
    const others = Array.from({ length: 3000 }, (_, at): StoreCommand => ['set', `other_account:${String(at)}`, '1']);
    await store.pipeline(others).exec();
    await put('openai:account', 'needle');
    expect(await listed()).toEqual(['openai needle']);
  });

  it('are not searched for by somebody who does not wait any more', async () => {
    await expect(sut.count(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  });

  it('are no trouble while the store is away, and none when the gateway stops', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    try {
      const failing = (reason: Error) => ({ count: () => Promise.reject(reason) }) as unknown as NotServedService;
      const notice = new NotServedNotice(failing(new Error('store away')));
      notice.onApplicationBootstrap();
      await notice.told();
      expect(warn).toHaveBeenCalledWith(expect.objectContaining({ cause: 'Error: store away' }));
      warn.mockClear();
      const stopped = new NotServedNotice(failing(new Error('stopped')));
      stopped.onApplicationBootstrap();
      await stopped.onApplicationShutdown();
      expect(warn).not.toHaveBeenCalled();
    } finally {
      warn.mockRestore();
    }
  });

  it('are left exactly as they are', async () => {
    for (const { recordPrefix, format } of NOT_SERVED_KINDS) if (format === 'hash') await put(recordPrefix, 'a');
    await putBedrock('a', SECRETS);
    await index('openai:account', 'a', 'gone');
    const before = await dumpStore(store);
    await sut.list(ALL, signal);
    await sut.count(signal);
    expect(await dumpStore(store)).toEqual(before);
  });

  it('are counted in one line at the start, and not spoken of where there are none', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    try {
      const tell = async (): Promise<readonly unknown[]> => {
        warn.mockClear();
        const notice = new NotServedNotice(sut);
        notice.onApplicationBootstrap();
        await notice.told();
        return warn.mock.calls;
      };
      expect(await tell()).toEqual([]);
      for (const id of ['a', 'b']) await put('openai:account', id);
      await put('claude:account', 'a');
      expect(await tell()).toEqual([[expect.objectContaining({ openai: 2, claude: 1 })]]);
    } finally {
      warn.mockRestore();
    }
  });
});
