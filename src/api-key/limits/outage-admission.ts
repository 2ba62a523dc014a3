import { Injectable } from '@nestjs/common';
import { keys } from '@crs/store';
import { AppConfig } from '../../core/config/app-config.js';
import { formatHold } from '../../core/lease/hold-member.js';
import { type Lease, LeaseKeeper } from '../../core/lease/lease-keeper.js';
import { Clock } from '../../core/time/clock.js';
import type { Busy } from './admission-decision.js';
import type { AdmissionRequest } from './admission-request.js';
import { termsOf } from './admission-terms.js';
import { needsHold } from './admit-request.script.js';
import { OutageAllowance } from './outage-allowance.js';

/** A request that was let through without the store. */
export interface AdmittedAlone {
  readonly kind: 'alone';
  /** Its slot and its hold: renewals bring them into the store when it is back, if the request runs that long. */
  readonly leases: readonly Lease[];
  /** Epoch ms. */
  readonly at: number;
}

/** Decides by what this process knows alone, while the store is away. */
@Injectable()
export class OutageAdmission {
  constructor(
    private readonly allowance: OutageAllowance,
    private readonly leases: LeaseKeeper,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /** Null: too little is known of the key, or it has used what it may. Decided at once, so nothing is given twice. */
  admit(request: AdmissionRequest): AdmittedAlone | (Busy & { readonly at: number }) | null {
    const at = this.clock.now();
    const terms = termsOf(request, at, 0);
    const { keyId } = request.principal;
    const slots = keys.limits.concurrency(keyId);
    if (terms.concurrencyLimit > 0 && this.leases.countIn(slots) >= terms.concurrencyLimit) {
      return { kind: 'busy', reason: 'concurrency', waiter: '', waiting: 0, at };
    }
    const hold = this.allowance.take(request, terms);
    if (hold === null) return null;
    const leases: Lease[] = [];
    if (terms.concurrencyLimit > 0) {
      const renewUntil = at + this.config.limits.slotMaxLifeMs;
      leases.push(this.leases.keep({ set: slots, member: request.requestId }, { renewUntil }));
    }
    if (needsHold(terms)) {
      leases.push(this.leases.keep({ set: keys.limits.holds(keyId), member: formatHold(hold) }));
    }
    return { kind: 'alone', leases, at };
  }
}
