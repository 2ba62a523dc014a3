import type { UsageRecord } from './usage.js';

/** Keeps what requests of a key may use while the store is away. Injected by this class as its token. */
export abstract class OutageLimits {
  /** Told of each request when it is priced, so that what it really used counts in place of its estimate. Never throws. */
  abstract charge(record: UsageRecord): void;
}
