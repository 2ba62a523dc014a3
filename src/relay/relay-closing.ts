import type { Principal, RelayRequest } from '@crs/extension-api';
import { Injectable, Logger } from '@nestjs/common';
import { AccountHealthService } from '../account/account-health.service.js';
import type { OutcomeLatch, RelayEnd } from '../core/outcome/outcome-latch.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { Clock } from '../core/time/clock.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import type { Served } from './attempt/retry-handler.js';
import type { Endpoint } from './endpoints.js';
import { toUsageReport } from './usage-report.js';

/** What is known of a call when it ends. */
export interface ClosingCall {
  readonly endpoint: Endpoint;
  readonly request: RelayRequest;
  readonly principal: Principal;
  readonly latch: OutcomeLatch;
}

/** What one request leaves behind: its session, its usage, a mark on an account that broke off. */
@Injectable()
export class RelayClosing {
  private readonly logger = new Logger(RelayClosing.name);

  constructor(
    private readonly scheduler: SchedulerService,
    private readonly health: AccountHealthService,
    private readonly platforms: PlatformRegistry,
    private readonly clock: Clock,
  ) {}

  /** Never rejects: a session that cannot be kept costs the upstream's cache, not the answer. */
  async remember({ request }: ClosingCall, { selection }: Served): Promise<void> {
    try {
      await this.scheduler.remember(request.sessionHash, selection);
    } catch (error) {
      this.logger.warn({ msg: 'A session could not be kept', requestId: request.id, err: error });
    }
  }

  /** Settles the outcome with what was used; only the first call counts. Resolves when it is booked. */
  settle(call: ClosingCall, { answer, selection: { account } }: Served, end: RelayEnd): Promise<void> {
    if (answer.kind === 'refusal') return call.latch.settle({ end, report: null });
    const reading = (answer.kind === 'stream' ? answer.tracker.meter : answer.meter).read();
    const platform = this.platforms.get(account.platform);
    const parts = { ...call, platform, account, reading, statusCode: answer.status, endedAt: this.clock.now() };
    return call.latch.settle({ end, report: call.endpoint.isBooked && reading.started ? toUsageReport(parts) : null });
  }

  /** The upstream broke off behind the commit point: the next requests had better go elsewhere for a moment. */
  markBroken({ request }: ClosingCall, { selection: { account } }: Served): void {
    const { id: requestId, model, endpoint } = request;
    const detail = { requestId, model, endpoint, text: 'The stream broke off' };
    this.health.mark(account, { type: 'connection', statusCode: 0 }, detail).catch((error: unknown) => {
      this.logger.error({ msg: 'An account could not be marked', accountId: account.id, requestId, err: error });
    });
  }
}
