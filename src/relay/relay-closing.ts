import type { AccountMark, AdmissionTicket, RelayRequest, UpstreamAccount, UsageReport } from '@crs/extension-api';
import { Injectable, Logger } from '@nestjs/common';
import { AccountHealthService } from '../account/account-health.service.js';
import { failureContext } from '../account/failure-context.js';
import type { Admission } from '../api-key/limits/admission.js';
import { AppConfig } from '../core/config/app-config.js';
import type { OutcomeLatch, RelayEnd } from '../core/outcome/outcome-latch.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { Clock } from '../core/time/clock.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { AttemptLog } from './attempt/attempt-log.js';
import { toBrokenOff } from './attempt/attempt-record.js';
import type { RetryJob, Served } from './attempt/retry-handler.js';
import type { Endpoint } from './endpoints.js';
import { type CallEnding, toRequestEntry } from './requests/request-entry.js';
import type { StreamTracker } from './stream/stream-tracker.js';
import { toUsageReport } from './usage-report.js';

/** What is known of a call when it ends. */
export interface ClosingCall {
  readonly endpoint: Endpoint;
  readonly job: RetryJob;
  /** What the key holds for the call; null = nothing. */
  readonly admission: Admission | null;
  readonly latch: OutcomeLatch;
  readonly client: { readonly status: number | null; readonly hasKeptWaiting: boolean };
  readonly ending: CallEnding;
}

/** What one request leaves behind: its session, its usage, its attempts, a mark on an account that broke off. */
@Injectable()
export class RelayClosing {
  private readonly logger = new Logger(RelayClosing.name);

  constructor(
    private readonly scheduler: SchedulerService,
    private readonly health: AccountHealthService,
    private readonly platforms: PlatformRegistry,
    private readonly attemptLog: AttemptLog,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /** Never rejects: a session that cannot be kept costs the upstream's cache, not the answer. */
  async remember({ job: { request } }: ClosingCall, { selection }: Served): Promise<void> {
    try {
      await this.scheduler.remember(request.sessionHash, selection);
    } catch (error) {
      this.logger.warn({ msg: 'A session could not be kept', requestId: request.id, err: error });
    }
  }

  /**
   * Settles the outcome with what was used; only the first call counts. Resolves when it is booked, or when what was held
   * for nothing is given back. A request that was answered is booked even where the upstream told no figures; one that
   * was left before any figure came is not.
   */
  async settle(call: ClosingCall, end: RelayEnd): Promise<void> {
    call.ending.end ??= end;
    const report = this.reportOf(call, end);
    if (report === null) await release(call);
    await call.latch.settle({ end, report });
  }

  /** The last step of every call: what is still held goes back, and its attempts are noted. */
  async end(call: ClosingCall): Promise<void> {
    const { job, ending, client } = call;
    const released = release(call);
    // Not behind it: whoever has the answer finds the request in the log.
    this.attemptLog.add(toRequestEntry({ job, ending, sentStatus: client.status, endedAt: this.clock.now() }));
    await released;
  }

  private reportOf(call: ClosingCall, end: RelayEnd): UsageReport | null {
    const { request, principal, spending } = call.job;
    if (spending === null || !call.endpoint.isBooked) return null;
    const reading = spending.meter.read();
    const isAnswered = end === 'completed' || end === 'upstream_broken' || end === 'stopped';
    if (!reading.started && !isAnswered) return null;
    const { account } = spending.selection;
    const platform = this.platforms.get(account.platform);
    const { status: statusCode } = spending;
    const endedAt = this.clock.now();
    return toUsageReport({
      request,
      principal,
      platform,
      account,
      reading,
      statusCode,
      admission: handOver(call),
      endedAt,
    });
  }

  /**
   * The upstream broke off behind the commit point: the next requests had better go elsewhere for a moment. Without a
   * word of its own it is not blamed where the client had made it wait.
   */
  noteBroken({ job, client }: ClosingCall, { selection: { account } }: Served, { failure }: StreamTracker): void {
    const last = job.attempts.at(-1);
    if (last !== undefined) job.attempts[job.attempts.length - 1] = toBrokenOff(last, account, failure?.type ?? null);
    const mark =
      failure === null ? (client.hasKeptWaiting ? null : CONNECTION) : this.judge(account, job.request, failure);
    if (mark === null) return;
    const { id: requestId, model, endpoint } = job.request;
    const detail = { requestId, model, endpoint, text: failure?.text ?? 'The stream broke off' };
    this.health.mark(account, mark, detail).catch((error: unknown) => {
      this.logger.error({ msg: 'An account could not be marked', accountId: account.id, requestId, err: error });
    });
  }

  /** An upstream that says why it fails may blame the request, not itself. */
  private judge(
    account: UpstreamAccount,
    request: RelayRequest,
    { type, message, text }: NonNullable<StreamTracker['failure']>,
  ): AccountMark | null {
    const failure = { kind: 'error_event', errorType: type, message, text } as const;
    const circumstances = { marks: this.config.marks, now: this.clock.now(), sameFailures: 0 };
    const context = failureContext(account, request, circumstances);
    const verdict = this.platforms.get(account.platform).relay?.classifyFailure(failure, context);
    return verdict?.action === 'other_account' ? verdict.mark : null;
  }
}

/** From here on the booking ends what is held. */
function handOver({ admission, job }: ClosingCall): AdmissionTicket {
  const { leases, model } = admission?.handOver() ?? { leases: [], model: job.request.model };
  const slot = job.slot?.handOver() ?? null;
  return { leases: slot === null ? leases : [...leases, slot], model };
}

/** Gives back what was not handed over. Never rejects, and does nothing the second time. */
async function release({ admission, job }: ClosingCall): Promise<void> {
  await Promise.all([admission?.release(), job.slot?.release()]);
}

const CONNECTION: AccountMark = { type: 'connection', statusCode: 0 };
