import type { Settlement, UsageRecord } from '@crs/extension-api';
import type { DiscoveryService } from '@nestjs/core';
import type { Clock } from '../../src/core/time/clock.js';
import { BatchDelivery } from '../../src/stats/ledger/batch-delivery.js';
import type { NumberedBatch, SettlementRepository } from '../../src/stats/ledger/settlement.repository.js';
import type { SettleReply } from '../../src/stats/ledger/settle-batch.script.js';
import { SettlementQueue } from '../../src/stats/ledger/settlement-queue.js';
import { UsageSinks } from '../../src/stats/ledger/usage-sinks.js';
import { MemoryJournal } from './memory-journal.js';

/** How a store answers a batch: null = as it should. */
export type Fault = (batch: NumberedBatch) => Error | Promise<never> | null;

/** Settles in memory, by the same rules as the script. It can fail, and lose what it has acknowledged. */
export class FakeSettlements {
  /** Requests that it has, by number of their batch; of one instance. */
  readonly batches = new Map<number, readonly string[]>();
  /** Every call, in order: `1: req-1,req-2`. */
  readonly calls: string[] = [];
  readonly asked: string[] = [];
  readonly retired: string[] = [];
  fault: Fault = () => null;
  refused: readonly string[] = [];
  private stored = 0;

  async settle(batch: NumberedBatch, after = batch.number - 1): Promise<SettleReply> {
    const { number, settlements } = batch;
    const ids = settlements.map(({ requestId }) => requestId);
    this.calls.push(`${number}: ${ids.join(',')}`);
    const fault = this.fault(batch);
    if (fault instanceof Error) throw fault;
    if (fault !== null) return fault;
    if (number <= this.stored) return { kind: 'duplicate' };
    if (this.stored < after) return { kind: 'gap', stored: this.stored };
    this.stored = number;
    this.batches.set(number, ids);
    return { kind: 'settled', refusedWrites: this.refused.length, refusedKeys: this.refused };
  }

  async findSettled(instance: string): Promise<number> {
    this.asked.push(instance);
    return this.stored;
  }

  async hasRecord({ report }: UsageRecord): Promise<boolean> {
    return this.requestIds.includes(report.requestId);
  }

  async retire(instance: string): Promise<void> {
    this.retired.push(instance);
  }

  /** As a store of which somebody has deleted the number. */
  loseNumber(): void {
    this.stored = 0;
  }

  /** As another process that settles under the same name. */
  settleElsewhere(): void {
    this.stored += 1;
  }

  /** As a store that is restarted from an older file. */
  lose(from: number): void {
    for (const number of this.batches.keys()) if (number >= from) this.batches.delete(number);
    this.stored = Math.min(this.stored, from - 1);
  }

  /** What it has of requests, in the order of batches. */
  get requestIds(): string[] {
    return [...this.batches.values()].flat();
  }

  get asRepository(): SettlementRepository {
    return this as unknown as SettlementRepository;
  }
}

/** The queue of one process before a store that can fail. */
export class LedgerRig {
  readonly journal = new MemoryJournal();
  readonly store = new FakeSettlements();
  readonly delivery: BatchDelivery;
  readonly queue: SettlementQueue;
  private requests = 0;

  constructor(
    clock: Clock,
    sinks: UsageSinks = new UsageSinks({ getProviders: () => [] } as unknown as DiscoveryService, clock),
  ) {
    this.delivery = new BatchDelivery(this.store.asRepository, clock);
    this.queue = new SettlementQueue(this.journal, this.delivery, sinks, clock);
  }

  /** Notes and adds so many settlements; answers their places. */
  add(make: (requestId: string) => Settlement, count = 1): number[] {
    return Array.from({ length: count }, () => {
      this.requests += 1;
      const settlement = make(`req-${this.requests}`);
      this.journal.settled(settlement);
      return this.queue.add(settlement);
    });
  }
}
