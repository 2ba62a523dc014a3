import { Injectable } from '@nestjs/common';
import { OutageLimits, type UsageReport, type WastedAttempt } from '@crs/extension-api';
import { RequestJournal } from '../../core/journal/request-journal.js';
import { settledWithin } from '../bounded-wait.js';
import { SettlementPricer } from './settlement-pricer.js';
import { SettlementQueue } from './settlement-queue.js';

/** Without the journal the last bytes of an answer wait for the store, but not longer. */
const ANSWER_WAIT_MS = 2000;

/** Makes what a request used durable before its answer ends. */
@Injectable()
export class UsageRecorder {
  constructor(
    private readonly pricer: SettlementPricer,
    private readonly journal: RequestJournal,
    private readonly queue: SettlementQueue,
    private readonly outageLimits: OutageLimits,
  ) {}

  /**
   * Resolves when the journal has what is to be booked; where it did not take it, when the store has it, or after two
   * seconds. With neither report nor waste the request is only noted as over. Never rejects.
   */
  async record(report: UsageReport | null, waste: readonly WastedAttempt[], requestId: string): Promise<void> {
    const settlement = await this.pricer.price({ requestId, report, waste });
    const isNoted = this.journal.settled(settlement);
    if (settlement.record !== null) this.outageLimits.charge(settlement.record);
    if (settlement.record === null && settlement.waste.length === 0) return;
    const place = this.queue.add(settlement);
    if (!isNoted) await settledWithin(this.queue.whenStored(place), ANSWER_WAIT_MS);
  }
}
