import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { LeaseRef } from '@crs/extension-api';
import { STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { repliesOf } from '../store/batch-replies.js';
import { Clock } from '../time/clock.js';

/** A lease that nobody renews has expired after this time. */
export const LEASE_MS = 90_000;
export const RENEW_EVERY_MS = 30_000;
/** Time to live of a set of leases, given anew with each member: it outlives the last of them. */
export const LEASE_SET_TTL_MS = LEASE_MS + 30_000;

/** Leases that are renewed in one round trip. */
const CHUNK_SIZE = 500;

export interface LeaseOptions {
  /** Epoch ms after which the lease is not renewed any more, although what it stands for may still run. */
  readonly renewUntil?: number;
}

/** Something held in the store. It ends exactly once: released here, or handed over to the step that takes it out. */
export interface Lease {
  readonly ref: LeaseRef;
  /** Null when it has ended already. From now on the caller takes the member out; until then it expires by itself. */
  handOver(): LeaseRef | null;
  /** Takes the member out, once. Never rejects: a lease that cannot be taken out expires by itself. */
  release(): Promise<void>;
}

interface KeptLease {
  readonly ref: LeaseRef;
  readonly renewUntil: number;
  readonly end: Lease;
}

/**
 * Renews what this process holds in the store, so that it lives as long as the process does what it stands for.
 *
 * A renewal never follows the end of its lease: only live leases are renewed, judged at the moment of sending, and the
 * store carries out the commands of one process in the order in which they were sent. One that got lost on the way is
 * never sent again, so at worst a member that was taken out comes back for one lease's time.
 */
@Injectable()
export class LeaseKeeper implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(LeaseKeeper.name);
  private readonly live = new Set<KeptLease>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.renewAll(), RENEW_EVERY_MS).unref();
  }

  /** What nobody has ended by now is given back, so that other processes need not wait for it to expire. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.live].map(({ end }) => end.release()));
  }

  /** Takes over a member that a script has just put into its set. */
  keep(ref: LeaseRef, { renewUntil = Number.POSITIVE_INFINITY }: LeaseOptions = {}): Lease {
    const end: Lease = {
      ref,
      handOver: () => (this.live.delete(kept) ? ref : null),
      release: async () => {
        if (this.live.delete(kept)) await this.takeOut(ref);
      },
    };
    const kept: KeptLease = { ref, renewUntil, end };
    this.live.add(kept);
    return end;
  }

  /** How many members of a set this process holds; looks through all leases. */
  countIn(set: string): number {
    let count = 0;
    for (const { ref } of this.live) if (ref.set === set) count += 1;
    return count;
  }

  /** Renews every lease now; called by a timer. Never rejects: the next round tries again. */
  async renewAll(): Promise<void> {
    const leases = [...this.live];
    for (let at = 0; at < leases.length; at += CHUNK_SIZE) {
      await this.renew(leases.slice(at, at + CHUNK_SIZE));
    }
  }

  private async renew(chunk: readonly KeptLease[]): Promise<void> {
    const now = this.clock.now();
    const due = chunk.filter((lease) => this.live.has(lease) && now < lease.renewUntil);
    const sets = new Set(due.map(({ ref }) => ref.set));
    const commands: StoreCommand[] = [
      ...due.map(({ ref, renewUntil }): StoreCommand => {
        return ['zadd', ref.set, Math.min(now + LEASE_MS, renewUntil), ref.member];
      }),
      ...[...sets].map((set): StoreCommand => ['pexpire', set, LEASE_SET_TTL_MS]),
    ];
    if (commands.length === 0) return;
    try {
      await repliesOf(this.store.pipeline(commands));
    } catch (error: unknown) {
      this.logger.warn({ msg: 'Some leases were not renewed', leases: due.length, error: messageOf(error) });
    }
  }

  /** As bounded as a command of the store is. */
  private async takeOut({ set, member }: LeaseRef): Promise<void> {
    try {
      await this.store.zrem(set, member);
    } catch (error: unknown) {
      this.logger.warn({ msg: 'A lease was not released; it expires by itself', set, error: messageOf(error) });
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
