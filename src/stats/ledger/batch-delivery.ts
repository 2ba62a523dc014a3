import { Injectable, Logger } from '@nestjs/common';
import type { Settlement, UsageRecord } from '@crs/extension-api';
import { StoreUnavailableError } from '@crs/store';
import { Alarm } from '../../core/logging/alarm.js';
import { Clock } from '../../core/time/clock.js';
import { NoAnswerError, pause, rejectedAfter, settledWithin } from '../bounded-wait.js';
import type { BatchChain } from './batch-chain.js';
import { figuresOf } from './settlement-figures.js';
import { SettlementRepository } from './settlement.repository.js';

/** A store that says nothing for so long is asked again; settling twice under one number is harmless. */
const ANSWER_MS = 10_000;
const RETIRE_MS = 1000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** Whoever waits for the store is not kept longer by a pause. */
const AWAITED_PAUSE_MS = 1000;
/** So often a store that can be reached may refuse a batch. */
const MOST_FAULTS = 3;
/** A store that loses batches while it is sent them again. */
const MOST_REPAIRS = 3;

interface Batch {
  readonly number: number;
  readonly settlements: readonly Settlement[];
  /** It has never been sent, so that the store cannot have it. */
  readonly isNew?: boolean;
}

/** When a delivery may go on: `stopped` ends it, `hurried` only ends its pauses early. */
export interface DeliverySignals {
  readonly stopped: AbortSignal;
  readonly hurried: AbortSignal;
  /** Somebody waits for what is delivered. */
  readonly isAwaited?: () => boolean;
}

/** Brings batches into the store, each under its number, however long the store is away. */
@Injectable()
export class BatchDelivery {
  private readonly logger = new Logger(BatchDelivery.name);
  private readonly unreachable: Alarm;
  private readonly refusals: Alarm;

  constructor(
    private readonly repository: SettlementRepository,
    clock: Clock,
  ) {
    this.unreachable = new Alarm(this.logger, clock);
    this.refusals = new Alarm(this.logger, clock);
  }

  /**
   * Resolves when the store has the batch, or knows that it never will; false: it was stopped before. A batch that the
   * store cannot take although it takes an empty one holds something that no trying will bring in: its requests are then
   * sent one by one, so that only that one is lost, with its figures in the log.
   */
  async deliver(chain: BatchChain, batch: Batch, signals: DeliverySignals): Promise<boolean> {
    let pauseMs = FIRST_PAUSE_MS;
    let faults = 0;
    let sending = batch;
    let isTaken = false;
    while (!signals.stopped.aborted) {
      try {
        if (isTaken) sending = await this.renumber(chain, sending);
        isTaken = (await this.send(chain, sending)) === 'duplicate' && sending.isNew === true;
        if (isTaken) continue;
        chain.confirmed = Math.max(chain.confirmed, sending.number);
        return true;
      } catch (error: unknown) {
        // It may have arrived all the same.
        if (!isTaken) sending = { ...sending, isNew: false };
        this.tell(chain, sending, error);
        if (!isPassing(error)) faults += 1;
        if (faults >= MOST_FAULTS) {
          if (await this.closeEmpty(chain, sending)) return this.deliverApart(chain, sending, signals);
          faults = 0;
        }
        await rest(pauseMs, signals);
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      }
    }
    return false;
  }

  /** Sends again what the store has lost of the batches up to `last`. */
  async repair(chain: BatchChain, last: number): Promise<void> {
    const stored = await this.findStored(chain);
    if (stored < last) await this.sendAgain(chain, stored, last);
  }

  /** Number of the last batch that the store has; 0 = none. Rejects as the store does, or when it does not answer. */
  async findStored(chain: BatchChain): Promise<number> {
    const stored = await rejectedAfter(this.repository.findSettled(chain.instance), ANSWER_MS);
    return stored > 0 ? stored : this.restoreNumber(chain);
  }

  /** No batch of this instance will come any more. Never rejects: a number that stays is small, and does no harm. */
  async retire(instance: string): Promise<void> {
    await settledWithin(this.repository.retire(instance), RETIRE_MS);
  }

  /** Whether the store has a request; in doubt it has. */
  isBooked(record: UsageRecord): Promise<boolean> {
    return rejectedAfter(this.repository.hasRecord(record), ANSWER_MS);
  }

  private async send(chain: BatchChain, batch: Batch): Promise<'settled' | 'duplicate'> {
    for (let repairs = 0; repairs <= MOST_REPAIRS; repairs += 1) {
      const reply = await this.settle(chain, batch, batch.number - 1);
      if (reply.kind !== 'gap') return reply.kind;
      const after = await this.sendAgain(chain, reply.stored, batch.number - 1);
      const { kind } = await this.settle(chain, batch, after);
      if (kind !== 'gap') return kind;
    }
    throw new StoreUnavailableError('It loses batches of usage as fast as it is given them');
  }

