import { LiveRequests } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { StoppingError } from './attempt/attempt-failed.error.js';

/** The requests that are being relayed, so that a process that must stop can end each of them honestly. */
@Injectable()
export class OpenRelays extends LiveRequests {
  private readonly open = new Set<AbortController>();

  /** Runs one request; `signal` is aborted with a `StoppingError` when the process cannot wait for it any longer. */
  async run(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    this.open.add(controller);
    try {
      await work(controller.signal);
    } finally {
      this.open.delete(controller);
    }
  }

  count(): number {
    return this.open.size;
  }

  /** Tells every client that its answer ends here, and books what it used. Answers how many there were. */
  stopAll(): number {
    const all = [...this.open];
    for (const controller of all) controller.abort(new StoppingError());
    return all.length;
  }
}
