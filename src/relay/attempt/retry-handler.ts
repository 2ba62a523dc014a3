import {
  type AccountId,
  type AttemptFailure,
  type FailureVerdict,
  type Principal,
  type RelayAdapter,
  RelayError,
  type RelayRequest,
} from '@crs/extension-api';
import { Injectable, Logger } from '@nestjs/common';
import { AccountHealthService } from '../../account/account-health.service.js';
import { AppConfig } from '../../core/config/app-config.js';
import { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { Clock } from '../../core/time/clock.js';
import { NoAccountError } from '../../scheduler/no-account.error.js';
import { SchedulerService, type Selection } from '../../scheduler/scheduler.service.js';
import type { Protocol } from '../protocols/protocol.js';
import type { RelayAnswer } from '../stream/relay-answer.js';
import { AccountAttempt } from './account-attempt.js';
import { AttemptFailedError, AttemptTimeoutError } from './attempt-failed.error.js';
import type { AttemptRecord } from './attempt-log.js';
import { planNext } from './attempt-plan.js';
import { Deadline } from './deadline.js';
import { toFinalError } from './final-error.js';

export interface RetryJob {
  readonly request: RelayRequest;
  readonly principal: Principal;
  readonly protocol: Protocol;
  /** Names of the platforms whose accounts may be asked. */
  readonly platforms: readonly string[];
  /** Aborted with a `ClientGoneError` when nobody waits any more. */
  readonly signal: AbortSignal;
  /** Every attempt is noted here as it ends. */
  readonly attempts: AttemptRecord[];
}

export interface Served {
  readonly answer: RelayAnswer;
  readonly selection: Selection;
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

  /** Throws `RelayError` when no account could serve, `ClientGoneError` when the client left. */
  async run(job: RetryJob): Promise<Served> {
    const timeUp = new AbortController();
    const { requestTimeoutMs } = this.config.relay;
    const deadline = new Deadline(requestTimeoutMs, () => {
      timeUp.abort(new AttemptTimeoutError('request'));
    });
    try {
      return await this.loop(job, AbortSignal.any([job.signal, timeUp.signal]), this.clock.now() + requestTimeoutMs);
    } finally {
      // Behind the commit point the time of the request no longer counts.
      deadline.stop();
    }
  }

  private async loop(job: RetryJob, signal: AbortSignal, deadline: number): Promise<Served> {
    const excluded = new Set<AccountId>();
    const failures: AttemptFailure[] = [];
    for (;;) {
      const selection = await this.select(job, excluded, failures);
      excluded.add(selection.account.id);
      const adapter = this.adapterOf(selection.account.platform);
      const startedAt = this.clock.now();
      try {
        const answer = await this.attempt.run({ ...job, account: selection.account, adapter, signal });
        job.attempts.push(this.toRecord(selection, startedAt, null, null));
        this.inBackground(job, selection, this.health.recovered(selection.account));
        return { answer, selection };
      } catch (error) {
        if (!(error instanceof AttemptFailedError)) throw error;
        const verdict = adapter.classifyFailure(error.failure, new Date(this.clock.now()));
        failures.push(error.failure);
        job.attempts.push(this.toRecord(selection, startedAt, error.failure, verdict));
        this.mark(job, selection, verdict, error.failure);
        const next = planNext({
          attempts: excluded.size,
          maxAttempts: this.config.relay.maxAttempts,
          verdict,
          now: this.clock.now(),
          deadline,
        });
        if (next.kind === 'pass_through') return { answer: toRefusal(error), selection };
        if (next.kind === 'exhausted')
          throw toFinalError({ failures, noAccount: null, endpoint: job.request.endpoint, now: this.clock.now() });
      }
    }
  }

  private async select(
    job: RetryJob,
    excluded: ReadonlySet<AccountId>,
    failures: readonly AttemptFailure[],
  ): Promise<Selection> {
    const { principal, platforms, request } = job;
    const { model, endpoint, sessionHash } = request;
    try {
      return await this.scheduler.selectAccount({ principal, platforms, model, endpoint, sessionHash, excluded });
    } catch (error) {
      if (!(error instanceof NoAccountError)) throw error;
      throw toFinalError({ failures, noAccount: error, endpoint, now: this.clock.now() });
    }
  }

  private adapterOf(platform: string): RelayAdapter {
    const { relay } = this.platforms.get(platform);
    if (relay === null) throw new RelayError('internal', `Accounts of ${platform} cannot be relayed to`);
    return relay;
  }

  /** The next attempt does not wait for the mark: the account is excluded from this request already. */
  private mark({ request }: RetryJob, { account }: Selection, verdict: FailureVerdict, failure: AttemptFailure): void {
    if (verdict.action !== 'other_account' || verdict.mark === null) return;
    const text = 'text' in failure ? failure.text : failure.reason;
    const { id: requestId, model, endpoint } = request;
    this.inBackground(
      { request },
      { account },
      this.health.mark(account, verdict.mark, { requestId, model, endpoint, text }),
    );
  }

  private inBackground(
    { request }: Pick<RetryJob, 'request'>,
    { account }: Pick<Selection, 'account'>,
    work: Promise<void>,
  ): void {
    work.catch((error: unknown) => {
      this.logger.error({
        msg: 'The state of an account could not be noted',
        accountId: account.id,
        requestId: request.id,
        err: error,
      });
    });
  }

  private toRecord(
    { account }: Selection,
    startedAt: number,
    failure: AttemptFailure | null,
    verdict: FailureVerdict | null,
  ): AttemptRecord {
    return {
      accountId: account.id,
      platform: account.platform,
      result: failure?.kind ?? 'ok',
      reason: reasonOf(failure),
      status: failure?.kind === 'status' ? failure.status : null,
      verdict: verdict?.action ?? null,
      mark: verdict?.action === 'other_account' ? (verdict.mark?.type ?? null) : null,
      startedAt: new Date(startedAt).toISOString(),
      ms: this.clock.now() - startedAt,
    };
  }
}

function reasonOf(failure: AttemptFailure | null): string | null {
  if (failure === null || failure.kind === 'status') return null;
  return failure.kind === 'error_event' ? failure.errorType : failure.reason;
}

/** What only the client can mend: the upstream's own answer, or that its time is up. */
function toRefusal(error: AttemptFailedError): RelayAnswer {
  if (error.answer !== null) return { kind: 'refusal', ...error.answer };
  if (error.failure.kind === 'timeout') {
    throw new RelayError('upstream_timeout', 'The upstream did not finish the answer in time.');
  }
  if (error.failure.kind === 'error_event') throw new RelayError('invalid_request', error.failure.message);
  throw new RelayError('upstream_failed', 'The upstream gave no valid answer to this request.');
}
