import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Settlement, UsageReport } from '@crs/extension-api';
import {
  type LeftJournal,
  LeftJournals,
  type OpenRequest,
  RequestJournal,
} from '../../core/journal/request-journal.js';
import { pause, rejectedAfter, settledWithin } from '../bounded-wait.js';
import type { BatchChain } from './batch-chain.js';
import { BatchDelivery, type DeliverySignals, isPassing } from './batch-delivery.js';
import { SettlementPricer } from './settlement-pricer.js';
import { MOST_IN_BATCH } from './settlement-queue.js';
import { StoreIdRepository } from './store-id.repository.js';

/** The start waits so long for what ended processes have left, so that limits count it from the first request on. */
const START_WAIT_MS = 30_000;
const AGAIN_MS = 5000;
const ANSWER_MS = 10_000;

/** Books what processes have left behind that ended without settling it. */
@Injectable()
export class SettlementReplay implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(SettlementReplay.name);
  private readonly stopped = new AbortController();
  private readonly signals: DeliverySignals = { hurried: this.stopped.signal, stopped: this.stopped.signal };

  constructor(
    private readonly journals: LeftJournals,
    private readonly delivery: BatchDelivery,
    private readonly pricer: SettlementPricer,
    private readonly storeIds: StoreIdRepository,
    private readonly own: RequestJournal,
  ) {}

  /** Resolves when all is booked, or after half a minute; then it goes on in the background. */
  async onApplicationBootstrap(): Promise<void> {
    await settledWithin(this.replayAll(), START_WAIT_MS);
  }

  onApplicationShutdown(): void {
    this.stopped.abort();
  }

  /** Never rejects: what cannot be booked is left for another start. */
  async replayAll(): Promise<void> {
    try {
      for await (const left of this.journals.take()) await this.replayOrLeave(left);
      await this.findStoreId(null);
    } catch (error: unknown) {
      this.logger.error({
        msg: 'Journals of ended processes could not be read; the next start tries again',
        err: error,
      });
    }
  }

  private async replayOrLeave(left: LeftJournal): Promise<void> {
    try {
      const storeId = left.storeId === null ? null : await this.findStoreId(left.storeId);
      if (storeId !== left.storeId) {
        if (storeId === null) left.leave();
        else left.leaveToItsStore(storeId);
        return;
      }
      if (await this.replay(left)) {
        if (left.finish()) await this.delivery.retire(left.instance);
        return;
      }
    } catch (error: unknown) {
      const msg = 'What an ended process has used could not be booked; the next start tries again';
      this.logger.error({ msg, instance: left.instance, err: error });
    }
    left.leave();
  }

  /** False: stopped before its end. */
  private async replay(left: LeftJournal): Promise<boolean> {
    const chain = chainOf(left);
    const settled = await this.whenThere(chain.instance, () => this.delivery.findStored(chain));
    if (settled === null) return false;
    const isBehind = settled > chain.last;
    chain.last = Math.max(settled, chain.last);
    const missing = left.batches.filter(({ number }) => number > settled);
    for (const batch of missing) {
      if (!(await this.delivery.deliver(chain, batch, this.signals))) return false;
    }
    const open = await Promise.all(left.open.map((request) => this.price(request)));
    // A journal that has lost its last moment (a power cut) does not know what the store has of it.
    const rest = isBehind
      ? [await this.withoutBooked(left.unbatched), await this.withoutBooked(open)]
      : [left.unbatched, open];
    for (const settlements of rest.flatMap((each) => [...chunksOf(each)])) {
      chain.last += 1;
      chain.note(chain.last, settlements);
      if (!(await this.delivery.deliver(chain, { number: chain.last, settlements, isNew: true }, this.signals)))
        return false;
    }
    this.logger.log({
      msg: 'What an ended process has used is booked',
      instance: left.instance,
      settledRequests: missing.reduce((sum, { settlements }) => sum + settlements.length, left.unbatched.length),
      openRequests: open.length,
    });
    return true;
  }

  /** Waits for the store. Null: stopped. Rejects where waiting would not help: other journals must not wait for it. */
  private async whenThere<T>(instance: string, ask: () => Promise<T>): Promise<T | null> {
    while (!this.stopped.signal.aborted) {
      try {
        return await ask();
      } catch (error: unknown) {
        if (!isPassing(error)) throw error;
        const msg = 'The store cannot be asked; what an ended process has used waits for it';
        this.logger.warn({ msg, instance, error: String(error) });
        await pause(AGAIN_MS, this.stopped.signal);
      }
    }
    return null;
  }

  /** Of the store that is used, also for the own journal. Null: stopped. `known`: as `StoreIdRepository.findOrMake`. */
  private async findStoreId(known: string | null): Promise<string | null> {
    const ask = (): Promise<string> => rejectedAfter(this.storeIds.findOrMake(known), ANSWER_MS);
    const storeId = await this.whenThere(this.own.instance, ask);
    if (storeId !== null) this.own.belongsTo(storeId);
    return storeId;
  }

  private async withoutBooked(settlements: readonly Settlement[]): Promise<readonly Settlement[]> {
    const missing: Settlement[] = [];
    for (const each of settlements) {
      if (each.record === null || !(await this.delivery.isBooked(each.record))) missing.push(each);
    }
    return missing;
  }

  /** Nobody knows how such a request ended: what it is known to have used is booked, and flagged. */
  private price({ report, input, waste }: OpenRequest): Promise<Settlement> {
    const known: UsageReport =
      input === null
        ? report
        : {
            ...report,
            model: input.model ?? report.model,
            usage: input.usage,
            speed: input.speed,
            serviceTier: input.serviceTier,
          };
    return this.pricer.price({ requestId: report.requestId, report: { ...known, estimated: true }, waste });
  }
}

function chainOf(left: LeftJournal): BatchChain {
  return {
    instance: left.instance,
    last: Math.max(left.lastConfirmed, left.batches.at(-1)?.number ?? 0),
    confirmed: left.lastConfirmed,
    note: (number, settlements) => {
      left.batched(number, settlements);
    },
    read: (first) => Promise.resolve(left.batches.filter(({ number }) => number >= first)),
  };
}

function* chunksOf(settlements: readonly Settlement[]): Generator<readonly Settlement[]> {
  for (let at = 0; at < settlements.length; at += MOST_IN_BATCH) yield settlements.slice(at, at + MOST_IN_BATCH);
}
