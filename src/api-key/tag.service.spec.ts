import { expect, it, jest } from '@jest/globals';
import { ConflictException, Logger, NotFoundException } from '@nestjs/common';
import fc from 'fast-check';
import { toApiKeyId } from '@crs/extension-api';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { dumpStore } from '../../test/support/store-dump.js';
import { testApiKey } from '../../test/support/test-api-key.js';
import { TestClock } from '../../test/support/test-clock.js';
import { ApiKeyEditor } from './api-key-editor.js';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { TagRepository } from './tag.repository.js';
import { TagService } from './tag.service.js';

Logger.overrideLogger(false);

const now = new Date('2026-11-24T00:00:00.000Z');
const deletion = { at: now, by: 'ada', byType: 'admin' };
const idOf = (n: number) => toApiKeyId(`${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`);

describeOnEachStore('TagService', (store) => {
  function setUp() {
    const records = new ApiKeyRepository(store());
    const editor = new ApiKeyEditor(records, new TestClock(now.getTime()));
    const tags = new TagRepository(store());
    const sut = new TagService(tags, editor, new ApiKeyIndexRepository(store(), records));
    return { records, editor, tags, sut };
  }

  /** One key for each list of tags; their ids are 0, 1 and so on. */
  async function createKeys(...tagLists: readonly (readonly string[])[]): Promise<void> {
    await store().set(keys.apiKey.indexVersion, '2');
    await setUp().records.insertAll(
      tagLists.map((tags, n) => testApiKey({ id: idOf(n), secretHash: String(n).padStart(64, '0'), tags })),
    );
  }

  const softDelete = (n: number) =>
    setUp().editor.change(idOf(n), (record) => ({ ...record, isActive: false, deletion }));

  const tagsOf = async (n: number) => (await setUp().records.find(idOf(n)))?.record.tags;

  const listAll = async () => (await setUp().sut.list(0, 200)).items;

  it('removes a tag in whose place something else stands', async () => {
    await createKeys(['other']);
    await store().set(keys.apiKey.tag('x'), 'text');
    await store().sadd(keys.apiKey.allTags, 'x');
    expect(await setUp().sut.remove('x')).toBe(0);
    expect(await setUp().tags.listNames()).toEqual(['other']);
  });

  it('lists tags by name with the keys that have them, deleted ones apart', async () => {
    await createKeys(['b', 'a'], ['b'], ['b', 'c'], []);
    await softDelete(2);
    expect(await setUp().sut.list(0, 2)).toEqual({
      items: [
        { name: 'a', keys: 1 },
        { name: 'b', keys: 2 },
      ],
      total: 3,
    });
    expect((await setUp().sut.list(2, 2)).items).toEqual([{ name: 'c', keys: 0 }]);
    expect((await setUp().sut.list(9, 2)).items).toEqual([]);
  });

  it('knows the tags of an old database that has no index', async () => {
    await createKeys(['a']);
    await store().del(keys.apiKey.indexVersion, keys.apiKey.allTags, keys.apiKey.tag('a'));
    expect(await listAll()).toEqual([{ name: 'a', keys: 1 }]);
  });

  it('counts no keys where something else stands under the name', async () => {
    await store().sadd(keys.apiKey.allTags, 'odd');
    await store().set(keys.apiKey.tag('odd'), 'x');
    await store().set(keys.apiKey.indexVersion, '2');
    expect(await listAll()).toEqual([{ name: 'odd', keys: 0 }]);
  });

  it('makes a tag that no key has, once', async () => {
    const { sut } = setUp();
    expect(await sut.create('new')).toEqual({ name: 'new', keys: 0 });
    expect(await listAll()).toEqual([{ name: 'new', keys: 0 }]);
    await expect(sut.create('new')).rejects.toThrow(ConflictException);
  });

  it('renames a tag on every key, in its place, and says on how many', async () => {
    await createKeys(['x', 'old', 'y'], ['old'], ['other']);
    await softDelete(1);
    expect(await setUp().sut.rename('old', 'new', false)).toBe(2);
    expect(await Promise.all([0, 1, 2].map(tagsOf))).toEqual([['x', 'new', 'y'], ['new'], ['other']]);
    expect((await listAll()).map(({ name }) => name)).toEqual(['new', 'other', 'x', 'y']);
    expect((await setUp().records.find(idOf(0)))?.record.updatedAt).toEqual(now);
    expect((await setUp().records.find(idOf(2)))?.record.updatedAt).toBeNull();
  });

  it('renames a tag that no key has', async () => {
    const { sut } = setUp();
    await sut.create('old');
    expect(await sut.rename('old', 'new', false)).toBe(0);
    expect(await listAll()).toEqual([{ name: 'new', keys: 0 }]);
  });

  it('has nothing to do for the same name', async () => {
    await createKeys(['old']);
    const before = await dumpStore(store());
    expect(await setUp().sut.rename('old', 'old', false)).toBe(0);
    expect(await dumpStore(store())).toEqual(before);
  });

  it('puts two tags together only when it is told to', async () => {
    await createKeys(['old', 'new'], ['old'], ['new']);
    const { sut } = setUp();
    await expect(sut.rename('old', 'new', false)).rejects.toThrow('"merge": true');
    expect(await tagsOf(0)).toEqual(['old', 'new']);
    expect(await sut.rename('old', 'new', true)).toBe(2);
    expect(await Promise.all([0, 1, 2].map(tagsOf))).toEqual([['new'], ['new'], ['new']]);
    expect(await listAll()).toEqual([{ name: 'new', keys: 3 }]);
  });

  it('takes a tag from every key', async () => {
    await createKeys(['a', 'b'], ['a'], ['b']);
    await softDelete(1);
    expect(await setUp().sut.remove('a')).toBe(2);
    expect(await Promise.all([0, 1, 2].map(tagsOf))).toEqual([['b'], [], ['b']]);
    expect(await listAll()).toEqual([{ name: 'b', keys: 2 }]);
  });

  it('removes a tag that no key has', async () => {
    const { sut } = setUp();
    await sut.create('a');
    expect(await sut.remove('a')).toBe(0);
    expect(await listAll()).toEqual([]);
  });

  it('knows no tag that there is not', async () => {
    await createKeys(['a']);
    const { sut } = setUp();
    await expect(sut.remove('A')).rejects.toThrow(NotFoundException);
    await expect(sut.rename('A', 'b', true)).rejects.toThrow('There is no tag "A".');
  });

  it('finds a tag whose name the index has lost', async () => {
    await createKeys(['a']);
    await store().del(keys.apiKey.allTags);
    expect(await setUp().sut.remove('a')).toBe(1);
  });

  it('forgets keys that are gone, or that do not have the tag after all', async () => {
    await createKeys(['a'], ['a'], []);
    await store().del(keys.apiKey.record(idOf(0)));
    await store().sadd(keys.apiKey.tag('a'), idOf(2));
    expect(await setUp().sut.remove('a')).toBe(1);
    expect(await store().exists(keys.apiKey.tag('a'), keys.apiKey.allTags)).toBe(0);
  });

  it('also changes a key that gets the tag meanwhile', async () => {
    await createKeys(['a'], []);
    const { editor, sut } = setUp();
    const change = editor.change.bind(editor);
    jest.spyOn(editor, 'change').mockImplementationOnce(async (id, decide) => {
      await change(idOf(1), (record) => ({ ...record, tags: ['a'] }));
      return change(id, decide);
    });
    expect(await sut.remove('a')).toBe(2);
    expect(await tagsOf(1)).toEqual([]);
    expect(await listAll()).toEqual([]);
  });

  it('keeps the name of a tag that a key gets at the last moment', async () => {
    await createKeys(['a']);
    await setUp().tags.removeName('a');
    expect(await listAll()).toEqual([{ name: 'a', keys: 1 }]);
  });

  it('gives up when others go on giving the tag to keys, and says what was done', async () => {
    await createKeys(['a']);
    const { tags, sut } = setUp();
    jest.spyOn(tags, 'listKeys').mockResolvedValue([idOf(0)]);
    await expect(sut.remove('a')).rejects.toThrow(/It was changed on \d+ so far/);
  });

  it('does not pass over a key that could not be changed', async () => {
    await createKeys(['a']);
    const { editor, sut } = setUp();
    jest.spyOn(editor, 'change').mockRejectedValue(new Error('away'));
    await expect(sut.remove('a')).rejects.toThrow('away');
  });

  it('agrees with a plain list of tags, for any tags and names', async () => {
    const tag = fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }));
    const lists = fc.array(fc.uniqueArray(tag, { maxLength: 4 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(lists, tag, tag, async (tagLists, from, to) => {
        for (const key of Object.keys(await dumpStore(store()))) await store().del(key);
        await createKeys(...tagLists, [from]);
        const changed = await setUp().sut.rename(from, to, true);
        const expected = [...tagLists, [from]].map((tags) => [
          ...new Set(tags.map((name) => (name === from ? to : name))),
        ]);
        expect(await Promise.all(expected.map((_, n) => tagsOf(n)))).toEqual(expected);
        const counted = (name: string) => expected.filter((tags) => tags.includes(name)).length;
        const names = [...new Set(expected.flat())].sort();
        expect(await listAll()).toEqual(names.map((name) => ({ name, keys: counted(name) })));
        const having = [...tagLists, [from]].filter((tags) => tags.includes(from)).length;
        expect(changed).toBe(from === to ? 0 : having);
      }),
      { numRuns: 25 },
    );
  });
});
