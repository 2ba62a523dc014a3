import type { StoreClient } from '@crs/store';
import { expect, it } from '@jest/globals';
import { CODEX_KIND, CONSOLE_KIND, putAccounts, v1ConsoleRecord } from '../../test/support/account-fixture.js';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { AccountRepository } from './account.repository.js';

const INDEX = 'claude_console_account:index';
const EMPTY = 'claude_console_account:index:empty';
const SHARED = 'shared_claude_console_accounts';
const recordKey = (id: string): string => `claude_console_account:${id}`;

/** What v1.1.162 leaves: records without an index. */
async function putOldRecords(store: StoreClient, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await store.hset(recordKey(id), v1ConsoleRecord({ id }));
}

describeOnEachStore('AccountRepository', (storeOf) => {
  const createSut = (): AccountRepository => new AccountRepository(storeOf());

  it('lists what the index names, of its kind only', async () => {
    await putAccounts(storeOf(), CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }), v1ConsoleRecord({ id: 'b' }));
    await putAccounts(storeOf(), CODEX_KIND, v1ConsoleRecord({ id: 'c' }));
    expect([...(await createSut().listIds(CONSOLE_KIND))].sort()).toEqual(['a', 'b']);
  });

  it('fills the index of an old database, leaving out whatever else has such a name', async () => {
    const store = storeOf();
    await putOldRecords(store, 'a', 'b');
    await store.set(recordKey('text'), 'x');
    await store.sadd(recordKey('set'), 'x');
    await store.hset(recordKey('c:extra'), { id: 'c' });
    await store.hset(recordKey(''), { id: '' });
    await store.hset('claude_console_accounts:d', { id: 'd' });
    expect([...(await createSut().listIds(CONSOLE_KIND))].sort()).toEqual(['a', 'b']);
    expect((await store.smembers(INDEX)).sort()).toEqual(['a', 'b']);
    expect(await store.exists(EMPTY)).toBe(0);
  });

  it('finds all records of a large old database', async () => {
    const ids = Array.from({ length: 1200 }, (_, index) => `id-${index}`);
    await storeOf()
      .pipeline(ids.map((id) => ['hset', recordKey(id), 'id', id]))
      .exec();
    expect(await createSut().listIds(CONSOLE_KIND)).toHaveLength(1200);
  });

  it('notes for an hour, as v1 does, that there is none, and does not scan meanwhile', async () => {
    const store = storeOf();
    const sut = createSut();
    expect(await sut.listIds(CONSOLE_KIND)).toEqual([]);
    expect(await store.get(EMPTY)).toBe('1');
    expect(await store.pttl(EMPTY)).toBeGreaterThan(3_590_000);
    await putOldRecords(store, 'late');
    expect(await sut.listIds(CONSOLE_KIND)).toEqual([]);
    await store.del(EMPTY);
    expect(await sut.listIds(CONSOLE_KIND)).toEqual(['late']);
  });

  it('inserts a record with its places in the sets', async () => {
    const store = storeOf();
    const sut = createSut();
    await sut.listIds(CONSOLE_KIND);
    await sut.insert(CONSOLE_KIND, 'a', v1ConsoleRecord({ id: 'a' }), true);
    await sut.insert(CONSOLE_KIND, 'b', v1ConsoleRecord({ id: 'b' }), false);
    expect(await store.hgetall(recordKey('a'))).toEqual(v1ConsoleRecord({ id: 'a' }));
    expect((await store.smembers(INDEX)).sort()).toEqual(['a', 'b']);
    expect(await store.smembers(SHARED)).toEqual(['a']);
    expect(await store.exists(EMPTY)).toBe(0);
    expect(await store.pttl(recordKey('a'))).toBe(-1);
  });

  it('does not hide the accounts of an old database behind the first new one', async () => {
    await putOldRecords(storeOf(), 'old');
    const sut = createSut();
    await sut.insert(CONSOLE_KIND, 'new', v1ConsoleRecord({ id: 'new' }), true);
    expect([...(await sut.listIds(CONSOLE_KIND))].sort()).toEqual(['new', 'old']);
  });

  it('reads a record, or null', async () => {
    await putAccounts(storeOf(), CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }));
    expect(await createSut().findRecord(CONSOLE_KIND, 'a')).toEqual(v1ConsoleRecord({ id: 'a' }));
    expect(await createSut().findRecord(CONSOLE_KIND, 'b')).toBeNull();
  });

  it('changes the given fields only, and moves the account between the shared ones and the others', async () => {
    const store = storeOf();
    const sut = createSut();
    await putAccounts(store, CONSOLE_KIND, v1ConsoleRecord({ id: 'a', unknownToUs: 'kept' }));
    const patch = { accountType: 'dedicated', priority: '1' };
    expect(await sut.update(CONSOLE_KIND, 'a', { patch, isShared: false })).toBe('updated');
    expect(await store.hgetall(recordKey('a'))).toEqual(v1ConsoleRecord({ id: 'a', unknownToUs: 'kept', ...patch }));
    expect(await store.smembers(SHARED)).toEqual([]);
    await sut.update(CONSOLE_KIND, 'a', { patch: {}, isShared: true });
    expect(await store.smembers(SHARED)).toEqual(['a']);
    await sut.update(CONSOLE_KIND, 'a', { patch: { priority: '2' } });
    expect(await store.smembers(SHARED)).toEqual(['a']);
  });

  it('never brings back an account that was removed', async () => {
    const store = storeOf();
    expect(await createSut().update(CONSOLE_KIND, 'gone', { patch: { name: 'x' }, isShared: true })).toBe('missing');
    expect(await store.exists(recordKey('gone'), SHARED, INDEX)).toBe(0);
  });

  it('writes nothing when a field is not as expected', async () => {
    const store = storeOf();
    const sut = createSut();
    await putAccounts(store, CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }));
    const patch = { status: 'error' };
    const update = (expected: Record<string, string>) =>
      sut.update(CONSOLE_KIND, 'a', { patch, expected, isShared: false });
    expect(await update({ status: 'active', name: 'another' })).toBe('changed');
    expect(await update({ rateLimitAutoStopped: 'true' })).toBe('changed');
    expect(await store.hgetall(recordKey('a'))).toEqual(v1ConsoleRecord({ id: 'a' }));
    expect(await store.smembers(SHARED)).toEqual(['a']);
    expect(await update({ status: 'active', rateLimitAutoStopped: '', description: '' })).toBe('updated');
  });

  it('lets one of several decisions on the same state win', async () => {
    await putAccounts(storeOf(), CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }));
    const sut = createSut();
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        sut.update(CONSOLE_KIND, 'a', { patch: { status: `s${index}` }, expected: { status: 'active' } }),
      ),
    );
    expect(results.filter((result) => result === 'updated')).toHaveLength(1);
  });

  it('takes a removed account out of its groups, also those of an old database, and forgets its errors', async () => {
    const store = storeOf();
    const sut = createSut();
    await putAccounts(store, CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }), v1ConsoleRecord({ id: 'b' }));
    await store.sadd('account_groups', 'g', 'old', 'other');
    for (const group of ['g', 'old']) await store.sadd(`account_group_members:${group}`, 'a', 'b');
    await store.sadd('account_group_members:other', 'b');
    await store.sadd('account_groups_reverse:claude:a', 'g');
    await store.sadd('account_groups_reverse:claude:b', 'g');
    await store.lpush('error_history:claude-console:a', '{}');
    expect(await sut.remove(CONSOLE_KIND, 'a')).toBe(true);
    for (const group of ['g', 'old', 'other']) {
      expect(await store.smembers(`account_group_members:${group}`)).toEqual(['b']);
    }
    expect(await store.exists('account_groups_reverse:claude:a', 'error_history:claude-console:a')).toBe(0);
    expect(await store.smembers('account_groups_reverse:claude:b')).toEqual(['g']);
  });

  it('removes a record with its places and marks, once', async () => {
    const store = storeOf();
    const sut = createSut();
    await putAccounts(store, CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }), v1ConsoleRecord({ id: 'b' }));
    await store.set('temp_unavailable:claude-console:a', '{}');
    await store.hset('v2:account:marks:claude-console:a', { reset: '1' });
    expect(await sut.remove(CONSOLE_KIND, 'a')).toBe(true);
    expect(
      await store.exists(recordKey('a'), 'temp_unavailable:claude-console:a', 'v2:account:marks:claude-console:a'),
    ).toBe(0);
    expect(await store.smembers(INDEX)).toEqual(['b']);
    expect(await store.smembers(SHARED)).toEqual(['b']);
    expect(await sut.remove(CONSOLE_KIND, 'a')).toBe(false);
  });
});
