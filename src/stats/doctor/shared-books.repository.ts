import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { Replies } from './key-books.repository.js';
import type { AccountDayBooks, SharedDayBooks } from './shared-day.js';
import { readAtOnce } from './snapshot.js';

/** What the database knows about itself. */
export interface BookState {
  /** The first day that is in the roll-ups from its beginning. */
  readonly since: string | null;
  /** v1 has made its index sets, so they name all keys, models and accounts. */
  readonly isIndexed: boolean;
  /** Costs are being corrected just now. */
  readonly isCorrecting: boolean;
}

/** Who used something. */
export interface UsersOfDay {
  readonly keyIds: readonly string[];
  readonly accountIds: readonly string[];
  readonly models: readonly string[];
  readonly modelsByKey: ReadonlyMap<string, readonly string[]>;
  readonly modelsByAccount: ReadonlyMap<string, readonly string[]>;
}

/** Reads what the books hold of all keys and of accounts, and who is in them. */
@Injectable()
export class SharedBooksRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  async readState(): Promise<BookState> {
    const [since, indexed, correcting] = await Promise.all([
      this.store.get(keys.usage.rollUp.since),
      this.store.exists(keys.usage.index.migrated),
      this.store.exists(keys.usage.rollUp.correcting),
    ]);
    return { since, isIndexed: indexed === 1, isCorrecting: correcting === 1 };
  }

  /** Every key there is or was, beside those that only the indexes know. */
  async listKeys(): Promise<readonly string[]> {
    const lists = await Promise.all([keys.apiKey.all, keys.apiKey.deleted].map((set) => this.store.smembers(set)));
    return [...new Set(lists.flat())];
  }

  /** The models of a key since the beginning. `areAll`: counters that an old version left were searched for them, too. */
  async findModels(keyId: string): Promise<{ readonly models: readonly string[]; readonly areAll: boolean }> {
    const [models, searched] = await Promise.all([
      this.store.smembers(keys.usage.keyModels(keyId)),
      this.store.exists(keys.usage.keyModelsSearched(keyId)),
    ]);
    return { models, areAll: searched === 1 };
  }

  listModelsOfMonth(month: string): Promise<readonly string[]> {
    return this.store.smembers(keys.usage.index.modelMonthly(month));
  }

  async readUsers(day: string, signal: AbortSignal): Promise<UsersOfDay> {
    const { index, rollUp } = keys.usage;
    const sets = [
      index.daily(day),
      index.accountDaily(day),
      index.modelDaily(day),
      index.keyModelDaily(day),
      index.accountModelDaily(day),
    ];
    const commands: StoreCommand[] = [
      ...sets.map((set): StoreCommand => ['smembers', set]),
      ...(['key', 'account', 'model'] as const).map((by): StoreCommand => ['hgetall', rollUp.totals('day', day, by)]),
    ];
    const replies = new Replies(await readAtOnce(this.store, commands, signal));
    const [byKey, byAccount, models] = [replies.list(), replies.list(), replies.list()];
    const [modelsByKey, modelsByAccount] = [byOwner(replies.list()), byOwner(replies.list())];
    const rolledUp = { keys: replies.hash(), accounts: replies.hash(), models: replies.hash() };
    return {
      keyIds: union(byKey, modelsByKey.keys(), Object.keys(rolledUp.keys)),
      accountIds: union(byAccount, modelsByAccount.keys(), Object.keys(rolledUp.accounts)),
      models: union(models, Object.keys(rolledUp.models)),
      modelsByKey,
      modelsByAccount,
    };
  }

  async readAccountDay(
    accountId: string,
    day: string,
    models: readonly string[],
    signal: AbortSignal,
  ): Promise<AccountDayBooks> {
    const k = keys.usage;
    const commands: StoreCommand[] = [
      ['hgetall', k.accountDaily(accountId, day)],
      ['hget', k.rollUp.totals('day', day, 'account'), accountId],
      ['hgetall', k.rollUp.accountModels('day', day, accountId)],
      ...models.map((model): StoreCommand => ['hgetall', k.accountModelDaily(accountId, model, day)]),
    ];
    const replies = new Replies(await readAtOnce(this.store, commands, signal));
    return {
      total: replies.hash(),
      rollUp: replies.text(),
      rollUpModels: replies.hash(),
      models: new Map(models.map((model) => [model, replies.hash()])),
    };
  }

  async readSharedDay(day: string, models: readonly string[], signal: AbortSignal): Promise<SharedDayBooks> {
    const k = keys.usage;
    const commands: StoreCommand[] = [
      ['hgetall', k.globalDaily(day)],
      ...models.flatMap((model): StoreCommand[] => [
        ['hgetall', k.modelDaily(model, day)],
        ['hget', k.rollUp.totals('day', day, 'model'), model],
      ]),
    ];
    const replies = new Replies(await readAtOnce(this.store, commands, signal));
    return {
      all: replies.hash(),
      models: new Map(models.map((model) => [model, { counters: replies.hash(), rollUp: replies.text() }])),
    };
  }
}

const union = (...lists: readonly Iterable<string>[]): readonly string[] => [
  ...new Set(lists.flatMap((list) => [...list])),
];

/** Of members `{id}:{model}`: ids have no colon, models may. */
function byOwner(members: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, string[]>();
  for (const member of members) {
    const end = member.indexOf(':');
    if (end < 1) continue;
    const owner = member.slice(0, end);
    owners.set(owner, [...(owners.get(owner) ?? []), member.slice(end + 1)]);
  }
  return owners;
}
