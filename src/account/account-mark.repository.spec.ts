import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  CODEX_KIND,
  CONSOLE_KIND,
  putAccounts,
  v1CodexRecord,
  v1ConsoleRecord,
} from '../../test/support/account-fixture.js';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { AccountMarkRepository } from './account-mark.repository.js';
import type { MarkPlan } from './mark-plan.js';
import { FULL_AFTER, RECOVERY_MS } from './recovery-ramp.js';

const RECORD = 'claude_console_account:a';
const COOL_DOWN = 'temp_unavailable:claude-console:a';
const MARKS = 'v2:account:marks:claude-console:a';
const HISTORY = 'error_history:claude-console:a';
const HOUR_MS = 3_600_000;

describeOnEachStore('AccountMarkRepository', (storeOf) => {
  const now = Date.now();
  const plan = (change: Partial<MarkPlan> = {}): MarkPlan => ({
    at: new Date(now),
    coolDown: null,
    named: null,
    recoveryUntil: null,
    historyEntry: '{"status":529}',
    isRateLimit: false,
    ...change,
  });
  const apply = (change: Partial<MarkPlan> = {}, kind = CONSOLE_KIND): Promise<boolean> =>
    new AccountMarkRepository(storeOf()).apply(kind, 'a', plan(change));
  const name = (text: string, ms = HOUR_MS): Partial<MarkPlan> => ({
    named: { name: text, until: new Date(now + ms) },
  });

  beforeEach(async () => {
    await putAccounts(storeOf(), CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }));
  });

  it('writes a cool-down that ends by itself', async () => {
    expect(await apply({ coolDown: { json: '{"errorType":"overload"}', ttlMs: 600_000 } })).toBe(true);
    expect(await storeOf().get(COOL_DOWN)).toBe('{"errorType":"overload"}');
    expect(await storeOf().pttl(COOL_DOWN)).toBeGreaterThan(590_000);
    expect(await storeOf().hgetall(RECORD)).toEqual(v1ConsoleRecord({ id: 'a' }));
  });

  it('replaces a shorter cool-down and never a longer one', async () => {
    await apply({ coolDown: { json: 'first', ttlMs: 300_000 } });
    await apply({ coolDown: { json: 'longer', ttlMs: 1_800_000 } });
    await apply({ coolDown: { json: 'shorter', ttlMs: 60_000 } });
    expect(await storeOf().get(COOL_DOWN)).toBe('longer');
    expect(await storeOf().pttl(COOL_DOWN)).toBeGreaterThan(1_790_000);
  });

  it('replaces a cool-down that never would have ended', async () => {
    await storeOf().set(COOL_DOWN, 'for ever');
    await apply({ coolDown: { json: 'new', ttlMs: 60_000 } });
    expect(await storeOf().get(COOL_DOWN)).toBe('new');
  });

  it('keeps the history newest first, for three days', async () => {
    await apply({ historyEntry: '1' });
    await apply({ historyEntry: '2' });
    expect(await storeOf().lrange(HISTORY, 0, -1)).toEqual(['2', '1']);
    expect(Math.round((await storeOf().pttl(HISTORY)) / 1000)).toBe(3 * 86_400);
  });

  it('keeps the newest 5000 entries of the history', async () => {
    await storeOf().lpush(HISTORY, ...Array.from({ length: 5000 }, (_, index) => `old${index}`));
    await apply({ historyEntry: 'new' });
    expect(await storeOf().llen(HISTORY)).toBe(5000);
    expect(await storeOf().lrange(HISTORY, 0, 0)).toEqual(['new']);
  });

  it('keeps other marks by their names, each to its own end', async () => {
    await apply(name('model:a'));
    await apply(name('reset', 5 * HOUR_MS));
    await apply(name('model:a', HOUR_MS / 2));
    expect(await storeOf().hgetall(MARKS)).toEqual({
      'model:a': String(now + HOUR_MS),
      reset: String(now + 5 * HOUR_MS),
    });
    const ttlMs = await storeOf().pttl(MARKS);
    expect(ttlMs).toBeGreaterThan(4.9 * HOUR_MS);
    await apply(name('model:a', 2 * HOUR_MS));
    expect(await storeOf().hget(MARKS, 'model:a')).toBe(String(now + 2 * HOUR_MS));
    expect(await storeOf().pttl(MARKS)).toBeGreaterThan(4.9 * HOUR_MS);
  });

  it('drops marks that have ended when it writes another', async () => {
    await storeOf().hset(MARKS, { 'model:old': String(now), 'model:odd': 'soon', 'model:new': String(now + 1000) });
    await apply(name('model:a'));
    expect(Object.keys(await storeOf().hgetall(MARKS)).sort()).toEqual(['model:a', 'model:new']);
    expect(await storeOf().pttl(MARKS)).toBeGreaterThan(0);
  });

  it('does not let invented names of models fill the store', async () => {
    const many = Array.from({ length: 200 }, (_, index) => [`model:${index}`, String(now + HOUR_MS)] as const);
    await storeOf().hset(MARKS, Object.fromEntries(many));
    await apply(name('model:one-more'));
    expect(await storeOf().hget(MARKS, 'model:one-more')).toBeNull();
    await apply(name('model:7', 2 * HOUR_MS));
    expect(await storeOf().hget(MARKS, 'model:7')).toBe(String(now + 2 * HOUR_MS));
  });

  it('keeps marks of other kinds however many names of models were made up', async () => {
    const many = Array.from({ length: 200 }, (_, index) => [`model:${index}`, String(now + HOUR_MS)] as const);
    await storeOf().hset(MARKS, Object.fromEntries(many));
    for (const other of ['limited_model:a', 'endpoint:a', 'limited_endpoint:a', 'reset', 'model:one-more'])
      await apply(name(other));
    const stored = Object.keys(await storeOf().hgetall(MARKS)).filter((text) => !/^model:\d+$/.test(text));
    expect(stored.sort()).toEqual(['endpoint:a', 'limited_endpoint:a', 'limited_model:a', 'reset']);
  });

  describe('recovery', () => {
    const recovers = (ms: number): Partial<MarkPlan> => ({ recoveryUntil: new Date(now + ms) });
    const recovery = () => storeOf().hget(MARKS, 'recovery');
    const serve = (after = 0) => new AccountMarkRepository(storeOf()).noteServed(CONSOLE_KIND, 'a', now + after);

    it('stands with the mark that it follows, and outlives it', async () => {
      await apply({ coolDown: { json: 'x', ttlMs: 1000 }, ...recovers(RECOVERY_MS + 1000) });
      expect(await recovery()).toBe(`${String(now + RECOVERY_MS + 1000)}:0`);
      expect(await storeOf().pttl(MARKS)).toBeGreaterThan(RECOVERY_MS - 10_000);
    });

    it('counts what is served, and is over after the fifth request', async () => {
      await apply(recovers(RECOVERY_MS));
      const seen = [];
      for (let i = 0; i < 6; i += 1) seen.push([await serve(), (await recovery())?.split(':')[1] ?? null]);
      expect(seen).toEqual([
        [true, '1'],
        [true, '2'],
        [true, '3'],
        [true, '4'],
        [true, null],
        [false, null],
      ]);
    });

    it('counts each of many requests that are served at once', async () => {
      await apply(recovers(RECOVERY_MS));
      const counted = await Promise.all(Array.from({ length: 20 }, () => serve()));
      expect(counted.filter(Boolean)).toHaveLength(FULL_AFTER);
    });

    it('counts nothing before it begins, after it is over, and of an account that has none', async () => {
      expect(await serve()).toBe(false);
      await apply(recovers(RECOVERY_MS + 1000));
      expect(await serve(999)).toBe(false);
      expect(await serve(RECOVERY_MS + 1000)).toBe(false);
      expect(await serve(1000)).toBe(true);
    });

    it('starts over with each mark, and never ends sooner for it', async () => {
      await apply(recovers(RECOVERY_MS));
      await serve();
      await apply(recovers(RECOVERY_MS / 2));
      expect(await recovery()).toBe(`${String(now + RECOVERY_MS)}:0`);
      await apply(recovers(2 * RECOVERY_MS));
      expect(await recovery()).toBe(`${String(now + 2 * RECOVERY_MS)}:0`);
    });

    it('is left alone by a mark that keeps the account in use, and replaced when it is over or unreadable', async () => {
      await apply(recovers(RECOVERY_MS));
      await serve();
      await apply(name('model:a'));
      expect(await recovery()).toBe(`${String(now + RECOVERY_MS)}:1`);
      for (const old of [`${String(now)}:3`, 'soon', String(now + 9e9)]) {
        await storeOf().hset(MARKS, { recovery: old });
        await apply(name('model:b'));
        expect(await recovery()).toBeNull();
      }
    });

    it('has its place beside any number of other marks', async () => {
      const many = Array.from(
        { length: 199 },
        (_, index) => [`model:${String(index)}`, String(now + HOUR_MS)] as const,
      );
      await storeOf().hset(MARKS, Object.fromEntries(many));
      await apply(recovers(RECOVERY_MS));
      await apply(name('model:the-last'));
      await apply(name('model:one-more'));
      await apply(recovers(RECOVERY_MS));
      expect(await storeOf().hget(MARKS, 'model:the-last')).not.toBeNull();
      expect(await storeOf().hget(MARKS, 'model:one-more')).toBeNull();
      expect(await recovery()).not.toBeNull();
    });
  });

  it('notes a rate limit in the record', async () => {
    await apply({ isRateLimit: true });
    expect(await storeOf().hgetall(RECORD)).toEqual(
      v1ConsoleRecord({ id: 'a', rateLimitedAt: new Date(now).toISOString(), rateLimitStatus: 'limited' }),
    );
  });

  it.each([
    [CONSOLE_KIND, v1ConsoleRecord({ id: 'a', status: 'rate_limited', rateLimitedAt: 'then' })],
    [CONSOLE_KIND, v1ConsoleRecord({ id: 'a', rateLimitAutoStopped: 'true', rateLimitedAt: 'then' })],
    [CODEX_KIND, v1CodexRecord({ id: 'a', status: 'rateLimited', rateLimitedAt: 'then' })],
  ])('leaves alone the time of a stop that v1 made', async (kind, record) => {
    await putAccounts(storeOf(), kind, record);
    expect(await apply({ isRateLimit: true }, kind)).toBe(true);
    expect(await storeOf().hgetall(`${kind.recordPrefix}:a`)).toEqual(record);
  });

  it('writes nothing about an account that is gone', async () => {
    await storeOf().del(RECORD);
    expect(await apply({ coolDown: { json: 'x', ttlMs: 1000 }, ...name('reset'), isRateLimit: true })).toBe(false);
    expect(await storeOf().exists(RECORD, COOL_DOWN, MARKS, HISTORY)).toBe(0);
  });

  it('clears every temporary mark and keeps the history', async () => {
    await apply({ coolDown: { json: 'x', ttlMs: 1000 }, ...name('reset') });
    await new AccountMarkRepository(storeOf()).clear(CONSOLE_KIND, 'a');
    expect(await storeOf().exists(COOL_DOWN, MARKS)).toBe(0);
    expect(await storeOf().llen(HISTORY)).toBe(1);
  });
});
