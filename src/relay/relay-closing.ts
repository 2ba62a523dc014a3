import { Injectable, Logger } from '@nestjs/common';
import { Alarm } from '../core/logging/alarm.js';
import type { OutcomeLatch, RelayEnd } from '../core/outcome/outcome-latch.js';
import { Clock } from '../core/time/clock.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { AttemptLog } from './attempt/attempt-log.js';
import type { Served } from './attempt/retry-handler.js';
import type { RetryJob } from './attempt/retry-job.js';
import { BrokenAnswers } from './broken-answers.js';
import type { Endpoint } from './endpoint.js';
import { type CallEnding, toRequestEntry } from './requests/request-entry.js';
import { RelayMetrics } from './relay-metrics.js';
import { RelayLedger } from './relay-ledger.js';
import type { StreamTracker } from './stream/stream-tracker.js';

/** What is known of a call when it ends. */
export interface ClosingCall {
  readonly endpoint: Endpoint;
  readonly job: RetryJob;
  readonly latch: OutcomeLatch;
  readonly client: { readonly status: number | null; readonly hasKeptWaiting: boolean };
  readonly ending: CallEnding;
}

/** What one request leaves behind: its session, its usage, its attempts. */
@Injectable()
export class RelayClosing {
  private readonly forgetting: Alarm;

  constructor(
    private readonly scheduler: SchedulerService,
    private readonly ledger: RelayLedger,
    private readonly brokenAnswers: BrokenAnswers,
    private readonly attemptLog: AttemptLog,
    private readonly metrics: RelayMetrics,
    private readonly clock: Clock,
  ) {
    this.forgetting = new Alarm(new Logger(RelayClosing.name), clock, 'warn');
  }

  /** Never rejects: a session that cannot be kept costs the upstream's cache, not the answer. */
  async remember({ job: { request } }: ClosingCall, { selection }: Served): Promise<void> {
    try {
      await this.scheduler.remember(request.sessionHash, selection);
    } catch (error) {
      this.forgetting.raise({ msg: 'A session could not be kept', requestId: request.id, err: error });
    }
  }

  /**
   * Settles the outcome with what was used; only the first call counts. Resolves when it is booked, or when what was held
   * for nothing is given back. Whatever was being asked of an account is booked, even where no figures came.
   */
  async settle(call: ClosingCall, end: RelayEnd): Promise<void> {
    call.ending.end ??= end;
    const { job, latch } = call;
    const report = this.ledger.close(job, end);
    if (report === null) await release(call);
    await latch.settle({ requestId: job.request.id, end, report, waste: job.waste });
  }

  /** The last step of every call: what is still held goes back, and its attempts are noted. */
  async end(call: ClosingCall): Promise<void> {
    const { job, ending, client } = call;
    const released = release(call);
    // Not behind it: whoever has the answer finds the request in the log.
    const entry = toRequestEntry({ job, ending, sentStatus: client.status, endedAt: this.clock.now() });
    this.attemptLog.add(entry);
    this.metrics.note(call.endpoint.name, entry);
    await released;
  }

  /** See `BrokenAnswers`. */
  noteBroken(call: ClosingCall, served: Served, tracker: StreamTracker): void {
    this.brokenAnswers.note(call, served, tracker);
  }
}

/** Gives back what was not handed over. Never rejects, and does nothing the second time. */
async function release({ job }: ClosingCall): Promise<void> {
  await Promise.all([job.admission?.release(), job.slot?.release()]);
}
