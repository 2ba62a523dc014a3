import { expect, it } from '@jest/globals';
import {
  CODEX_KIND,
  CONSOLE_KIND,
  FakeCodexPlatform,
  FakeConsolePlatform,
  putAccounts,
  v1CodexRecord,
  v1ConsoleRecord,
} from '../../../test/support/account-fixture.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { AccountRepository } from '../account.repository.js';
import { newGroupRecord } from './account-group.js';
import type { GroupFamily } from './group-families.js';
import { GroupRepository } from './group.repository.js';

const AT = new Date('2026-11-23T04:05:00.266Z');
const CLAUDE: GroupFamily = {
  service: 'claude',
  storedPlatform: 'claude',
  platforms: [{ name: 'claude-console', platform: new FakeConsolePlatform() }],
};
const CODEX: GroupFamily = {
  service: 'codex',
  storedPlatform: 'openai',
  platforms: [{ name: 'codex', platform: new FakeCodexPlatform() }],
};
/** A family of two kinds, as an extension may make one. */
const BOTH: GroupFamily = {
  service: 'claude',
  storedPlatform: 'claude',
  platforms: [...CODEX.platforms, ...CLAUDE.platforms],
};

describeOnEachStore('GroupRepository', (storeOf) => {
  const createSut = (): GroupRepository => new GroupRepository(storeOf());
  const reverse = (platform: string, id: string): Promise<string[]> =>
    storeOf().smembers(`account_groups_reverse:${platform}:${id}`);
  const members = async (id: string): Promise<readonly string[]> => [...(await createSut().listMembers(id))].sort();

  const insert = async (...ids: readonly string[]): Promise<GroupRepository> => {
    const sut = createSut();
    for (const id of ids) {
      const settings = { name: `group ${id}`, description: '', storedPlatform: 'claude' };
      await sut.insert(id, newGroupRecord(id, settings, AT));
    }
    return sut;
  };

  const putConsoles = (...ids: readonly string[]): Promise<void> =>
    putAccounts(storeOf(), CONSOLE_KIND, ...ids.map((id) => v1ConsoleRecord({ id })));

  it('keeps a group as v1 does', async () => {
    const sut = createSut();
    const settings = { name: 'team', description: 'words', storedPlatform: 'openai' };
    await sut.insert('g', newGroupRecord('g', settings, AT));
    expect(await storeOf().hgetall('account_group:g')).toEqual({
      id: 'g',
      name: 'team',
      platform: 'openai',
      description: 'words',
      createdAt: '2026-11-23T04:05:00.266Z',
      updatedAt: '2026-11-23T04:05:00.266Z',
    });
    expect(await storeOf().smembers('account_groups')).toEqual(['g']);
    expect(await sut.find('g')).toEqual({ id: 'g', ...settings, createdAt: AT, updatedAt: AT, memberCount: 0 });
  });

  it('reads what v1 stored, with the number of members, and finds nothing where nothing is', async () => {
    const sut = createSut();
    await storeOf().sadd('account_groups', 'old', 'stale');
    await storeOf().hset('account_group:old', { id: 'old' });
    await storeOf().sadd('account_group_members:old', 'a', 'b');
    const old = { id: 'old', name: '', storedPlatform: '', description: '', createdAt: null, updatedAt: null };
    expect(await sut.list()).toEqual([{ ...old, memberCount: 2 }]);
    expect(await sut.find('stale')).toBeNull();
    expect(await sut.listMembers('stale')).toEqual([]);
  });

  it('lists nothing where there is no group', async () => {
    expect(await createSut().list()).toEqual([]);
  });

  it('changes the given fields only, and never brings back a group that was removed', async () => {
    const sut = await insert('g');
    expect(await sut.update('g', { name: 'new', updatedAt: '2027-01-01T00:00:00.000Z' })).toBe(true);
    expect(await sut.find('g')).toMatchObject({ name: 'new', storedPlatform: 'claude', createdAt: AT });
    expect(await sut.update('gone', { name: 'x' })).toBe(false);
    expect(await storeOf().exists('account_group:gone')).toBe(0);
  });

  it('removes an empty group, and says how many members keep another', async () => {
    await putConsoles('a', 'b');
    const sut = await insert('empty', 'full');
    await sut.changeMembers('full', CLAUDE, 'add', ['a', 'b']);
    expect(await sut.remove('full')).toBe(2);
    expect(await sut.remove('empty')).toBe(0);
    expect(await sut.remove('empty')).toBeNull();
    expect(await storeOf().smembers('account_groups')).toEqual(['full']);
    expect(await storeOf().exists('account_group:empty')).toBe(0);
  });

  it('adds, takes out and replaces members together with the list of groups of each', async () => {
    await putConsoles('a', 'b', 'c');
    const sut = await insert('g', 'h');
    expect(await sut.changeMembers('g', CLAUDE, 'add', ['a', 'b', 'a'])).toEqual([]);
    expect(await sut.changeMembers('h', CLAUDE, 'add', ['a'])).toEqual([]);
    expect((await reverse('claude', 'a')).sort()).toEqual(['g', 'h']);
    expect(await sut.changeMembers('g', CLAUDE, 'replace', ['b', 'c'])).toEqual([]);
    expect(await members('g')).toEqual(['b', 'c']);
    expect(await reverse('claude', 'a')).toEqual(['h']);
    expect(await reverse('claude', 'c')).toEqual(['g']);
    expect(await sut.changeMembers('g', CLAUDE, 'remove', ['b'])).toEqual([]);
    expect(await members('g')).toEqual(['c']);
    expect(await reverse('claude', 'b')).toEqual([]);
    expect(await sut.changeMembers('g', CLAUDE, 'replace', [])).toEqual([]);
    expect(await storeOf().exists('account_group_members:g')).toBe(0);
  });

  it('writes nothing when one of the ids is no account of the family, and names it', async () => {
    await putConsoles('a');
    await putAccounts(storeOf(), CODEX_KIND, v1CodexRecord({ id: 'x' }));
    const sut = await insert('g');
    expect(await sut.changeMembers('g', CLAUDE, 'add', ['a', 'x', 'none'])).toEqual(['x', 'none']);
    expect(await sut.changeMembers('g', CLAUDE, 'replace', ['a', 'none'])).toEqual(['none']);
    expect(await sut.changeMembers('g', CLAUDE, 'remove', ['a'])).toEqual(['a']);
    expect(await sut.changeMembers('gone', CLAUDE, 'add', ['a'])).toBeNull();
    expect(await members('g')).toEqual([]);
    expect(await reverse('claude', 'a')).toEqual([]);
    expect(await sut.changeMembers('g', BOTH, 'replace', ['a', 'x'])).toEqual([]);
    expect(await sut.changeMembers('g', CODEX, 'add', ['x'])).toEqual([]);
  });

  it('lets members stay that this gateway does not serve', async () => {
    await putConsoles('a');
    const sut = await insert('g');
    await storeOf().sadd('account_group_members:g', 'official');
    expect(await sut.changeMembers('g', CLAUDE, 'replace', ['a', 'official'])).toEqual([]);
    expect(await members('g')).toEqual(['a', 'official']);
    expect(await sut.changeMembers('g', CLAUDE, 'remove', ['official'])).toEqual([]);
    expect(await sut.changeMembers('g', CLAUDE, 'add', ['official'])).toEqual(['official']);
  });

  it('never keeps an account in a group that was removed at the same time', async () => {
    const sut = await insert('g');
    const accounts = new AccountRepository(storeOf());
    for (let round = 0; round < 20; round += 1) {
      const id = `a${round}`;
      await putConsoles(id);
      const [unknown] = await Promise.all([
        sut.changeMembers('g', CLAUDE, 'add', [id]),
        accounts.remove(CONSOLE_KIND, id),
        sut.changeMembers('g', CLAUDE, 'replace', [id]),
      ]);
      expect([[], [id]]).toContainEqual(unknown);
      expect(await members('g')).toEqual([]);
      expect(await reverse('claude', id)).toEqual([]);
    }
  });
});
