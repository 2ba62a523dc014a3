import { Injectable } from '@nestjs/common';
import { OUTAGE_GRACE_MS, StoreOutage } from '../core/store/store-outage.js';
import { Clock } from '../core/time/clock.js';
import type { AccountEntry } from './account-entry.factory.js';
import { AccountReader } from './account-reader.js';
import { AccountRecovery } from './account-recovery.js';
import type { AccountState } from './account-state.js';
import type { MarkPlan } from './mark-plan.js';
import { withMark } from './unwritten-mark.js';

/** How old what is answered may be. */
const MAX_AGE_MS = 1000;

interface Snapshot {
  readonly readAt: number;
  readonly states: readonly AccountState[];
  readonly byId: ReadonlyMap<string, AccountState>;
}

/** What this process knows of one platform's accounts. */
interface Shelf {
  /** Null after a write of this process. */
  current: Snapshot | null;
  reading: Promise<Snapshot> | null;
  /** What was read last, outdated or not: it tells the next reading what to ask for. Null before the first. */
  known: readonly AccountEntry[] | null;
  /** By account: the last mark that the store did not take. */
  readonly unwritten: Map<string, MarkPlan>;
}

/**
 * The accounts in memory: picking one costs no round trip. What is answered is at most one second old, and never older
 * than the last write of this process (`forget`). While the store is away, it is what was read last, for a minute at most.
 */
@Injectable()
export class AccountDirectory {
  private readonly shelves = new Map<string, Shelf>();
  private readonly outage: StoreOutage;

  constructor(
    private readonly reader: AccountReader,
    private readonly recovery: AccountRecovery,
    private readonly clock: Clock,
  ) {
    this.outage = new StoreOutage(clock);
  }

  /** All accounts of a platform, in the order of priority, then age. Rejects when the store cannot be read. */
  async states(platform: string): Promise<readonly AccountState[]> {
    return (await this.snapshot(platform)).states;
  }

  async find(platform: string, id: string): Promise<AccountState | null> {
    return (await this.snapshot(platform)).byId.get(id) ?? null;
  }

  /** Called after each write: what was read before it, or is being read, is not answered any more. */
  forget(platform: string): void {
    const shelf = this.shelfOf(platform);
    shelf.current = null;
    shelf.reading = null;
  }

  /** A mark that the store did not take holds in this process alone, for a minute at most. */
  holdUnwritten(platform: string, id: string, plan: MarkPlan): void {
    this.shelfOf(platform).unwritten.set(id, plan);
    this.forget(platform);
  }

  /** The account's marks were written or cleared. */
  dropUnwritten(platform: string, id: string): void {
    this.shelfOf(platform).unwritten.delete(id);
  }

  private snapshot(platform: string): Promise<Snapshot> {
    const shelf = this.shelfOf(platform);
    const { current } = shelf;
    if (current !== null && this.clock.now() - current.readAt < MAX_AGE_MS) return Promise.resolve(current);
    shelf.reading ??= this.read(platform, shelf);
    return shelf.reading;
  }

  private read(platform: string, shelf: Shelf): Promise<Snapshot> {
    const readAt = this.clock.now();
    const reading = this.ask(platform, shelf)
      .then((entries) => {
        const states = entries.map(({ state }) => this.withUnwritten(shelf, state));
        const snapshot = { readAt, states, byId: new Map(states.map((state) => [state.account.id, state])) };
        if (shelf.reading === reading) shelf.current = snapshot;
        return snapshot;
      })
      .finally(() => {
        if (shelf.reading === reading) shelf.reading = null;
      });
    return reading;
  }

  private async ask(platform: string, shelf: Shelf): Promise<readonly AccountEntry[]> {
    try {
      const entries = await this.reader.readAll(platform, shelf.known ?? []);
      this.outage.end();
      shelf.known = entries;
      this.recovery.recover(platform, entries);
      return entries;
    } catch (error: unknown) {
      this.outage.endure(error);
      if (shelf.known === null) throw error;
      return shelf.known;
    }
  }

  private withUnwritten({ unwritten }: Shelf, state: AccountState): AccountState {
    const plan = unwritten.get(state.account.id);
    if (plan === undefined) return state;
    if (this.clock.now() - plan.at.getTime() < OUTAGE_GRACE_MS) return withMark(state, plan);
    unwritten.delete(state.account.id);
    return state;
  }

  private shelfOf(platform: string): Shelf {
    const shelf = this.shelves.get(platform) ?? { current: null, reading: null, known: null, unwritten: new Map() };
    this.shelves.set(platform, shelf);
    return shelf;
  }
}
