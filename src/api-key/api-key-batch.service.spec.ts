import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys, openSqliteStore, type StoreClient, StoreUnavailableError } from '@crs/store';
import { TestClock } from '../../test/support/test-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { KeyHash } from '../core/crypto/key-hash.js';
import type { FieldError } from '../core/http/problem-details.js';
import { ValidationFailedException } from '../core/http/validation.js';
import { ApiKeyBatchService, type BatchChange } from './api-key-batch.service.js';
import { ApiKeyEditor } from './api-key-editor.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { BindingTargetRepository } from './binding-target.repository.js';
import { ApiKeyService } from './api-key.service.js';

Logger.overrideLogger(false);

const UNKNOWN = 'f0000000-0000-4000-8000-000000000000';
const config = testConfig();

let store: StoreClient;
let service: ApiKeyService;
let sut: ApiKeyBatchService;

beforeEach(() => {
  store = openSqliteStore(':memory:');
  const targets = new BindingTargetRepository(store);
  const records = new ApiKeyRepository(store);
  const clock = new TestClock(1_000);
  service = new ApiKeyService(records, new ApiKeyEditor(records, clock), targets, new KeyHash(config), config, clock);
  sut = new ApiKeyBatchService(service, targets);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await store.quit();
});

async function idsOf(count: number, tags: readonly string[] = []): Promise<readonly string[]> {
  return (await sut.create({ name: 'k', tags }, count)).map(({ record }) => record.id);
}

const change = (settings: BatchChange['settings'], add: string[] = [], remove: string[] = []): BatchChange => ({
  settings,
  tags: { add, remove },
});

async function problemsOf(work: () => unknown): Promise<readonly FieldError[]> {
  try {
    await work();
    return [];
  } catch (error: unknown) {
    return error instanceof ValidationFailedException ? error.errors : [];
  }
}

describe('create', () => {
  it('numbers the names, and gives each key the settings and a secret of its own', async () => {
    const created = await sut.create({ name: 'team', dailyCostLimit: 5 }, 3);
    expect(created.map(({ record }) => record.name)).toEqual(['team-1', 'team-2', 'team-3']);
    expect(created.every(({ record }) => record.dailyCostLimit === 5)).toBe(true);
    expect(new Set(created.flatMap(({ record, secret }) => [record.id, secret])).size).toBe(6);
  });
});

