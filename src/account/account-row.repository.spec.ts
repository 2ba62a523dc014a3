import type { StoreClient } from '@crs/store';
import { describe, expect, it } from '@jest/globals';
import { CONSOLE_KIND, putAccounts, v1ConsoleRecord } from '../../test/support/account-fixture.js';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { AccountRowRepository } from './account-row.repository.js';

const DAY = '2026-11-23T06:30';

describeOnEachStore('AccountRowRepository', (storeOf) => {
  const createSut = (): AccountRowRepository => new AccountRowRepository(storeOf());

  const putFullAccount = async (): Promise<void> => {
    await putAccounts(storeOf(), CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }));
    await storeOf().set('temp_unavailable:claude-console:a', '{"errorType":"overload"}');
    await storeOf().hset('v2:account:marks:claude-console:a', { reset: '17' });
    await storeOf().set(`v2:account:quota:a:${DAY}`, '1.25');
  };
  const fullRow = {
    id: 'a',
    quotaDay: DAY,
    record: v1ConsoleRecord({ id: 'a' }),
    coolDown: '{"errorType":"overload"}',
    marks: { reset: '17' },
    quotaSpent: '1.25',
  };

  it('reads everything about several accounts at once, in the order that was asked', async () => {
    await putFullAccount();
    await putAccounts(storeOf(), CONSOLE_KIND, v1ConsoleRecord({ id: 'b' }));
    const plans = [
      { id: 'b', quotaDay: null },
      { id: 'a', quotaDay: DAY },
    ];
    const { ids, rows } = await createSut().readWithIndex(CONSOLE_KIND, plans);
    expect([...ids].sort()).toEqual(['a', 'b']);
    const bare = {
      id: 'b',
      quotaDay: null,
      record: v1ConsoleRecord({ id: 'b' }),
      coolDown: null,
      marks: {},
      quotaSpent: null,
    };
    expect(rows).toEqual([bare, fullRow]);
    expect(await createSut().read(CONSOLE_KIND, plans)).toEqual([bare, fullRow]);
  });

  it('gives no row for an account without a record', async () => {
    await putFullAccount();
    const plans = [
      { id: 'gone', quotaDay: DAY },
      { id: 'a', quotaDay: DAY },
    ];
    expect(await createSut().read(CONSOLE_KIND, plans)).toEqual([fullRow]);
  });

  it('asks the store nothing when nothing is wanted', async () => {
    const sut = new AccountRowRepository({} as unknown as StoreClient);
    expect(await sut.read(CONSOLE_KIND, [])).toEqual([]);
    expect(await sut.readQuotas([])).toEqual([]);
  });

  it('takes a key that holds something of another type for a missing one', async () => {
    const store = storeOf();
    await putFullAccount();
    await store.del('temp_unavailable:claude-console:a', 'v2:account:marks:claude-console:a');
    await store.sadd('temp_unavailable:claude-console:a', 'x');
    await store.set('v2:account:marks:claude-console:a', 'x');
    await store.set('claude_console_account:broken', 'x');
    const { rows } = await createSut().readWithIndex(CONSOLE_KIND, [
      { id: 'broken', quotaDay: null },
      { id: 'a', quotaDay: DAY },
    ]);
    expect(rows).toEqual([{ ...fullRow, coolDown: null, marks: {} }]);
    await store.del('claude_console_account:index');
    await store.set('claude_console_account:index', 'x');
    expect(await createSut().readWithIndex(CONSOLE_KIND, [])).toEqual({ ids: [], rows: [] });
  });

  it('reads what accounts have spent in their quota days', async () => {
    await putFullAccount();
    const days = [
      { id: 'a', quotaDay: DAY },
      { id: 'a', quotaDay: '2026-11-24T06:30' },
    ];
    expect(await createSut().readQuotas(days)).toEqual(['1.25', null]);
  });
});

describe('AccountRowRepository', () => {
  const withReplies = (replies: unknown): AccountRowRepository =>
    new AccountRowRepository({ pipeline: () => ({ exec: () => Promise.resolve(replies) }) } as unknown as StoreClient);

  it('rejects when the store fails, instead of showing no accounts', async () => {
    await expect(withReplies([[new Error('LOADING'), null]]).readWithIndex(CONSOLE_KIND, [])).rejects.toThrow(
      'LOADING',
    );
    await expect(withReplies(null).readWithIndex(CONSOLE_KIND, [])).rejects.toThrow('The store discarded a batch');
  });

  it('takes missing replies for missing keys', async () => {
    expect(await withReplies([]).readWithIndex(CONSOLE_KIND, [{ id: 'a', quotaDay: null }])).toEqual({
      ids: [],
      rows: [],
    });
  });
});
