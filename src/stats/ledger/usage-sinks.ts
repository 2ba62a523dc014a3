import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { type UsageRecord, type UsageSink, UsageSinkProvider } from '@crs/extension-api';
import { Alarm } from '../../core/logging/alarm.js';
import { Clock } from '../../core/time/clock.js';
import { rejectedAfter } from '../bounded-wait.js';

const TAKE_MS = 10_000;
const MOST_AT_ONCE = 1000;
const MOST_WAITING = 10_000;

/** Passes records to the sinks of this process, found by their `@UsageSinkProvider({ name })`. */
@Injectable()
export class UsageSinks implements OnApplicationShutdown {
  private readonly logger = new Logger(UsageSinks.name);
  private readonly closing = new AbortController();
  private found: readonly SinkLane[] | null = null;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly clock: Clock,
  ) {}

  /** Never throws, and waits for nobody. */
  offer(records: readonly UsageRecord[]): void {
    if (records.length === 0) return;
    this.found ??= this.discover();
    for (const lane of this.found) lane.offer(records);
  }

  onApplicationShutdown(): void {
    this.closing.abort();
  }

  private discover(): readonly SinkLane[] {
    return this.discovery.getProviders({ metadataKey: UsageSinkProvider.KEY }).flatMap((wrapper) => {
      const name = this.discovery.getMetadataByDecorator(UsageSinkProvider, wrapper)?.name ?? String(wrapper.name);
      const sink: unknown = wrapper.instance;
      if (isSink(sink)) return [new SinkLane(name, sink, new Alarm(this.logger, this.clock), this.closing.signal)];
      this.logger.error({ msg: 'A usage sink has no method "take"; it gets nothing', sink: name });
      return [];
    });
  }
}

/** Passes records to one sink, in order, and forgets what a slow one has no time for. */
class SinkLane {
  private waiting: UsageRecord[] = [];
  private isTaking = false;

  constructor(
    private readonly name: string,
    private readonly sink: UsageSink,
    private readonly alarm: Alarm,
    private readonly closing: AbortSignal,
  ) {}

  offer(records: readonly UsageRecord[]): void {
    const room = Math.max(0, MOST_WAITING - this.waiting.length);
    this.waiting.push(...records.slice(0, room));
    if (records.length > room) {
      const msg = 'A usage sink is too slow; it does not get these records';
      this.alarm.raise({ msg, sink: this.name, records: records.length - room });
    }
    void this.run();
  }

  /** Never rejects. */
  private async run(): Promise<void> {
    if (this.isTaking) return;
    this.isTaking = true;
    while (this.waiting.length > 0 && !this.closing.aborted) await this.pass(this.waiting.splice(0, MOST_AT_ONCE));
    this.isTaking = false;
  }

  private async pass(records: readonly UsageRecord[]): Promise<void> {
    const late = new AbortController();
    try {
      const taken = Promise.resolve(this.sink.take(records, AbortSignal.any([late.signal, this.closing])));
      await rejectedAfter(taken, TAKE_MS);
    } catch (error: unknown) {
      const msg = 'A usage sink has failed; it does not get these records again';
      this.alarm.raise({ msg, sink: this.name, records: records.length, error: String(error) });
    } finally {
      late.abort();
    }
  }
}

const isSink = (value: unknown): value is UsageSink =>
  typeof value === 'object' && value !== null && 'take' in value && typeof value.take === 'function';
