import { openSqliteStore, type RedisStore, type StoreClient } from '@crs/store';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CONSOLE_KIND, FakeConsolePlatform, v1ConsoleRecord } from '../../../test/support/account-fixture.js';
import { openRedisStore } from '../../../test/support/each-store.js';
import { findRedisServer, type RedisServer, startRedisServer } from '../../../test/support/redis-server.js';
import { type DumpedKey, dumpStore } from '../../../test/support/store-dump.js';
import { AccountMarkRepository } from '../account-mark.repository.js';
import { AccountRepository } from '../account.repository.js';
import { newGroupRecord } from '../groups/account-group.js';
import type { GroupFamily } from '../groups/group-families.js';
import { GroupRepository } from '../groups/group.repository.js';
import { changeMembers } from '../groups/scripts/change-members.script.js';
import { removeGroup } from '../groups/scripts/remove-group.script.js';
import { updateGroup } from '../groups/scripts/update-group.script.js';
import { markAccount } from './mark-account.script.js';
import { noteServed } from './note-served.script.js';
import { removeAccount } from './remove-account.script.js';
import { updateAccount } from './update-account.script.js';

type Step = (store: StoreClient) => Promise<unknown>;

const NOW = Date.now();
const id = fc.constantFrom('a', 'b');
const field = fc.constantFrom('status', 'name', 'rateLimitAutoStopped', '模型');
const value = fc.constantFrom('active', 'rate_limited', 'true', '');
const fields = fc.dictionary(field, value, { noNullPrototype: true });
const minutes = fc.constantFrom(1, 20, 300);

const CLAUDE: GroupFamily = {
  service: 'claude',
  storedPlatform: 'claude',
  platforms: [{ name: 'claude-console', platform: new FakeConsolePlatform() }],
};
const group = fc.constantFrom('g', 'h');

const groupSteps: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(group, value).map(([groupId, description]): Step => {
    const settings = { name: groupId, description, storedPlatform: 'claude' };
    return (store) => new GroupRepository(store).insert(groupId, newGroupRecord(groupId, settings, new Date(NOW)));
  }),
  fc.tuple(group, fc.constantFrom('add', 'remove', 'replace'), fc.uniqueArray(fc.constantFrom('a', 'b', 'c'))).map(
    ([groupId, change, accounts]): Step =>
      (store) =>
        new GroupRepository(store).changeMembers(groupId, CLAUDE, change, accounts),
  ),
  fc.tuple(group, value).map(
    ([groupId, name]): Step =>
      (store) =>
        new GroupRepository(store).update(groupId, { name }),
  ),
  group.map(
    (groupId): Step =>
      (store) =>
        new GroupRepository(store).remove(groupId),
  ),
);

const steps: fc.Arbitrary<Step> = fc.oneof(
  groupSteps,
  fc.tuple(id, fields, fields, fc.constantFrom(true, false, null)).map(
    ([account, patch, expected, isShared]): Step =>
      (store) =>
        new AccountRepository(store).update(CONSOLE_KIND, account, {
          patch,
          expected,
          ...(isShared !== null && { isShared }),
        }),
  ),
  fc
    .record({
      account: id,
      cool: fc.option(minutes),
      mark: fc.option(fc.tuple(fc.constantFrom('model:', 'limited_model:', 'reset'), value, minutes)),
      recovers: fc.option(minutes),
      isRateLimit: fc.boolean(),
    })
    .map(
      ({ account, cool, mark, recovers, isRateLimit }): Step =>
        (store) =>
          new AccountMarkRepository(store).apply(CONSOLE_KIND, account, {
            at: new Date(NOW),
            coolDown: cool === null ? null : { json: `{"minutes":${cool}}`, ttlMs: cool * 60_000 },
            named: mark === null ? null : { name: mark[0] + mark[1], until: new Date(NOW + mark[2] * 60_000) },
            recoveryUntil: recovers === null ? null : new Date(NOW + recovers * 60_000),
            historyEntry: `{"cool":${String(cool)}}`,
            isRateLimit,
          }),
    ),
  fc.tuple(id, fc.constantFrom(0, 10, 20, 299, 300)).map(
    ([account, after]): Step =>
      (store) =>
        new AccountMarkRepository(store).noteServed(CONSOLE_KIND, account, NOW + after * 60_000),
  ),
  id.map(
    (account): Step =>
      (store) =>
        new AccountRepository(store).remove(CONSOLE_KIND, account),
  ),
  id.map(
    (account): Step =>
      (store) =>
        new AccountRepository(store).insert(CONSOLE_KIND, account, v1ConsoleRecord({ id: account }), true),
  ),
);

/** Lives differ by the time between the two runs; the lives that are written differ by much more. */
const comparable = ({ type, ttlSeconds, value: held }: DumpedKey): object => ({
  type,
  lives: ttlSeconds === null ? null : Math.round((ttlSeconds - 30) / 300),
  value: held,
});

const comparableDump = async (store: StoreClient): Promise<object> =>
  Object.fromEntries(Object.entries(await dumpStore(store)).map(([key, dumped]) => [key, comparable(dumped)]));

const run = async (store: StoreClient, sequence: readonly Step[]): Promise<unknown> => {
  const replies: unknown[] = [];
  for (const step of sequence) replies.push(await step(store));
  return { replies, dump: await comparableDump(store) };
};

describe('the scripts of accounts', () => {
  const program = findRedisServer();
  if (program === null) {
    it.todo('do the same in Redis and in the embedded store (there is no redis-server on this machine)');
  } else {
    let server: RedisServer;
    let redis: RedisStore;

    beforeAll(async () => {
      server = await startRedisServer(program);
      redis = await openRedisStore(server);
    });
    afterAll(async () => {
      await redis.quit();
      await server.stop();
    });

    it('do the same in Redis and in the embedded store', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { maxLength: 16 }), async (sequence) => {
          await redis.flushall();
          const embedded = openSqliteStore(':memory:');
          try {
            expect(await run(embedded, sequence)).toEqual(await run(redis, sequence));
          } finally {
            await embedded.quit();
          }
        }),
        { numRuns: 300 },
      );
    });
  }

  it('change nothing when they are told nothing', async () => {
    const store = openSqliteStore(':memory:');
    expect(await store.runScript(updateAccount, [], [])).toBe('missing');
    expect(await store.runScript(markAccount, [], [])).toBe(false);
    expect(await store.runScript(noteServed, [], [])).toBe(false);
    expect(await store.runScript(removeAccount, [], [])).toBe(false);
    expect(await store.runScript(changeMembers, [], [])).toBeNull();
    expect(await store.runScript(updateGroup, [], [])).toBe(false);
    expect(await store.runScript(removeGroup, [], [])).toBeNull();
    expect(await dumpStore(store)).toEqual({});
    await store.quit();
  });

  it('refuse a reply that they cannot have given', () => {
    expect(() => updateAccount.parse(7)).toThrow('update-account answered 7');
  });

  it('take a value that was left out for an empty one', async () => {
    const store = openSqliteStore(':memory:');
    await store.hset('r', { a: '1' });
    await store.runScript(updateAccount, ['r', 's'], ['id', 'keep', 0, 'a']);
    expect(await store.hgetall('r')).toEqual({ a: '' });
    await store.quit();
  });
});
