import { StoreUnavailableError } from '@crs/store';
import type { Clock } from '../time/clock.js';

/** How long a process serves what it knows while the store is away. */
export const OUTAGE_GRACE_MS = 60_000;

/**
 * How long one kind of question has gone without an answer of the store. Each kind has its own: a Redis that only refuses
 * writes answers reads, and must not make the writes' outage look new each time.
 */
export class StoreOutage {
  /** Epoch ms of the first failure since the last answer. */
  private since: number | null = null;

  constructor(private readonly clock: Clock) {}

  /** The store did not answer when it was last asked. */
  get isOn(): boolean {
    return this.since !== null;
  }

  /** The store has answered. */
  end(): void {
    this.since = null;
  }

  /** Returns where the caller may do without the store; throws the error where it is no outage, or one of over a minute. */
  endure(error: unknown): void {
    if (!(error instanceof StoreUnavailableError)) throw error;
    const now = this.clock.now();
    this.since ??= now;
    if (now - this.since >= OUTAGE_GRACE_MS) throw error;
  }
}
