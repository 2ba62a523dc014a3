import {
  type AccountId,
  type FailureVerdict,
  type Principal,
  type RelayAdapter,
  RelayError,
  type RelayRequest,
  type UsageMeter,
} from '@crs/extension-api';
import { Injectable, Logger } from '@nestjs/common';
import { AccountHealthService } from '../../account/account-health.service.js';
import { failureContext } from '../../account/failure-context.js';
import { AppConfig } from '../../core/config/app-config.js';
import type { Lease } from '../../core/lease/lease-keeper.js';
import { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { Clock } from '../../core/time/clock.js';
import { NoAccountError } from '../../scheduler/no-account.error.js';
import { type AccountQuery, SchedulerService, type Selection } from '../../scheduler/scheduler.service.js';
import type { Protocol } from '../protocols/protocol.js';
import type { RelayAnswer } from '../stream/relay-answer.js';
import { AccountAttempt } from './account-attempt.js';
import { AttemptFailedError, AttemptTimeoutError } from './attempt-failed.error.js';
import { type AttemptRecord, toAttemptRecord, toInterceptionRecord } from './attempt-record.js';
import { planNext } from './attempt-plan.js';
import { type FailedAttempt, toFinalError } from './final-error.js';
import { Deadline, pause } from './timers.js';

/** Who is being paid at the moment, and what has been seen of it. */
export interface Spending {
  readonly selection: Selection;
  readonly meter: UsageMeter;
  /** Of the answer; 200 as long as it is awaited. */
  readonly status: number;
}

export interface RetryJob {
  readonly request: RelayRequest;
  readonly principal: Principal;
  readonly protocol: Protocol;
  /** Names of the platforms whose accounts may be asked. */
  readonly platforms: readonly string[];
  /** The request takes a slot of an account that has a limited number of them. */
  readonly takesSlot: boolean;
  /** Aborted when nobody waits any more; `run` then throws the reason. */
  readonly signal: AbortSignal;
  /** Every attempt is noted here as it ends. */
  readonly attempts: AttemptRecord[];
  /** Kept up to date, so that a request that is left in the middle of an attempt can be booked. */
  spending: Spending | null;
  /** The slot of the account that is asked, or that has served; whoever ends the request ends it. */
  slot: Lease | null;
}

export interface Served {
  readonly answer: RelayAnswer;
  readonly selection: Selection;
}

/** One run of the loop. */
interface Run {
  readonly job: RetryJob;
  readonly signal: AbortSignal;
  /** Epoch ms. */
  readonly deadline: number;
  readonly excluded: Set<AccountId>;
  readonly failed: FailedAttempt[];
  /** Marks that are still being written. */
  readonly marking: Promise<void>[];
  /** It has waited for an account once, and does not again. */
  hasWaited: boolean;
}

/**
 * Asks one account after another until one gives an answer that belongs to the client: the commit point of a stream,
 * or a complete body. Up to that point a failed attempt is invisible; behind it nothing is ever tried again.
 */
@Injectable()
export class RetryHandler {
  private readonly logger = new Logger(RetryHandler.name);

  constructor(
    private readonly scheduler: SchedulerService,
    private readonly platforms: PlatformRegistry,
    private readonly attempt: AccountAttempt,
    private readonly health: AccountHealthService,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /** Throws `RelayError` when no account could serve, and the signal's reason when nobody waits any more. */
  async run(job: RetryJob): Promise<Served> {
    const timeUp = new AbortController();
    const { requestTimeoutMs } = this.config.relay;
    const timer = new Deadline(requestTimeoutMs, () => {
      timeUp.abort(new AttemptTimeoutError('request'));
    });
    const signal = AbortSignal.any([job.signal, timeUp.signal]);
    const deadline = this.clock.now() + requestTimeoutMs;
    try {
      return await this.loop({ job, signal, deadline, excluded: new Set(), failed: [], marking: [], hasWaited: false });
    } finally {
      // Behind the commit point the time of the request no longer counts.
      timer.stop();
    }
  }

  private async loop(run: Run): Promise<Served> {
    for (;;) {
      const selection = await this.select(run);
      run.job.slot = selection.slot;
      run.excluded.add(selection.account.id);
      const served = this.intercept(run, selection) ?? (await this.tryAccount(run, selection));
      if (served !== null) return served;
    }
  }

  /** The answer of the gateway itself, where the account spares its upstream such requests. */
  private intercept({ job }: Run, selection: Selection): Served | null {
    const { account } = selection;
    if (!account.interceptWarmup) return null;
    const answer = this.adapterOf(account.platform).answerWarmup(job.request);
    if (answer === null) return null;
    job.attempts.push(toInterceptionRecord(account, this.clock.now()));
    return { answer: { kind: 'local', ...answer }, selection };
  }

  /** Null: the next account is to be asked. */
  private async tryAccount(run: Run, selection: Selection): Promise<Served | null> {
    const { job, signal } = run;
    const { account } = selection;
    const adapter = this.adapterOf(account.platform);
    const meter = adapter.createUsageMeter();
    const startedAt = this.clock.now();
    job.spending = { selection, meter, status: 200 };
    try {
      const answer = await this.attempt.run({ ...job, account, adapter, meter, signal });
      job.attempts.push(toAttemptRecord(account, { startedAt, endedAt: this.clock.now(), error: null, verdict: null }));
      job.spending = { selection, meter, status: answer.status };
      this.note(run, selection, this.health.recovered(account, selection.recovering));
      return { answer, selection };
    } catch (error) {
      const now = this.clock.now();
      const context = failureContext(account, job.request.model, this.config.marks, now);
      const verdict = error instanceof AttemptFailedError ? adapter.classifyFailure(error.failure, context) : null;
      job.attempts.push(toAttemptRecord(account, { startedAt, endedAt: now, error, verdict }));
      if (!(error instanceof AttemptFailedError) || verdict === null) throw error;
      job.spending = null;
      return await this.goOn(run, selection, error, verdict);
    }
  }

  private async goOn(
    run: Run,
    selection: Selection,
    error: AttemptFailedError,
    verdict: FailureVerdict,
  ): Promise<Served | null> {
    const { maxAttempts, rateLimitWaitMs: maxWaitMs } = this.config.relay;
    const { deadline, hasWaited, excluded } = run;
    const { sticky } = selection;
    const now = this.clock.now();
    const attempts = excluded.size;
    const next = planNext({ attempts, maxAttempts, verdict, now, deadline, sticky, hasWaited, maxWaitMs });
    // Whoever waits for an account keeps its slot.
    if (next.kind !== 'same_account') await run.job.slot?.release();
    const mark = verdict.action === 'other_account' ? verdict.mark : null;
    run.failed.push({ failure: error.failure, mark });
    this.mark(run, selection, error, verdict);
    if (next.kind === 'same_account') return await this.tryAgain(run, selection, next.waitMs);
    if (next.kind === 'pass_through') return { answer: toRefusal(error), selection };
    if (next.kind === 'exhausted') throw await this.toFinalError(run, await this.findOthers(run));
    return null;
  }

  /** The mark that was just set ends meanwhile, and only keeps other requests away. */
  private async tryAgain(run: Run, selection: Selection, waitMs: number): Promise<Served | null> {
    run.hasWaited = true;
    await pause(waitMs, run.signal);
    run.job.signal.throwIfAborted();
    return await this.tryAccount(run, selection);
  }

  private async select(run: Run): Promise<Selection> {
    const { job } = run;
    const { sessionHash, id } = job.request;
    const slotFor = job.takesSlot ? id : null;
    try {
      return await this.scheduler.selectAccount({ ...toQuery(run), sessionHash, slotFor });
    } catch (error) {
      throw error instanceof NoAccountError ? await this.toFinalError(run, error) : error;
    }
  }

  /** Null: there are accounts that this request has not tried. */
  private findOthers(run: Run): Promise<NoAccountError | null> {
    return this.scheduler.findObstacle(toQuery(run));
  }

  /** The marks must stand before anybody is told when to come back. */
  private async toFinalError(run: Run, before: NoAccountError | null): Promise<RelayError> {
    await Promise.all(run.marking);
    const noAccount = before === null || run.marking.length === 0 ? before : await this.findOthers(run);
    return toFinalError({ failed: run.failed, noAccount, model: run.job.request.model, now: this.clock.now() });
  }

  private adapterOf(platform: string): RelayAdapter {
    const { relay } = this.platforms.get(platform);
    if (relay === null) throw new RelayError('internal', `Accounts of ${platform} cannot be relayed to`);
    return relay;
  }

  /** The next attempt does not wait for the mark: the account is excluded from this request already. */
  private mark(run: Run, selection: Selection, { failure }: AttemptFailedError, verdict: FailureVerdict): void {
    if (verdict.action !== 'other_account' || verdict.mark === null) return;
    const { id: requestId, model, endpoint } = run.job.request;
    const text = 'text' in failure ? failure.text : failure.reason;
    this.note(run, selection, this.health.mark(selection.account, verdict.mark, { requestId, model, endpoint, text }));
  }

  private note({ job: { request }, marking }: Run, { account }: Selection, work: Promise<void>): void {
    const settled = work.catch((error: unknown) => {
      const ids = { accountId: account.id, requestId: request.id };
      this.logger.error({ msg: 'The state of an account could not be noted', ...ids, err: error });
    });
    marking.push(settled);
  }
}

function toQuery({ job: { principal, platforms, request }, excluded }: Run): AccountQuery {
  const { model, endpoint } = request;
  return { principal, platforms, model, endpoint, excluded };
}

/** The status that an error event stands for, where the client can mend it. */
const STATUS_OF_ERROR_TYPE: Readonly<Record<string, number>> = { not_found_error: 404, request_too_large: 413 };

/** What only the client can mend: the upstream's own answer, or that its time is up. */
function toRefusal({ answer, failure }: AttemptFailedError): RelayAnswer {
  if (answer !== null) return { kind: 'refusal', ...answer };
  if (failure.kind === 'timeout') {
    throw new RelayError('upstream_timeout', 'The upstream did not finish the answer in time.');
  }
  if (failure.kind === 'error_event') {
    throw new RelayError('invalid_request', failure.message, {
      status: STATUS_OF_ERROR_TYPE[failure.errorType] ?? 400,
    });
  }
  throw new RelayError('upstream_failed', 'The answer of the upstream is too large to be passed on.');
}
