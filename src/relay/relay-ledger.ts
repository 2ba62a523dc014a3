import type {
  AdmissionTicket,
  LeaseRef,
  MeterReading,
  UpstreamAccount,
  UsageMeter,
  UsageReport,
  WastedAttempt,
} from '@crs/extension-api';
import { Injectable, Logger } from '@nestjs/common';
import { RequestJournal } from '../core/journal/request-journal.js';
import { Alarm } from '../core/logging/alarm.js';
import type { RelayEnd } from '../core/outcome/outcome-latch.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { Clock } from '../core/time/clock.js';
import type { RetryJob } from './attempt/retry-job.js';
import { toUsageReport, toWastedAttempt } from './usage-report.js';

/** An attempt that is about to cost something. */
export interface LedgerAttempt extends RetryJob {
  readonly account: UpstreamAccount;
  readonly meter: UsageMeter;
}

/** What the books learn of a call: in the journal while it runs, as a report at its end. */
@Injectable()
export class RelayLedger {
  private readonly guesswork: Alarm;

  constructor(
    private readonly journal: RequestJournal,
    private readonly platforms: PlatformRegistry,
    private readonly clock: Clock,
  ) {
    this.guesswork = new Alarm(new Logger(RelayLedger.name), clock, 'warn');
  }

  /** Before a request is sent: if the process ends now, it is booked with what is known. */
  noteDispatch(attempt: LedgerAttempt): void {
    if (!attempt.endpoint.isBooked) return;
    const spending = { account: attempt.account, reading: attempt.meter.read(), status: 200, answerBytes: 0 };
    const report = this.toReport(attempt, spending, { isWhole: false, admission: ticketOf(attempt) });
    this.journal.dispatched(report, attempt.waste);
  }

  /** As soon as the upstream has told its input. */
  noteInput({ request, endpoint }: LedgerAttempt, { model, usage, speed, serviceTier }: MeterReading): void {
    if (endpoint.isBooked) this.journal.inputKnown(request.id, { model, usage, speed, serviceTier });
  }

  /** What the account was paid for an attempt that has failed; null: nothing that is known. */
  findWaste({ request, endpoint, account, meter }: LedgerAttempt): WastedAttempt | null {
    const reading = meter.read();
    if (!endpoint.isBooked || !reading.started) return null;
    const { service } = this.platforms.get(account.platform);
    return toWastedAttempt({ request, account, service, reading, at: this.clock.now() });
  }

  /**
   * What a call has cost; null: no account was being paid when it ended. From here on the booking ends what is held. A
   * call that nobody waited for any more is booked with what was seen of it, be it nothing.
   */
  close(job: RetryJob, end: RelayEnd): UsageReport | null {
    const { spending } = job;
    if (spending === null || !job.endpoint.isBooked) return null;
    const { meter, status, answerBytes, selection } = spending;
    const seen = { account: selection.account, reading: meter.read(), status, answerBytes };
    const isWhole = end === 'completed';
    const report = this.toReport(job, seen, { isWhole, admission: handOver(job) });
    if (report.usageMissing || (isWhole && report.estimated)) this.tellGuess(report);
    return report;
  }

  private tellGuess({ requestId, accountId, model }: UsageReport): void {
    this.guesswork.raise({
      msg: 'An upstream did not tell what a request used, or told no believable number of tokens: booked by length and flagged. See what the address of this account answers as `usage`',
      requestId,
      accountId,
      model,
    });
  }

  private toReport(
    { request, principal }: RetryJob,
    seen: {
      readonly account: UpstreamAccount;
      readonly reading: MeterReading;
      readonly status: number;
      readonly answerBytes: number;
    },
    closing: { readonly isWhole: boolean; readonly admission: AdmissionTicket },
  ): UsageReport {
    const platform = this.platforms.get(seen.account.platform);
    return toUsageReport({ request, principal, platform, ...seen, ...closing, endedAt: this.clock.now() });
  }
}

function handOver({ admission, slot, request }: RetryJob): AdmissionTicket {
  const { leases, model } = admission?.handOver() ?? { leases: [], model: request.model };
  return { leases: withSlot(leases, slot?.handOver() ?? null), model };
}

/** What the call holds now; it goes on holding it. */
function ticketOf({ admission, slot, request }: RetryJob): AdmissionTicket {
  const { leases, model } = admission?.ticket ?? { leases: [], model: request.model };
  return { leases: withSlot(leases, slot?.ref ?? null), model };
}

const withSlot = (leases: readonly LeaseRef[], slot: LeaseRef | null): readonly LeaseRef[] =>
  slot === null ? leases : [...leases, slot];
