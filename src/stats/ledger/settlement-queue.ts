import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { type AccountId, type ApiKeyId, type Settlement, SettlementBarrier } from '@crs/extension-api';
import { RequestJournal } from '../../core/journal/request-journal.js';
import { Alarm } from '../../core/logging/alarm.js';
import { Clock } from '../../core/time/clock.js';
import { pause, settledWithin } from '../bounded-wait.js';
import type { BatchChain } from './batch-chain.js';
import { BatchDelivery, type DeliverySignals } from './batch-delivery.js';
import { UsageSinks } from './usage-sinks.js';

/** Settlements that come within this time share a batch. */
const GATHER_MS = 20;
/** A longer batch would hold up everyone else who asks the store, and this process while it is written out. */
export const MOST_IN_BATCH = 100;
const MANY_WAITING = 50_000;
const SHUTDOWN_WAIT_MS = 5000;

interface Waiter {
  readonly place: number;
  readonly resolve: () => void;
}

/**
 * Collects settlements and has them brought into the store in batches, one after the other. Nothing is dropped: what
 * cannot be brought in before the process ends stays in the journal.
 */
@Injectable()
export class SettlementQueue extends SettlementBarrier implements OnApplicationShutdown {
  private readonly logger = new Logger(SettlementQueue.name);
  private readonly crowding: Alarm;
  private readonly chain: BatchChain;
  private waiting: Settlement[] = [];
  /** Places are numbered in the order in which settlements come. */
  private lastPlace = 0;
  private storedPlace = 0;
  private readonly lastPlaceOf = new Map<string, number>();
  private readonly waiters = new Set<Waiter>();
  private isSending = false;
  private lastBegan = Number.NEGATIVE_INFINITY;
  private urgency = new AbortController();
  private readonly hurried = new AbortController();
  private readonly stopped = new AbortController();
  private readonly signals: DeliverySignals = {
    hurried: this.hurried.signal,
    stopped: this.stopped.signal,
    isAwaited: () => this.waiters.size > 0,
  };
  /** Epoch ms of the last confirmation. */
  private confirmedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly journal: RequestJournal,
    private readonly delivery: BatchDelivery,
    private readonly sinks: UsageSinks,
    private readonly clock: Clock,
  ) {
    super();
    this.crowding = new Alarm(this.logger, clock);
    this.chain = {
      instance: journal.instance,
      last: 0,
      confirmed: 0,
      note: (number, settlements) => {
        journal.batched(
          number,
          settlements.map(({ requestId }) => requestId),
        );
      },
      read: (first) => journal.readBatches(first),
    };
  }

  /** How many settlements are not in the store yet. */
  backlog(): number {
    return this.lastPlace - this.storedPlace;
  }

  /** Takes what the journal has, or should have; answers its place. */
  add(settlement: Settlement): number {
    this.waiting.push(settlement);
    this.lastPlace += 1;
    for (const id of ownersOf(settlement)) this.lastPlaceOf.set(id, this.lastPlace);
    if (this.isCrowded()) {
      const msg = 'Very much usage waits for the store, in memory and in the journal. Bring the store back';
      this.crowding.raise({ msg, waiting: this.backlog() });
    }
    void this.run();
    return this.lastPlace;
  }

  /** Resolves when the store has everything up to a place; asks for it at once. Never rejects. */
  whenStored(place: number): Promise<void> {
    return this.waitFor(place, null);
  }

  override isCrowded(): boolean {
    return this.backlog() >= MANY_WAITING;
  }

  override whenSettled(id: ApiKeyId | AccountId, signal: AbortSignal): Promise<void> {
    return this.waitFor(this.lastPlaceOf.get(id) ?? 0, signal);
  }

  /** Resolves when everything that was settled so far is in the store; also when the signal is aborted. */
  flushed(signal: AbortSignal | null = null): Promise<void> {
    return this.waitFor(this.lastPlace, signal);
  }

  /** Epoch ms at which the store last confirmed a batch. */
  lastConfirmedAt(): number {
    return this.confirmedAt;
  }

  /** Sends again what the store has lost; nothing while a batch is on its way, which will see it. Rejects as the store does. */
  async check(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    try {
      await this.delivery.repair(this.chain, this.chain.last);
    } finally {
      this.isSending = false;
      void this.run();
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.hurried.abort();
    await settledWithin(this.flushed(), SHUTDOWN_WAIT_MS);
    this.stopped.abort();
    if (this.backlog() > 0) {
      const msg = 'Some usage is not in the store yet; it is in the journal, and the next start books it';
      this.logger.warn({ msg, requests: this.backlog() });
    } else if (this.chain.last > 0) {
      await this.delivery.retire(this.chain.instance);
    }
  }

  private waitFor(place: number, signal: AbortSignal | null): Promise<void> {
    if (place <= this.storedPlace || signal?.aborted === true) return Promise.resolve();
    this.urgency.abort();
    return new Promise((resolve) => {
      const end = (): void => {
        signal?.removeEventListener('abort', end);
        this.waiters.delete(waiter);
        resolve();
      };
      const waiter: Waiter = { place, resolve: end };
      this.waiters.add(waiter);
      signal?.addEventListener('abort', end);
    });
  }

  /** Never rejects. */
  private async run(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    while (this.waiting.length > 0 && !this.stopped.signal.aborted) {
      await this.gather();
      const batch = this.waiting.splice(0, MOST_IN_BATCH);
      this.chain.last += 1;
      const number = this.chain.last;
      this.chain.note(number, batch);
      if (await this.delivery.deliver(this.chain, { number, settlements: batch, isNew: true }, this.signals))
        this.confirm(batch);
      // The embedded store answers within the same turn of the event loop: others must get theirs between two batches.
      if (this.waiting.length > 0) await pause(0, this.stopped.signal);
    }
    this.isSending = false;
  }

  /** Waits for company, unless somebody waits for us or there is enough of it. */
  private async gather(): Promise<void> {
    const restMs = Math.min(this.lastBegan + GATHER_MS - this.clock.now(), GATHER_MS);
    if (restMs > 0 && this.waiting.length < MOST_IN_BATCH && this.waiters.size === 0) {
      await pause(restMs, this.urgency.signal);
    }
    this.urgency = new AbortController();
    this.lastBegan = this.clock.now();
  }

  private confirm(batch: readonly Settlement[]): void {
    this.journal.confirmed(this.chain.last);
    this.confirmedAt = this.clock.now();
    this.storedPlace += batch.length;
    for (const settlement of batch) {
      for (const id of ownersOf(settlement)) {
        if ((this.lastPlaceOf.get(id) ?? 0) <= this.storedPlace) this.lastPlaceOf.delete(id);
      }
    }
    for (const { place, resolve } of this.waiters) if (place <= this.storedPlace) resolve();
    this.sinks.offer(batch.flatMap(({ record }) => (record === null ? [] : [record])));
  }
}

/** Whose limits a settlement changes. */
function* ownersOf({ record, waste }: Settlement): Generator<string> {
  if (record !== null) {
    yield record.report.keyId;
    yield record.report.accountId;
  }
  for (const { attempt } of waste) yield attempt.accountId;
}
