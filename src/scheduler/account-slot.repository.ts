import type { AccountId, UpstreamAccount } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { Inject, Injectable } from '@nestjs/common';
import { type Lease, LEASE_MS, LEASE_SET_TTL_MS, LeaseKeeper } from '../core/lease/lease-keeper.js';
import { repliesOf } from '../core/store/batch-replies.js';
import { Clock } from '../core/time/clock.js';
import { takeSlot } from './take-slot.script.js';

/** The requests that an account with `maxConcurrentTasks` has at the same time, over all instances. */
@Injectable()
export class AccountSlotRepository {
  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly leases: LeaseKeeper,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes a slot of the first of these accounts, each with a limit, that has one free; one round trip. Null: all are
   * full. The slot is renewed until its lease ends.
   *
   * @param limitOf requests that the account may have at the same time; its own limit, unless given
   */
  async takeFirst<T extends { readonly account: UpstreamAccount }>(
    candidates: readonly T[],
    requestId: string,
    limitOf: (candidate: T) => number = ({ account }) => account.maxConcurrentTasks,
  ): Promise<{ readonly taken: T; readonly slot: Lease } | null> {
    const sets = candidates.map(({ account }) => keys.limits.accountConcurrency(account.id));
    const limits = candidates.map(limitOf);
    const args = [requestId, this.clock.now(), LEASE_MS, LEASE_SET_TTL_MS, ...limits];
    const place = await this.store.runScript(takeSlot, sets, args);
    const taken = place === null ? undefined : candidates[place];
    const set = place === null ? undefined : sets[place];
    if (taken === undefined || set === undefined) return null;
    return { taken, slot: this.leases.keep({ set, member: requestId }) };
  }
  /** How many slots are taken now, of each account that has any; one round trip, and nothing changes. */
  async countTaken(accountIds: readonly AccountId[]): Promise<ReadonlyMap<AccountId, number>> {
    if (accountIds.length === 0) return new Map();
    const aliveFrom = this.clock.now() + 1;
    const commands = accountIds.map((id): StoreCommand => {
      return ['zrangebyscore', keys.limits.accountConcurrency(id), aliveFrom, Number.MAX_SAFE_INTEGER];
    });
    const replies = await repliesOf(this.store.pipeline(commands));
    const counted = accountIds.map((id, at) => [id, sizeOf(replies[at])] as const);
    return new Map(counted.filter(([, taken]) => taken > 0));
  }
}

const sizeOf = (members: unknown): number => (members as readonly string[]).length;
