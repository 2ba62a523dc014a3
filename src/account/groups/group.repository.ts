import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { Inject, Injectable } from '@nestjs/common';
import { repliesOf, repliesOfRightType } from '../../core/store/batch-replies.js';
import type { RecordFields } from '../account-record.js';
import { type AccountGroup, decodeGroup } from './account-group.js';
import { type GroupFamily, kindsOf } from './group-families.js';
import { changeMembers, type MemberChange } from './scripts/change-members.script.js';
import { removeGroup } from './scripts/remove-group.script.js';
import { updateGroup } from './scripts/update-group.script.js';

/** v1's account groups: their records, their members, and the list of groups that each account is in. */
@Injectable()
export class GroupRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** In no order. */
  async list(): Promise<readonly AccountGroup[]> {
    return this.read(await this.store.smembers(keys.group.all));
  }

  async find(id: string): Promise<AccountGroup | null> {
    const [group] = await this.read([id]);
    return group ?? null;
  }

  async insert(id: string, record: RecordFields): Promise<void> {
    await repliesOf(
      this.store.multi([
        ['hset', keys.group.record(id), ...Object.entries(record).flat()],
        ['sadd', keys.group.all, id],
      ]),
    );
  }

  /** False: there is no such group; one that was removed never comes back. */
  update(id: string, patch: RecordFields): Promise<boolean> {
    return this.store.runScript(updateGroup, [keys.group.record(id)], Object.entries(patch).flat());
  }

  /** 0: removed. Null: there is no such group. Else how many members it has: it was not removed. */
  remove(id: string): Promise<number | null> {
    return this.store.runScript(removeGroup, [keys.group.all, keys.group.record(id), keys.group.members(id)], [id]);
  }

  /** Ids of the accounts in a group, in no order; empty when there is no such group. */
  listMembers(id: string): Promise<readonly string[]> {
    return this.store.smembers(keys.group.members(id));
  }

  /**
   * Null: there is no such group. Else the ids that could not be changed: no account of the family (to be added) or no
   * member (to be removed). Nothing was written unless that list is empty.
   */
  changeMembers(
    id: string,
    family: GroupFamily,
    change: MemberChange,
    accountIds: readonly string[],
  ): Promise<readonly string[] | null> {
    const kinds = kindsOf(family);
    return this.store.runScript(
      changeMembers,
      [
        keys.group.record(id),
        keys.group.members(id),
        ...accountIds.flatMap((account) => kinds.map(({ recordPrefix }) => keys.account.record(recordPrefix, account))),
      ],
      [change, id, keys.group.ofAccount(family.storedPlatform, ''), kinds.length, ...accountIds],
    );
  }

  /** Ids without a record are left out: one that another type of value stands under must not hide the others. */
  private async read(ids: readonly string[]): Promise<readonly AccountGroup[]> {
    if (ids.length === 0) return [];
    const commands = ids.flatMap((id): StoreCommand[] => [
      ['hgetall', keys.group.record(id)],
      ['scard', keys.group.members(id)],
    ]);
    const replies = await repliesOfRightType(this.store.pipeline(commands));
    return ids.flatMap((id, position) => {
      const record = (replies[2 * position] ?? {}) as RecordFields;
      return Object.keys(record).length === 0 ? [] : [decodeGroup(id, record, Number(replies[2 * position + 1]))];
    });
  }
}
