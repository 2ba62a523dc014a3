import type { AccountMark, UpstreamAccount } from '@crs/extension-api';
import { Injectable, Logger } from '@nestjs/common';
import { AccountHealthService } from '../account/account-health.service.js';
import { failureContext } from '../account/failure-context.js';
import { AppConfig } from '../core/config/app-config.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { Clock } from '../core/time/clock.js';
import { toBrokenOff } from './attempt/attempt-record.js';
import { askedEndpoint } from './attempt/attempt-translation.js';
import type { Served } from './attempt/retry-handler.js';
import type { RetryJob } from './attempt/retry-job.js';
import type { StreamTracker } from './stream/stream-tracker.js';

/** A call whose answer has broken. */
interface BrokenCall {
  readonly job: RetryJob;
  readonly client: { readonly hasKeptWaiting: boolean };
}

/** Answers that broke behind their commit point: what they say about their account. */
@Injectable()
export class BrokenAnswers {
  private readonly logger = new Logger(BrokenAnswers.name);

  constructor(
    private readonly health: AccountHealthService,
    private readonly platforms: PlatformRegistry,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /**
   * The upstream broke off behind the commit point: the next requests had better go elsewhere for a moment. Without a
   * word of its own it is not blamed where the client had made it wait.
   */
  note({ job, client }: BrokenCall, { selection: { account } }: Served, { failure }: StreamTracker): void {
    const last = job.attempts.at(-1);
    if (last !== undefined) job.attempts[job.attempts.length - 1] = toBrokenOff(last, account, failure?.type ?? null);
    const mark = failure === null ? (client.hasKeptWaiting ? null : CONNECTION) : this.judge(account, job, failure);
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
    { request, endpoint: called }: RetryJob,
    { type, message, text }: NonNullable<StreamTracker['failure']>,
  ): AccountMark | null {
    const failure = { kind: 'error_event', errorType: type, message, text } as const;
    const circumstances = { marks: this.config.marks, now: this.clock.now(), sameFailures: 0 };
    const { relay } = this.platforms.get(account.platform);
    if (relay === null) return null;
    const endpoint = askedEndpoint(called, relay, account);
    const verdict = relay.classifyFailure(failure, failureContext(account, { ...request, endpoint }, circumstances));
    return verdict.action === 'other_account' ? verdict.mark : null;
  }
}

const CONNECTION: AccountMark = { type: 'connection', statusCode: 0 };
