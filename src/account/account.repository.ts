import type { AccountKind } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { Inject, Injectable } from '@nestjs/common';
import { repliesOf } from '../core/store/batch-replies.js';
import { isAccountId, type RecordFields } from './account-record.js';
import { removeAccount } from './scripts/remove-account.script.js';
import { updateAccount, type UpdateResult } from './scripts/update-account.script.js';

export interface AccountUpdate {
  /** Fields to write. */
  readonly patch: RecordFields;
  /** Fields that the decision was made on; a missing field is expected as an empty text. */
  readonly expected?: RecordFields;
  /** Given when the account enters or leaves the shared ones. */
  readonly isShared?: boolean;
}

const SCAN_COUNT = 500;
/** As v1: how long "a scan found no account" is believed. */
const EMPTY_MARK_MS = 3_600_000;

/** The records of accounts, and the sets that list them. */
@Injectable()
export class AccountRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** The ids of all accounts of a kind. Databases of old versions have no index: the records are scanned, once. */
  async listIds(kind: AccountKind): Promise<readonly string[]> {
    const indexed = await this.store.smembers(keys.account.index(kind.recordPrefix));
    return indexed.length > 0 ? indexed : this.scanIds(kind);
  }

  /** Null when there is no such account. */
  async findRecord(kind: AccountKind, id: string): Promise<RecordFields | null> {
    if (!isAccountId(id)) return null;
    const fields = await this.store.hgetall(keys.account.record(kind.recordPrefix, id));
    return Object.keys(fields).length === 0 ? null : fields;
  }

  async insert(kind: AccountKind, id: string, record: RecordFields, isShared: boolean): Promise<void> {
    // The first member of an index hides every record that is not in it, so an old database is indexed before.
    await this.listIds(kind);
    const { recordPrefix } = kind;
    const commands: StoreCommand[] = [
      ['hset', keys.account.record(recordPrefix, id), ...Object.entries(record).flat()],
      ['sadd', keys.account.index(recordPrefix), id],
      ['del', keys.account.indexEmpty(recordPrefix)],
    ];
    if (isShared) commands.push(['sadd', kind.sharedSet, id]);
    await repliesOf(this.store.multi(commands));
  }

  /** Never brings back an account that was removed meanwhile. */
  update(kind: AccountKind, id: string, { patch, expected = {}, isShared }: AccountUpdate): Promise<UpdateResult> {
    const membership = isShared === undefined ? 'keep' : isShared ? 'add' : 'remove';
    return this.store.runScript(
      updateAccount,
      [keys.account.record(kind.recordPrefix, id), kind.sharedSet],
      [
        id,
        membership,
        Object.keys(expected).length,
        ...Object.entries(expected).flat(),
        ...Object.entries(patch).flat(),
      ],
    );
  }

  /** Removes the record, its places in sets and groups, its marks and its history. False: there was none. */
  remove(kind: AccountKind, id: string): Promise<boolean> {
    const { recordPrefix, accountType, sharedSet, groupPlatform } = kind;
    return this.store.runScript(
      removeAccount,
      [
        keys.account.record(recordPrefix, id),
        keys.account.index(recordPrefix),
        sharedSet,
        keys.account.tempUnavailable(accountType, id),
        keys.account.marks(accountType, id),
        keys.account.errorHistory(accountType, id),
        keys.group.ofAccount(groupPlatform, id),
        keys.group.all,
      ],
      [id, keys.group.members('')],
    );
  }

  private async scanIds({ recordPrefix }: AccountKind): Promise<readonly string[]> {
    const emptyMark = keys.account.indexEmpty(recordPrefix);
    if ((await this.store.exists(emptyMark)) === 1) return [];
    const ids = await this.hashesAmong(await this.scanKeys(recordPrefix), recordPrefix);
    if (ids.length === 0) await this.store.set(emptyMark, '1', 'PX', EMPTY_MARK_MS);
    else await this.store.sadd(keys.account.index(recordPrefix), ...ids);
    return ids;
  }

  private async scanKeys(recordPrefix: string): Promise<readonly string[]> {
    const found = new Set<string>();
    const pattern = keys.account.recordPattern(recordPrefix);
    let cursor = '0';
    do {
      const [next, page] = await this.store.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
      for (const key of page) found.add(key);
      cursor = next;
    } while (cursor !== '0');
    return [...found];
  }

  /** The pattern also matches the index, its mark and whatever else was put there: a record is a hash. */
  private async hashesAmong(found: readonly string[], recordPrefix: string): Promise<readonly string[]> {
    const prefixLength = keys.account.record(recordPrefix, '').length;
    const ids = found.map((key) => key.slice(prefixLength)).filter(isAccountId);
    const types = await repliesOf(
      this.store.pipeline(ids.map((id) => ['type', keys.account.record(recordPrefix, id)])),
    );
    return ids.filter((_, position) => types[position] === 'hash');
  }
}
