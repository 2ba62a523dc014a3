import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { Inject, Injectable } from '@nestjs/common';

/** v1's account groups, as far as choosing an account needs them. */
@Injectable()
export class AccountGroupRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** Ids of the accounts in a group; empty when there is no such group. */
  listMembers(groupId: string): Promise<readonly string[]> {
    return this.store.smembers(keys.group.members(groupId));
  }
}
