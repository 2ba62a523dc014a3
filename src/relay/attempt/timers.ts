import { setTimeout as delay } from 'node:timers/promises';

/** A timer that ends with its user: `stop` (safe to call twice) ends it for good. */
export class Deadline {
  private readonly timer: NodeJS.Timeout;

  constructor(ms: number, onExpired: () => void) {
    this.timer = setTimeout(onExpired, ms);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}

/**
 * Bounds the silence of an upstream: each wait for it on its own, and only while it is waited for. Time that passes
 * while the client takes what came is the client's. One timer for a whole stream, because there is a wait per chunk.
 */
export class SilenceWatch {
  private readonly timer: NodeJS.Timeout;
  private isWaiting = false;

  constructor(ms: number, onSilence: () => void) {
    this.timer = setTimeout(() => {
      // Fired while nobody waited: the next wait starts it anew.
      if (this.isWaiting) onSilence();
    }, ms);
  }

  async during<T>(wait: () => Promise<T>): Promise<T> {
    this.isWaiting = true;
    this.timer.refresh();
    try {
      return await wait();
    } finally {
      this.isWaiting = false;
    }
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}

/** Resolves after so many ms, or as soon as the signal is aborted. Never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
