import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Alarm } from '../../core/logging/alarm.js';
import { Clock } from '../../core/time/clock.js';
import { SettlementQueue } from './settlement-queue.js';

const EVERY_MS = 30_000;
/** The journal keeps batches for so long after their confirmation. */
const KEPT_MS = 5 * 60_000;

/** Looks whether an idle process' last batches are still in the store, which may have been restarted from an older file. */
@Injectable()
export class SettlementWatch implements OnModuleInit, OnApplicationShutdown {
  private readonly alarm: Alarm;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly queue: SettlementQueue,
    private readonly clock: Clock,
  ) {
    this.alarm = new Alarm(new Logger(SettlementWatch.name), clock);
  }

  onModuleInit(): void {
    this.timer = setInterval(() => void this.look(), EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Called by a timer. Never rejects: the next look tries again. */
  async look(): Promise<void> {
    if (this.clock.now() - this.queue.lastConfirmedAt() > KEPT_MS) return;
    try {
      await this.queue.check();
    } catch (error: unknown) {
      this.alarm.raise({ msg: 'It is not known whether the store still has the last usage', error: String(error) });
    }
  }
}
