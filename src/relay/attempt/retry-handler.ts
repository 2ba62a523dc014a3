import {
  type AccountId,
  type FailureVerdict,
  type RelayAdapter,
  RelayError,
  type UpstreamAccount,
} from '@crs/extension-api';
import { Injectable, Logger } from '@nestjs/common';
import { AccountHealthService } from '../../account/account-health.service.js';
import { countSame, failureContext } from '../../account/failure-context.js';
import { AppConfig } from '../../core/config/app-config.js';
import { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { Clock } from '../../core/time/clock.js';
import { AwaitedAccountError } from '../../scheduler/awaited-account.error.js';
import { NoAccountError } from '../../scheduler/no-account.error.js';
import { type AccountQuery, SchedulerService, type Selection } from '../../scheduler/scheduler.service.js';
import type { RelayAnswer } from '../stream/relay-answer.js';
import { AccountAttempt } from './account-attempt.js';
import { AttemptFailedError, AttemptTimeoutError } from './attempt-failed.error.js';
import { askedEndpoint } from './attempt-translation.js';
import { toAttemptRecord, toInterceptionRecord } from './attempt-record.js';
import { planNext } from './attempt-plan.js';
import { type FailedAttempt, toFinalError } from './final-error.js';
import { toRefusal } from './refusal.js';
import type { RetryJob, Spending } from './retry-job.js';
import { type RequestSource, SharedFailures } from './shared-failures.js';
import { Deadline, pause } from './timers.js';

export interface Served {
  readonly answer: RelayAnswer;
  readonly selection: Selection;
}

interface AccountFailure extends FailedAttempt {
  readonly accountId: AccountId;
}

const NO_CONNECTION_FREE =
  'No connection to an upstream was free in time: raise HTTPS_MAX_SOCKETS_STREAM (with a proxy: PROXY_MAX_SOCKETS)';

/** Marks last for whole seconds; what is waited for may be marked so much longer than the upstream has said. */
const MARK_ROUNDING_MS = 1000;
/** Waited beyond the end of a mark, because the store's clock and ours are two. */
const MARK_MARGIN_MS = 20;

/** One run of the loop. */
interface Run {
  readonly job: RetryJob;
  readonly signal: AbortSignal;
  /** Epoch ms. */
  readonly deadline: number;
  readonly excluded: Set<AccountId>;
  readonly failed: AccountFailure[];
  /** Why the request could not be put to accounts that were chosen for it, in order; none of them was asked. */
  readonly unsaid: RelayError[];
  /** Marks that are still being written. */
  readonly marking: Promise<void>[];
  /** It has waited for an account once, and does not again. */
  hasWaited: boolean;
  /** How long the mark of the session's account may last that is waited for when the next account is picked; in ms. */
  patienceMs: number;
}

/**
 * Asks one account after another until one gives an answer that belongs to the client: the commit point of a stream,
 * or a complete body. Up to that point a failed attempt is invisible; behind it nothing is ever tried again.
 */
@Injectable()
export class RetryHandler {
  private readonly logger = new Logger(RetryHandler.name);
  private readonly sharedFailures: SharedFailures;

  constructor(
    private readonly scheduler: SchedulerService,
    private readonly platforms: PlatformRegistry,
    private readonly attempt: AccountAttempt,
    private readonly health: AccountHealthService,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {
    this.sharedFailures = new SharedFailures(clock);
  }

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
      const { rateLimitWaitMs: patienceMs } = this.config.relay;
      const begun = { excluded: new Set<AccountId>(), failed: [], unsaid: [], marking: [], hasWaited: false };
      return await this.loop({ job, signal, deadline, ...begun, patienceMs });
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
    const spending: Spending = { selection, meter, status: 200, answerBytes: 0 };
    job.spending = spending;
    try {
      const answer = await this.attempt.run({ ...job, selection, account, adapter, meter, signal });
      job.attempts.push(toAttemptRecord(account, { startedAt, endedAt: this.clock.now(), error: null, verdict: null }));
      job.spending = {
        ...spending,
        status: answer.status,
        answerBytes: answer.kind === 'whole' ? answer.body.length : 0,
      };
      this.note(run, selection, this.health.recovered(account, selection.recovering));
      for (const { failure } of run.failed) this.sharedFailures.forget(sourceOf(job), failure);
      return { answer, selection };
    } catch (error) {
      const now = this.clock.now();
      const verdict = error instanceof AttemptFailedError ? this.judge(run, account, error) : null;
      if (error instanceof RelayError || error instanceof AttemptFailedError) job.spending = null;
      if (error instanceof RelayError) return await this.passOver(run, error);
      job.attempts.push(toAttemptRecord(account, { startedAt, endedAt: now, error, verdict }));
      if (!(error instanceof AttemptFailedError) || verdict === null) throw error;
      return await this.goOn(run, selection, error, verdict);
    }
  }

  /** What cannot be said to such an upstream was never sent: nobody was asked, and another account may understand it. */
  private async passOver({ job, unsaid }: Run, reason: RelayError): Promise<null> {
    unsaid.push(reason);
    await job.slot?.release();
    job.signal.throwIfAborted();
    return null;
  }

  private judge(
    { job, failed }: Run,
    account: UpstreamAccount,
    { failure, wasQueued }: AttemptFailedError,
  ): FailureVerdict {
    if (wasQueued && failure.kind === 'timeout' && failure.reason === 'first_byte') {
      const ids = { accountId: account.id, requestId: job.request.id };
      this.logger.warn({ msg: NO_CONNECTION_FREE, ...ids });
      return { action: 'other_account', mark: null };
    }
    const source = sourceOf(job);
    const ofOthers = failed.filter(({ accountId }) => accountId !== account.id);
    const sameFailures = countSame(failure, ofOthers) + (this.sharedFailures.holds(source, failure) ? 1 : 0);
    const adapter = this.adapterOf(account.platform);
    const request = { ...job.request, endpoint: askedEndpoint(job.endpoint, adapter, account) };
    const circumstances = { marks: this.config.marks, now: this.clock.now(), sameFailures };
    const verdict = adapter.classifyFailure(failure, failureContext(account, request, circumstances));
    const isDoubtful = verdict.action === 'other_account' && verdict.mark?.doubtful === true;
    if (isDoubtful) this.sharedFailures.remember(source, failure);
    return verdict;
  }

  private async goOn(
    run: Run,
    selection: Selection,
    error: AttemptFailedError,
    verdict: FailureVerdict,
  ): Promise<Served | null> {
    const { maxAttempts, rateLimitWaitMs: maxWaitMs } = this.config.relay;
    const { deadline, hasWaited, excluded, unsaid } = run;
    const { sticky } = selection;
    const now = this.clock.now();
    const attempts = excluded.size - unsaid.length;
    const next = planNext({ attempts, maxAttempts, verdict, now, deadline, sticky, hasWaited, maxWaitMs });
    // Whoever waits for an account keeps its slot meanwhile.
    if (next.kind !== 'same_account') await run.job.slot?.release();
    const mark = verdict.action === 'other_account' ? verdict.mark : null;
    noteFailure(run.failed, { accountId: selection.account.id, failure: error.failure, mark });
    this.mark(run, selection, error, verdict);
    if (next.kind === 'same_account') await this.waitInPlace(run, selection, next.waitMs);
    if (next.kind === 'pass_through') return { answer: toRefusal(error), selection };
    if (next.kind === 'exhausted') throw await this.toFinalError(run, await this.findOthers(run));
    return null;
  }

  /**
   * All that wait for an account wake at once, and it may have room for few of them: it is picked anew, as one that has
   * just come back, and the others go on to another.
   */
  private async waitInPlace(run: Run, { account }: Selection, waitMs: number): Promise<void> {
    run.hasWaited = true;
    run.patienceMs = MARK_ROUNDING_MS;
    await Promise.all([...run.marking, pause(waitMs, run.signal)]);
    await run.job.slot?.release();
    run.excluded.delete(account.id);
    run.job.signal.throwIfAborted();
  }

  private async select(run: Run): Promise<Selection> {
    const { job, patienceMs, deadline } = run;
    const { sessionHash, id } = job.request;
    const slotFor = job.endpoint.isBooked ? id : null;
    const waitUntil = patienceMs === 0 ? null : Math.min(this.clock.now() + patienceMs, deadline - 1);
    try {
      return await this.scheduler.selectAccount({ ...toQuery(run), sessionHash, slotFor }, waitUntil);
    } catch (error) {
      if (error instanceof AwaitedAccountError) return await this.selectAfter(run, error.until);
      throw error instanceof NoAccountError ? await this.toFinalError(run, error) : error;
    } finally {
      run.patienceMs = 0;
    }
  }

  private async selectAfter(run: Run, until: Date): Promise<Selection> {
    run.hasWaited = true;
    run.patienceMs = 0;
    await pause(until.getTime() - this.clock.now() + MARK_MARGIN_MS, run.signal);
    run.job.signal.throwIfAborted();
    return this.select(run);
  }

  /** Null: there are accounts that this request has not tried. */
  private findOthers(run: Run): Promise<NoAccountError | null> {
    return this.scheduler.findObstacle(toQuery(run));
  }

  /** The marks must stand before anybody is told when to come back. */
  private async toFinalError(run: Run, before: NoAccountError | null): Promise<RelayError> {
    await Promise.all(run.marking);
    const noAccount = before === null || run.marking.length === 0 ? before : await this.findOthers(run);
    const { failed, job, unsaid } = run;
    // A failure may pass; what no other account was there to understand is the client's to change.
    if (failed.length === 0 && unsaid[0] !== undefined) return unsaid[0];
    const answersLocally = job.endpoint.answerLocally !== null;
    return toFinalError({ failed, noAccount, answersLocally, model: job.request.model, now: this.clock.now() });
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

/** The last failure of an account stands for it. */
function noteFailure(failed: AccountFailure[], failure: AccountFailure): void {
  const earlier = failed.findIndex(({ accountId }) => accountId === failure.accountId);
  if (earlier !== -1) failed.splice(earlier, 1);
  failed.push(failure);
}

const sourceOf = ({ principal: { keyId }, endpoint: { name: endpoint } }: RetryJob): RequestSource => ({
  keyId,
  endpoint,
});

function toQuery({ job: { principal, platforms, request }, excluded }: Run): AccountQuery {
  const { model, endpoint } = request;
  return { principal, platforms, model, endpoint, excluded };
}
