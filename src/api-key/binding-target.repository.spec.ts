import { beforeEach, expect, it } from '@jest/globals';
import { keys, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { BindingTargetRepository } from './binding-target.repository.js';

const ID = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const GROUP = `group:${ID}`;

describeOnEachStore('BindingTargetRepository', (storeOfCase) => {
  let store: StoreClient;
  let sut: BindingTargetRepository;

  beforeEach(() => {
    store = storeOfCase();
    sut = new BindingTargetRepository(store);
  });

  const fieldsOf = async (input: object): Promise<readonly string[]> =>
    (await sut.problemsOf(input)).map(({ field }) => field);

  it.each([
    ['claudeAccountId', GROUP, 'claudeAccountId must name an existing group of Claude accounts'],
    ['claudeConsoleAccountId', GROUP, 'claudeConsoleAccountId must name an existing group of Claude accounts'],
    ['claudeConsoleAccountId', ID, 'claudeConsoleAccountId must name an existing claude-console account'],
    ['codexAccountId', GROUP, 'codexAccountId must name an existing group of codex accounts'],
    ['codexAccountId', ID, 'codexAccountId must name an existing codex account'],
  ])('tells that %s leads nowhere with %s', async (field, target, message) => {
    await expect(sut.problemsOf({ [field]: target })).resolves.toEqual([
      { field, message: `${message}: there is none with this id` },
    ]);
  });

  it('accepts what there is of the right family, and nothing else', async () => {
    await store.hset(keys.account.record('claude_console_account', ID), { id: ID });
    await store.hset(keys.group.record(ID), { platform: 'openai' });
    expect(await fieldsOf({ claudeConsoleAccountId: ID })).toEqual([]);
    expect(await fieldsOf({ codexAccountId: GROUP })).toEqual([]);
    expect(await fieldsOf({ codexAccountId: ID, claudeAccountId: GROUP })).toEqual([
      'claudeAccountId',
      'codexAccountId',
    ]);
    await store.hset(keys.account.record('openai_responses_account', ID), { id: ID });
    await store.hset(keys.group.record(ID), { platform: 'claude' });
    expect(await fieldsOf({ codexAccountId: ID, claudeAccountId: GROUP })).toEqual([]);
  });

  it('takes a key of another type for nothing', async () => {
    await store.set(keys.account.record('claude_console_account', ID), 'text');
    await store.set(keys.group.record(ID), 'text');
    expect(await fieldsOf({ claudeConsoleAccountId: ID })).toEqual(['claudeConsoleAccountId']);
    expect(await fieldsOf({ claudeAccountId: GROUP })).toEqual(['claudeAccountId']);
  });

  it('has nothing to say of a binding that is ended or not touched', async () => {
    expect(await fieldsOf({ claudeAccountId: null, codexAccountId: undefined })).toEqual([]);
  });
});
