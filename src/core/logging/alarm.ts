import type { Logger } from '@nestjs/common';
import type { Clock } from '../time/clock.js';
import { isOver } from '../time/is-over.js';

const EVERY_MS = 60_000;

/** Says what is wrong at most once a minute, however often it happens. */
export class Alarm {
  private quietUntil = Number.NEGATIVE_INFINITY;
  private suppressed = 0;

  constructor(
    private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly level: 'error' | 'warn' = 'error',
  ) {}

  raise(facts: { readonly msg: string } & Readonly<Record<string, unknown>>): void {
    const now = this.clock.now();
    if (!isOver(now, this.quietUntil, EVERY_MS)) {
      this.suppressed += 1;
      return;
    }
    this.logger[this.level]({ ...facts, ...(this.suppressed > 0 && { suppressed: this.suppressed }) });
    this.suppressed = 0;
    this.quietUntil = now + EVERY_MS;
  }
}
