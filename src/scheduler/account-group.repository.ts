import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { Inject, Injectable } from '@nestjs/common';
import { LastKnown } from '../core/store/last-known.js';
import { Clock } from '../core/time/clock.js';

/** v1's account groups, as far as choosing an account needs them. */
@Injectable()
export class AccountGroupRepository {
  private readonly known: LastKnown<readonly string[]>;

  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    clock: Clock,
  ) {
    this.known = new LastKnown(clock);
  }

  /** Ids of the accounts in a group, for a while the last known ones where the store is away; empty = no such group. */
  listMembers(groupId: string): Promise<readonly string[]> {
    return this.known.ask(groupId, () => this.store.smembers(keys.group.members(groupId)));
  }
}
