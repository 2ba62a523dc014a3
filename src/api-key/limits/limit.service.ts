import { Injectable } from '@nestjs/common';
import type { LeaseRef } from '@crs/extension-api';
import { AppConfig } from '../../core/config/app-config.js';
import { LeaseKeeper, type LeaseOptions } from '../../core/lease/lease-keeper.js';
import { Zone } from '../../core/time/zone.js';
import { KeyActivation } from '../key-activation.js';
import { Admission } from './admission.js';
import { AdmissionQueue } from './admission-queue.js';
import type { AdmissionRequest } from './admission-request.js';
import { limitRefusal } from './limit-refusal.js';
import { LimitCheck } from './limit-check.js';
import type { Taken } from './limit.repository.js';

export type { AdmissionRequest } from './admission-request.js';

/** All limits of a key in one atomic step. */
@Injectable()
export class LimitService {
  constructor(
    private readonly limits: LimitCheck,
    private readonly queue: AdmissionQueue,
    private readonly leases: LeaseKeeper,
    private readonly activation: KeyActivation,
    private readonly zone: Zone,
    private readonly config: AppConfig,
  ) {}

  /**
   * One round trip to the store, none for a key without limits; more only where the key's ended requests are still on
   * their way there, or where a busy key's requests wait. While the store is away, a little is let through without it.
   *
   * @throws RelayError `too_many_requests`, `window_exceeded`, `budget_spent`; the signal's reason; StoreUnavailableError
   */
  async admit(request: AdmissionRequest): Promise<Admission> {
    const { principal, model, signal } = request;
    signal.throwIfAborted();
    const first = await this.limits.decide(request);
    const reply = first.kind === 'busy' ? await this.queue.awaitTurn(request, first) : first;
    if (reply.kind !== 'admitted' && reply.kind !== 'alone') {
      throw limitRefusal(reply, { principal, at: reply.at, zone: this.zone });
    }
    const admission = new Admission(reply.kind === 'alone' ? reply.leases : this.keep(reply, reply.at), model);
    try {
      signal.throwIfAborted();
      if (principal.awaitsActivation) await this.activation.begin(principal.keyId);
    } catch (error: unknown) {
      await admission.release();
      throw error;
    }
    return admission;
  }

  private keep({ slot, hold }: Taken, at: number) {
    const slotOptions: LeaseOptions = { renewUntil: at + this.config.limits.slotMaxLifeMs };
    const kept = (ref: LeaseRef | null, options?: LeaseOptions) =>
      ref === null ? [] : [this.leases.keep(ref, options)];
    return [...kept(slot, slotOptions), ...kept(hold)];
  }
}
