import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Alarm } from '../../core/logging/alarm.js';
import { Clock } from '../../core/time/clock.js';
import { settledWithin } from '../../stats/bounded-wait.js';
import type { RequestEntry } from '../requests/request-entry.js';
import { AttemptLogRepository } from './attempt-log.repository.js';

/** Entries are written together, so that the log costs a request next to nothing. */
export const FLUSH_EVERY_MS = 200;
export const FLUSH_AT = 200;
/** More do not wait for a slow store; the oldest are given up. */
export const MOST_WAITING = 5000;
const SHUTDOWN_WAIT_MS = 5000;

/** Collects what became of each request and has it written behind the answers. */
@Injectable()
export class AttemptLog implements OnApplicationShutdown {
  private readonly refusals: Alarm;
  private readonly crowding: Alarm;
  private readonly waiting: RequestEntry[] = [];
  private dropped = 0;
  private timer: NodeJS.Timeout | null = null;
  private flushed: Promise<void> = Promise.resolve();

  constructor(
    private readonly repository: AttemptLogRepository,
    clock: Clock,
  ) {
    const logger = new Logger(AttemptLog.name);
    this.refusals = new Alarm(logger, clock, 'warn');
    this.crowding = new Alarm(logger, clock, 'warn');
  }

  /** Never waits and never throws. */
  add(entry: RequestEntry): void {
    this.waiting.push(entry);
    if (this.waiting.length > MOST_WAITING) {
      this.waiting.shift();
      this.dropped += 1;
    }
    if (this.waiting.length === FLUSH_AT) void this.flush();
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_EVERY_MS).unref();
  }

  /** Resolves when all that was added so far is written or given up. Never rejects. */
  flush(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.flushed = this.flushed.then(() => this.writeAll());
    return this.flushed;
  }

  async onApplicationShutdown(): Promise<void> {
    await settledWithin(this.flush(), SHUTDOWN_WAIT_MS);
  }

  private async writeAll(): Promise<void> {
    for (let left = this.waiting.length; left > 0; left -= FLUSH_AT) {
      await this.write(this.waiting.splice(0, Math.min(left, FLUSH_AT)));
    }
    if (this.dropped === 0) return;
    const { dropped } = this;
    this.dropped = 0;
    this.crowding.raise({ msg: 'Requests are missing in the attempt log: the store was too slow for them', dropped });
  }

  /** Not tried again: what is missing is a look back, and the store has other things to catch up with. */
  private async write(entries: readonly RequestEntry[]): Promise<void> {
    try {
      await this.repository.write(entries);
    } catch (error: unknown) {
      const lost = entries.length;
      const msg = 'Requests are missing in the attempt log: the store did not take them';
      this.refusals.raise({ msg, lost, err: error });
    }
  }
}
