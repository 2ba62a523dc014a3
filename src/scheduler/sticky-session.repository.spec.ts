import { toAccountId } from '@crs/extension-api';
import { keys, openSqliteStore, type SqliteStore, StoreUnavailableError } from '@crs/store';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { testConfig } from '../../test/support/test-config.ts';
import { StickySessionRepository } from './sticky-session.repository.js';

const PREFIX = 'unified_claude_session_mapping:';
const TYPE = 'claude-console';
const DAY_MS = 86_400_000;
const account = toAccountId('account-1');

describe('StickySessionRepository', () => {
  let now: number;
  let store: SqliteStore;
  let sut: StickySessionRepository;

  beforeEach(() => {
    now = Date.parse('2026-11-23T00:00:00Z');
    store = openSqliteStore(':memory:', { now: () => now });
    sut = new StickySessionRepository(store, testConfig(), { now: () => now });
  });

  afterEach(() => store.quit());

  it('finds what was saved, in the format of v1', async () => {
    await sut.save(PREFIX, TYPE, 'hash', account);
    expect(await sut.find(PREFIX, TYPE, 'hash')).toBe(account);
    expect(await store.get('unified_claude_session_mapping:hash')).toBe(
      '{"accountId":"account-1","accountType":"claude-console"}',
    );
  });

  it('forgets a session that was not used for 15 days', async () => {
    await sut.save(PREFIX, TYPE, 'hash', account);
    now += 15 * DAY_MS + 1;
    expect(await sut.find(PREFIX, TYPE, 'hash')).toBeNull();
  });

  it.each([
    ['does not renew a session while 14 days are left', DAY_MS, 14 * DAY_MS],
    ['renews a session that has less than 14 days left', DAY_MS + 1, 15 * DAY_MS],
  ])('%s', async (_, age, left) => {
    await sut.save(PREFIX, TYPE, 'hash', account);
    now += age;
    await sut.find(PREFIX, TYPE, 'hash');
    expect(await store.pttl(keys.session.mapping(PREFIX, 'hash'))).toBe(left);
  });

  it('forgets what it is told to, also for the time that the store is away', async () => {
    await sut.save(PREFIX, TYPE, 'hash', account);
    await sut.forget(PREFIX, TYPE, 'hash');
    expect(await sut.find(PREFIX, TYPE, 'hash')).toBeNull();
    expect(await store.exists(keys.session.mapping(PREFIX, 'hash'))).toBe(0);
    jest.spyOn(store, 'pipeline').mockReturnValue({ exec: () => Promise.reject(new StoreUnavailableError('away')) });
    expect(await sut.find(PREFIX, TYPE, 'hash')).toBeNull();
  });

  it('tells of a session without renewing it', async () => {
    expect(await sut.peek(PREFIX, TYPE, 'hash')).toBeNull();
    await sut.save(PREFIX, TYPE, 'hash', account);
    now += DAY_MS + 1;
    expect(await sut.peek(PREFIX, TYPE, 'hash')).toBe(account);
    expect(await sut.peek(PREFIX, 'claude-official', 'hash')).toBeNull();
    expect(await store.pttl(keys.session.mapping(PREFIX, 'hash'))).toBe(14 * DAY_MS - 1);
  });

  it('does not give a session that never ends an end', async () => {
    await store.set(keys.session.mapping(PREFIX, 'hash'), '{"accountId":"account-1","accountType":"claude-console"}');
    expect(await sut.find(PREFIX, TYPE, 'hash')).toBe(account);
    expect(await store.pttl(keys.session.mapping(PREFIX, 'hash'))).toBe(-1);
  });

  it.each([
    ['another kind of account', '{"accountId":"a","accountType":"claude-official"}'],
    ['no JSON', 'a'],
    ['no object', '7'],
    ['null', 'null'],
    ['no account', '{"accountType":"claude-console"}'],
    ['an empty account', '{"accountId":"","accountType":"claude-console"}'],
    ['no kind', '{"accountId":"a"}'],
  ])('takes a mapping to %s for none', async (_, text) => {
    await store.set(keys.session.mapping(PREFIX, 'hash'), text);
    expect(await sut.find(PREFIX, TYPE, 'hash')).toBeNull();
  });

  it('fails where the key is of another type', async () => {
    await store.sadd(keys.session.mapping(PREFIX, 'hash'), 'x');
    await expect(sut.find(PREFIX, TYPE, 'hash')).rejects.toThrow('WRONGTYPE');
  });

  it('rejects where the batch was discarded, instead of moving the session', async () => {
    const discarding = Object.assign(Object.create(store) as SqliteStore, {
      pipeline: () => ({ exec: () => Promise.resolve(null) }),
    });
    const sut = new StickySessionRepository(discarding, testConfig(), { now: () => now });
    await expect(sut.find(PREFIX, TYPE, 'hash')).rejects.toThrow('discarded');
  });

  it('maps a session as it knew it last while the store is away, and takes one that it does not know for none', async () => {
    await store.set(keys.session.mapping(PREFIX, 'found'), '{"accountId":"a","accountType":"claude-console"}');
    await sut.find(PREFIX, TYPE, 'found');
    const away = new StoreUnavailableError('away');
    jest.spyOn(store, 'pipeline').mockReturnValue({ exec: () => Promise.reject(away) });
    jest.spyOn(store, 'set').mockRejectedValue(away);
    await expect(sut.save(PREFIX, TYPE, 'saved', account)).rejects.toBe(away);
    expect(await sut.find(PREFIX, TYPE, 'found')).toBe('a');
    expect(await sut.find(PREFIX, TYPE, 'saved')).toBe(account);
    expect(await sut.find(PREFIX, 'claude-official', 'saved')).toBeNull();
    expect(await sut.find(PREFIX, TYPE, 'other')).toBeNull();
    now += 60_000;
    expect(await sut.find(PREFIX, TYPE, 'found')).toBeNull();
  });
});