  /**
   * A store without the number either has lost the batches, too, or the number alone (somebody deleted it, or Redis
   * evicted it): then they must not be sent again. Where the last request of them stands in the records, or that cannot be
   * told, the store is given the number back. Answers the number of the last batch that it has.
   */
  private async restoreNumber(chain: BatchChain): Promise<number> {
    const number = chain.confirmed;
    if (number === 0) return 0;
    const kept = (await chain.read(1)).filter((batch) => batch.number <= number);
    const record = kept.flatMap(({ settlements }) => settlements).findLast((each) => each.record !== null)?.record;
    const isStored = !!record && (await rejectedAfter(this.repository.hasRecord(record), ANSWER_MS));
    if (!isStored) return 0;
    const { instance } = chain;
    this.logger.warn({
      msg: 'The store has lost the number of the last batch of usage, but not the usage: the number is written again',
      instance,
      batch: number,
    });
    await this.settle(chain, { number, settlements: [] }, 0);
    return number;
  }

  /** Another process has used the number: there is a copy of the journal. */
  private async renumber(chain: BatchChain, { number, settlements }: Batch): Promise<Batch> {
    const stored = await rejectedAfter(this.repository.findSettled(chain.instance), ANSWER_MS);
    this.logger.error({
      msg:
        'Another process settles usage under the name of this one: a copy of its data folder was started. Stop that ' +
        'one, or give it a store of its own. What this one has to book is sent again under the next number',
      instance: chain.instance,
      batch: number,
      stored,
    });
    chain.last = Math.max(stored, chain.last) + 1;
    chain.note(number, []);
    chain.note(chain.last, settlements);
    return { number: chain.last, settlements, isNew: true };
  }

  /** The number behind which the chain goes on. */
  private async sendAgain(chain: BatchChain, told: number, last: number): Promise<number> {
    const stored = told > 0 ? told : await this.restoreNumber(chain);
    if (stored >= last) return stored;
    const kept = (await chain.read(stored + 1)).filter(({ number }) => number > stored && number <= last);
    const facts = { instance: chain.instance, stored, missing: last - stored, kept: kept.length };
    this.logger.warn({ msg: 'The store has lost batches of usage; they are sent again', ...facts });
    if (kept.length < last - stored) {
      this.logger.error({
        msg: 'Some usage is missing in the store: it was restored from an older state, and these batches are not kept any more',
        lostBatches: last - stored - kept.length,
        ...facts,
      });
    }
    let after = stored;
    for (const { number, settlements } of kept) {
      await this.settle(chain, { number, settlements }, after);
      after = number;
    }
    return after;
  }

  private async settle({ instance }: BatchChain, { number, settlements }: Batch, after: number) {
    const reply = await rejectedAfter(this.repository.settle({ instance, number, settlements }, after), ANSWER_MS);
    if (reply.kind === 'settled' && reply.refusedWrites > 0) {
      const { refusedWrites, refusedKeys } = reply;
      const msg =
        'Some counters were left out: the store refuses to write these keys, which hold values of another type or may not be written. Delete or repair them';
      this.refusals.raise({ msg, refusedWrites, refusedKeys, batch: number });
    }
    return reply;
  }

  /** False: the store does not take an empty batch either, so the fault is not in this one. */
  private async closeEmpty(chain: BatchChain, { number, settlements }: Batch): Promise<boolean> {
    chain.note(number, []);
    try {
      await this.send(chain, { number, settlements: [] });
      return true;
    } catch {
      chain.note(number, settlements);
      return false;
    }
  }

  private async deliverApart(chain: BatchChain, batch: Batch, signals: DeliverySignals): Promise<boolean> {
    const { number, settlements } = batch;
    const [only] = settlements;
    if (only !== undefined && settlements.length === 1) {
      // In no batch, it would be tried again by every start to come.
      chain.note(number, settlements);
      this.logger.error({ msg: 'Usage was not booked: the store refuses it', ...figuresOf(only) });
      return true;
    }
    for (const settlement of settlements) {
      chain.last += 1;
      chain.note(chain.last, [settlement]);
      if (!(await this.deliver(chain, { number: chain.last, settlements: [settlement], isNew: true }, signals)))
        return false;
    }
    return true;
  }

  private tell({ instance }: BatchChain, { number, settlements }: Batch, error: unknown): void {
    const facts = { instance, batch: number, requests: settlements.length, error: messageOf(error) };
    if (isPassing(error)) {
      this.unreachable.raise({
        msg: 'The store does not take usage; it is kept and tried again until it does',
        ...facts,
      });
      return;
    }
    const requestIds = settlements.map(({ requestId }) => requestId);
    this.logger.error({ msg: 'The store refuses a batch of usage', ...facts, requestIds });
  }
}

/** In steps, because somebody may begin to wait meanwhile. */
async function rest(ms: number, { stopped, hurried, isAwaited }: DeliverySignals): Promise<void> {
  const signal = hurried.aborted ? stopped : hurried;
  for (let left = ms; left > 0; left -= AWAITED_PAUSE_MS) {
    await pause(Math.min(left, AWAITED_PAUSE_MS), signal);
    if (signal.aborted || isAwaited?.() === true) return;
  }
}

export const isPassing = (error: unknown): boolean =>
  error instanceof StoreUnavailableError || error instanceof NoAnswerError;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
