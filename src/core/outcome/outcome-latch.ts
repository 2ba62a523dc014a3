import type { UsageReport, WastedAttempt } from '@crs/extension-api';

/** How a client request ended. */
export type RelayEnd = 'completed' | 'client_gone' | 'upstream_broken' | 'stopped' | 'failed';

export interface RelayOutcome {
  readonly requestId: string;
  readonly end: RelayEnd;
  /** What is to be booked; null when nothing was spent. */
  readonly report: UsageReport | null;
  /** Attempts that an upstream was paid for and that led to no answer. */
  readonly waste: readonly WastedAttempt[];
}

type Listener = (outcome: RelayOutcome) => Promise<void>;

/**
 * The one end of one client request. A handler returns long before the last byte, so whatever must be durable before
 * the client can believe the answer to be whole is registered here and awaited by the one who sends the final bytes.
 */
export class OutcomeLatch {
  private readonly listeners: Listener[] = [];
  private settling: Promise<void> | null = null;

  /** Registers what must be done before the end; a listener handles its own errors and bounds its own wait. */
  beforeEnd(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** Settles the outcome; the first call wins. Resolves when every listener has finished, and never rejects. */
  settle(outcome: RelayOutcome): Promise<void> {
    this.settling ??= Promise.allSettled(this.listeners.map((listener) => listener(outcome))).then(() => undefined);
    return this.settling;
  }
}
