import { type AccountId, SettlementBarrier, type UpstreamAccount } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { Inject, Injectable } from '@nestjs/common';
import { type Lease, LEASE_MS, LEASE_SET_TTL_MS, LeaseKeeper } from '../core/lease/lease-keeper.js';
import { repliesOf } from '../core/store/batch-replies.js';
import { StoreOutage } from '../core/store/store-outage.js';
import { Clock } from '../core/time/clock.js';
import { type TakenPlace, takeSlot } from './take-slot.script.js';

/** With the store that slow it is better to go by the slots that it knows. */
const SETTLED_WITHIN_MS = 500;

/** The requests that an account with `maxConcurrentTasks` has at the same time, over all instances. */
@Injectable()
export class AccountSlotRepository {
  private readonly outage: StoreOutage;

  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly leases: LeaseKeeper,
    private readonly clock: Clock,
    private readonly barrier: SettlementBarrier,
  ) {
    this.outage = new StoreOutage(clock);
  }

  /**
   * Takes a slot of the first of these accounts, each with a limit, that has one free; one round trip. Null: all are
   * full. The slot is renewed until its lease ends. While the store is away, only what this process holds counts, and
   * the renewal brings the slot into the store later.
   *
   * @param limitOf requests that the account may have at the same time; its own limit, unless given
   */
  async takeFirst<T extends { readonly account: UpstreamAccount }>(
    candidates: readonly T[],
    requestId: string,
    limitOf: (candidate: T) => number = ({ account }) => account.maxConcurrentTasks,
  ): Promise<{ readonly taken: T; readonly slot: Lease } | null> {
    const places = candidates.map((taken) => ({
      taken,
      set: keys.limits.accountConcurrency(taken.account.id),
      limit: limitOf(taken),
    }));
    if (!this.outage.isOn) await this.untilSettled(candidates);
    let place: TakenPlace;
    try {
      const limits = places.map(({ limit }) => limit);
      const args = [requestId, this.clock.now(), LEASE_MS, LEASE_SET_TTL_MS, ...limits];
      const sets = places.map(({ set }) => set);
      place = await this.store.runScript(takeSlot, sets, args);
      this.outage.end();
    } catch (error: unknown) {
      this.outage.endure(error);
      place = places.findIndex(({ set, limit }) => this.leases.countIn(set) < limit);
    }
    // Nothing waits between here and the lease: what is free in this process must not be given twice.
    const found = place === null ? undefined : places[place];
    if (found === undefined) return null;
    return { taken: found.taken, slot: this.leases.keep({ set: found.set, member: requestId }) };
  }

  /** A request that has ended holds its slot until it is settled: the next one of its session must not be sent elsewhere. */
  private async untilSettled(candidates: readonly { readonly account: UpstreamAccount }[]): Promise<void> {
    const signal = AbortSignal.timeout(SETTLED_WITHIN_MS);
    await Promise.all(candidates.map(({ account }) => this.barrier.whenSettled(account.id, signal)));
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
