import type { LeaseRef } from '@crs/extension-api';
import type { StoreClient } from '@crs/store';
import type { Lease, LeaseKeeper } from '../../src/core/lease/lease-keeper.js';

/** Keeps leases without renewing them, and remembers how each ended. */
export class FakeLeases implements Pick<LeaseKeeper, 'keep' | 'countIn' | 'renewAll'> {
  /** Members that nobody has ended yet. */
  readonly open = new Set<string>();
  readonly handedOver: LeaseRef[] = [];
  readonly released: LeaseRef[] = [];

  /** Without a store nothing is taken out of anything. */
  constructor(private readonly store: StoreClient | null = null) {}

  keep(ref: LeaseRef): Lease {
    const name = `${ref.set} ${ref.member}`;
    this.open.add(name);
    return {
      ref,
      handOver: () => {
        if (!this.open.delete(name)) return null;
        this.handedOver.push(ref);
        return ref;
      },
      release: async () => {
        if (!this.open.delete(name)) return;
        this.released.push(ref);
        await this.store?.zrem(ref.set, ref.member);
      },
    };
  }

  countIn(set: string): number {
    return [...this.open].filter((name) => name.startsWith(`${set} `)).length;
  }

  renewAll(): Promise<void> {
    return Promise.resolve();
  }

  /** In place of the real keeper. */
  asKeeper(): LeaseKeeper {
    return this as unknown as LeaseKeeper;
  }
}