describe('update', () => {
  it('changes every key, in the order of the ids', async () => {
    const ids = await idsOf(60);
    const results = await sut.update(ids, change({ tokenLimit: 7 }));
    expect(results).toEqual(ids.map((id) => ({ id, error: null })));
    const limits = await Promise.all(ids.map(async (id) => (await service.get(id)).tokenLimit));
    expect(new Set(limits)).toEqual(new Set([7]));
  });

  it('goes on after a key that fails, and says why it did', async () => {
    const [first = '', deleted = '', last = ''] = await idsOf(3);
    await service.delete(deleted, 'ada');
    const results = await sut.update([first, UNKNOWN, deleted, last], change({ permissions: ['claude'] }));
    expect(results).toEqual([
      { id: first, error: null },
      { id: UNKNOWN, error: 'There is no API key with this id.' },
      { id: deleted, error: 'The key is deleted. Restore it before changing it.' },
      { id: last, error: null },
    ]);
    expect((await service.get(deleted)).permissions).toEqual([]);
  });

  it('tells the field of what this one key cannot take', async () => {
    const [fixed = '', waiting = ''] = await idsOf(2);
    await service.update(waiting, { expirationMode: 'activation' });
    const results = await sut.update([fixed, waiting], change({ expiresAt: new Date(5_000) }));
    expect(results[0]?.error).toBeNull();
    expect(results[1]?.error).toMatch(/^expiresAt cannot be set while expirationMode is activation/);
  });

  it('adds and takes tags, beside those that each key has', async () => {
    const [one = '', other = ''] = await idsOf(2, ['x']);
    await service.update(other, { tags: ['y', 'z'] });
    await sut.update([one, other], change({ icon: 'i' }, ['z', 'n'], ['x']));
    expect((await service.get(one)).tags).toEqual(['z', 'n']);
    expect(await service.get(other)).toMatchObject({ tags: ['y', 'z', 'n'], icon: 'i' });
  });

  it('does not lose a tag that others add at the same time', async () => {
    const [id = ''] = await idsOf(1);
    await Promise.all([sut.update([id], change({}, ['a'])), sut.update([id], change({}, ['b']))]);
    expect((await service.get(id)).tags.toSorted()).toEqual(['a', 'b']);
  });

  it('refuses more tags than a key may have, for this key alone', async () => {
    const many = Array.from({ length: 50 }, (_, n) => `t${String(n)}`);
    const [full = '', empty = ''] = await idsOf(2);
    await service.update(full, { tags: many });
    const results = await sut.update([full, empty], change({}, ['one more']));
    expect(results.map(({ error }) => error)).toEqual(['a key may have at most 50 tags; this one would have 51', null]);
    expect((await service.get(full)).tags).toEqual(many);
    const swapped = await sut.update([full], change({}, ['one more'], ['t0']));
    expect(swapped[0]?.error).toBeNull();
  });

  it.each<[string, BatchChange, string[]]>([
    ['nothing', change({}), ['changes']],
    ['undefined fields alone', change({ name: undefined } as never), ['changes']],
    [
      'two Claude bindings',
      change({ claudeAccountId: 'group:g', claudeConsoleAccountId: 'a' }),
      ['changes.claudeAccountId'],
    ],
    ['a service that there is not', change({ permissions: ['gpt'] }), ['changes.permissions']],
    ['tags beside added ones', change({ tags: [] }, ['a']), ['changes.tags']],
    ['tags beside taken ones', change({ tags: null }, [], ['a']), ['changes.tags']],
    ['a tag to add and to take', change({}, ['a'], ['a']), ['changes.addTags']],
  ])('refuses %s as a whole, before anything is written', async (_, input, fields) => {
    const ids = await idsOf(2);
    const before = await store.hgetall(keys.apiKey.record(ids[0] ?? ''));
    const problems = await problemsOf(() => sut.update(ids, input));
    expect(problems.map(({ field }) => field)).toEqual(fields);
    expect(await store.hgetall(keys.apiKey.record(ids[0] ?? ''))).toEqual(before);
  });

  it('leaves what v1 alone serves to the keys that have it', async () => {
    const [plain = '', gemini = ''] = await idsOf(2);
    await store.hset(keys.apiKey.record(gemini), { permissions: '["gemini"]' });
    const results = await sut.update([plain, gemini], change({ permissions: ['gemini', 'claude'] }));
    expect(results.map(({ error }) => error)).toEqual([
      "permissions may hold 'claude' and 'codex'; an empty list allows every service",
      null,
    ]);
  });

  it('tells nothing of what went wrong inside, but logs it', async () => {
    const [one = '', other = ''] = await idsOf(2);
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    jest.spyOn(service, 'updateBy').mockRejectedValueOnce(new Error('secret cause'));
    const results = await sut.update([one, other], change({ icon: 'i' }));
    expect(results.map(({ error }) => error)).toEqual([
      'Something went wrong here. The log has the cause under the request id.',
      null,
    ]);
    expect(JSON.stringify(log.mock.calls)).toContain('secret cause');
    expect(JSON.stringify(log.mock.calls)).toContain(one);
  });

  it('says of each key that the store was away', async () => {
    const ids = await idsOf(2);
    jest.spyOn(service, 'updateBy').mockRejectedValue(new StoreUnavailableError('Connection is closed'));
    const results = await sut.update(ids, change({ icon: 'i' }));
    expect(results.map(({ error }) => error)).toEqual(
      ids.map(() => 'The store does not answer. Try again in a moment.'),
    );
  });
});

describe('delete', () => {
  it('deletes every key that there is, softly', async () => {
    const [one = '', other = ''] = await idsOf(2);
    expect(await sut.delete([one, UNKNOWN, other], 'ada')).toEqual([
      { id: one, error: null },
      { id: UNKNOWN, error: 'There is no API key with this id.' },
      { id: other, error: null },
    ]);
    expect((await service.get(other)).deletion).toMatchObject({ by: 'ada' });
  });
});
