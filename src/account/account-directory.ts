import { Injectable } from '@nestjs/common';
import { Clock } from '../core/time/clock.js';
import type { AccountEntry } from './account-entry.factory.js';
import { AccountReader } from './account-reader.js';
import { AccountRecovery } from './account-recovery.js';
import type { AccountState } from './account-state.js';

/** How old what is answered may be. */
const MAX_AGE_MS = 1000;

interface Snapshot {
  readonly readAt: number;
  readonly entries: readonly AccountEntry[];
  readonly states: readonly AccountState[];
  readonly byId: ReadonlyMap<string, AccountState>;
}

/** What this process knows of one platform's accounts. */
interface Shelf {
  /** Null after a write of this process. */
  current: Snapshot | null;
  reading: Promise<Snapshot> | null;
  /** What was read last, outdated or not: it tells the next reading what to ask for. */
  known: readonly AccountEntry[];
}

/**
 * The accounts in memory: picking one costs no round trip. What is answered is at most one second old, and never older
 * than the last write of this process (`forget`).
 */
@Injectable()
export class AccountDirectory {
  private readonly shelves = new Map<string, Shelf>();

  constructor(
    private readonly reader: AccountReader,
    private readonly recovery: AccountRecovery,
    private readonly clock: Clock,
  ) {}

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

  private snapshot(platform: string): Promise<Snapshot> {
    const shelf = this.shelfOf(platform);
    const { current } = shelf;
    if (current !== null && this.clock.now() - current.readAt < MAX_AGE_MS) return Promise.resolve(current);
    shelf.reading ??= this.read(platform, shelf);
    return shelf.reading;
  }

  private read(platform: string, shelf: Shelf): Promise<Snapshot> {
    const readAt = this.clock.now();
    const reading = this.reader
      .readAll(platform, shelf.known)
      .then((entries) => {
        const snapshot = toSnapshot(readAt, entries);
        shelf.known = entries;
        if (shelf.reading === reading) shelf.current = snapshot;
        this.recovery.recover(platform, entries);
        return snapshot;
      })
      .finally(() => {
        if (shelf.reading === reading) shelf.reading = null;
      });
    return reading;
  }

  private shelfOf(platform: string): Shelf {
    const shelf = this.shelves.get(platform) ?? { current: null, reading: null, known: [] };
    this.shelves.set(platform, shelf);
    return shelf;
  }
}

function toSnapshot(readAt: number, entries: readonly AccountEntry[]): Snapshot {
  const states = entries.map((entry) => entry.state);
  return { readAt, entries, states, byId: new Map(states.map((state) => [state.account.id, state])) };
}
