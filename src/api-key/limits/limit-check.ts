import { SettlementBarrier } from '@crs/extension-api';
import { StoreUnavailableError } from '@crs/store';
import { Injectable } from '@nestjs/common';
import type { AdmissionRequest } from './admission-request.js';
import { StoreOutage } from '../../core/store/store-outage.js';
import { Clock } from '../../core/time/clock.js';
import { boundedLimits } from './limit-bounds.js';
import { type AdmissionReply, LimitRepository } from './limit.repository.js';
import { type AdmittedAlone, OutageAdmission } from './outage-admission.js';
import { OutageAllowance } from './outage-allowance.js';

/** With the store that slow it is better to decide by what it has. */
const SETTLED_WITHIN_MS = 2000;

/** Has a request decided by what the key's ended requests have really used; for a while without the store. */
@Injectable()
export class LimitCheck {
  private readonly outage: StoreOutage;

  constructor(
    private readonly limits: LimitRepository,
    private readonly barrier: SettlementBarrier,
    private readonly allowance: OutageAllowance,
    private readonly alone: OutageAdmission,
    clock: Clock,
  ) {
    this.outage = new StoreOutage(clock);
  }

  /**
   * What this process has not settled of the key is settled first, for two seconds at most: so requests that come one
   * after the other never pass a limit, and find the slot of the one before free. A store that is away settles nothing.
   */
  async decide(request: AdmissionRequest): Promise<AdmissionReply | AdmittedAlone> {
    if (this.barrier.isCrowded()) throw new StoreUnavailableError('Too much usage waits for it');
    if (!this.outage.isOn && isSpendingLimited(request)) {
      const signal = AbortSignal.any([request.signal, AbortSignal.timeout(SETTLED_WITHIN_MS)]);
      await this.barrier.whenSettled(request.principal.keyId, signal);
      request.signal.throwIfAborted();
    }
    try {
      const reply = await this.limits.admit(request);
      this.learn(request, reply);
      return reply;
    } catch (error: unknown) {
      this.outage.endure(error);
      const alone = this.alone.admit(request);
      if (alone === null) throw error;
      return alone;
    }
  }

  private learn(request: AdmissionRequest, reply: AdmissionReply): void {
    // For a key without limits the store was not asked.
    if (reply.kind !== 'admitted' || reply.left !== null) this.outage.end();
    if (reply.kind === 'admitted') this.allowance.note(request, reply);
    if (reply.kind === 'spent' || reply.kind === 'window') this.allowance.forget(request.principal.keyId);
  }
}

/** Whether the settling of a request changes what is left to the next one. */
function isSpendingLimited({ principal }: AdmissionRequest): boolean {
  const limits = boundedLimits(principal.limits);
  const { concurrencyLimit, tokenLimit, rateLimitCost, dailyCostLimit, totalCostLimit, weeklyOpusCostLimit } = limits;
  return concurrencyLimit + tokenLimit + rateLimitCost + dailyCostLimit + totalCostLimit + weeklyOpusCostLimit > 0;
}
