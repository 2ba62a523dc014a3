/** Stops and restarts the reading of a socket, or ends it. */
export interface BodyControl {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/** The body of one answer, read by pulling. */
export interface AnswerBody {
  /** The next chunk; null at a clean end. Rejects with the fault when the exchange broke. One reader at a time. */
  read(): Promise<Buffer | null>;
  /** Ends the exchange at once; a reader that waits is rejected with the reason. Safe to call at any time, any number of times. */
  abort(reason: Error): void;
}

/** Bytes that may wait for a reader before the socket is paused. */
const HIGH_WATER_BYTES = 64 * 1024;

/**
 * The body as it comes from the socket. Chunks arrive as the socket gives them and are handed on unchanged;
 * while nobody reads, at most about 64 KiB wait here and the socket is paused, so a slow client slows the upstream
 * instead of filling memory.
 */
export class UpstreamBody implements AnswerBody {
  private readonly chunks: Buffer[] = [];
  private waitingBytes = 0;
  private paused = false;
  private ended = false;
  private failure: Error | null = null;
  private waiter: { resolve: (chunk: Buffer | null) => void; reject: (error: Error) => void } | null = null;

  constructor(private readonly control: BodyControl) {}

  read(): Promise<Buffer | null> {
    const chunk = this.chunks.shift();
    if (chunk !== undefined) {
      this.waitingBytes -= chunk.length;
      // Not before: with each restart the client library copies all that the socket holds, and lets the socket read on.
      if (this.paused && this.chunks.length === 0) this.setPaused(false);
      return Promise.resolve(chunk);
    }
    if (this.failure !== null) return Promise.reject(this.failure);
    if (this.ended) return Promise.resolve(null);
    if (this.waiter !== null) return Promise.reject(new Error('The body is being read already'));
    return new Promise((resolve, reject) => {
      this.waiter = { resolve, reject };
    });
  }

  abort(reason: Error): void {
    if (this.ended || this.failure !== null) return;
    this.fail(reason);
    this.control.abort(reason);
  }

  push(chunk: Buffer): void {
    const waiter = this.takeWaiter();
    if (waiter !== null) {
      waiter.resolve(chunk);
      return;
    }
    this.chunks.push(chunk);
    this.waitingBytes += chunk.length;
    if (!this.paused && this.waitingBytes >= HIGH_WATER_BYTES) this.setPaused(true);
  }

  end(): void {
    this.ended = true;
    this.takeWaiter()?.resolve(null);
  }

  /** Chunks that came before the fault are still read first. */
  fail(error: Error): void {
    this.failure ??= error;
    this.takeWaiter()?.reject(error);
  }

  private setPaused(paused: boolean): void {
    this.paused = paused;
    if (paused) this.control.pause();
    else this.control.resume();
  }

  private takeWaiter(): typeof this.waiter {
    const waiter = this.waiter;
    this.waiter = null;
    return waiter;
  }
}
