import { mapModel, type Principal, type RelayRequest } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import type { Admission } from '../api-key/limits/admission.js';
import { LimitService } from '../api-key/limits/limit.service.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { CostEstimator } from '../stats/cost-estimator.js';
import { countedModelName, isClaudeFamily } from '../stats/model-name.js';
import type { Endpoint } from './endpoint.js';
import { RelayAccess } from './relay-access.js';

/** A request at the door. */
export interface Arrival {
  readonly endpoint: Endpoint;
  readonly request: RelayRequest;
  readonly principal: Principal;
  /** Aborted when nobody waits any more; `admit` then throws the reason. */
  readonly signal: AbortSignal;
}

export interface Admitted {
  /** Names of the platforms whose accounts may be asked. */
  readonly platforms: readonly string[];
  /** What the request holds until it ends; null = nothing. */
  readonly admission: Admission | null;
}

/** Lets a request in or turns it away: what its key may ask for first, then what is left of its limits. */
@Injectable()
export class RelayAdmission {
  constructor(
    private readonly access: RelayAccess,
    private readonly limits: LimitService,
    private readonly estimator: CostEstimator,
    private readonly scheduler: SchedulerService,
  ) {}

  /**
   * Throws `RelayError`, or the signal's reason. What is not booked needs no more than the permission and the model; the
   * caller of all else ends the admission, whatever happens.
   */
  async admit({ endpoint, request, principal, signal }: Arrival): Promise<Admitted> {
    const { id: requestId, model, askedModel, body } = request;
    if (askedModel !== model) await this.access.check(endpoint, askedModel, principal);
    const reach = await this.access.check(endpoint, model, principal, askedModel);
    const { service, platforms } = reach;
    if (!endpoint.isBooked) return { platforms, admission: null };
    await this.access.checkClient(request, reach, principal);
    const { serviceRates: keyServiceRates } = principal;
    const sizes = { model, bodyBytes: body.length, service, keyServiceRates };
    const firstEstimate = await this.estimator.firstEstimate(sizes);
    const isClaudeModel =
      this.access.reachesClaude(reach) && (await this.isBookedAsClaude(model, principal, platforms));
    const admission = await this.limits.admit({ requestId, principal, model, isClaudeModel, firstEstimate, signal });
    return { platforms, admission };
  }

  /**
   * Usage is booked under the upstream's name of a model, so that name decides about the weekly limit of Claude models: a
   * name that an account maps to one is one, and one that is mapped to something else is none.
   */
  private async isBookedAsClaude(model: string, principal: Principal, platforms: readonly string[]): Promise<boolean> {
    if (principal.limits.weeklyOpusCostLimit === 0) return isClaudeFamily(countedModelName(model));
    const accounts = await this.scheduler.listReachable(principal, platforms);
    const names = accounts.flatMap(({ supportedModels }) => mapModel(supportedModels, model) ?? []);
    return (names.length === 0 ? [model] : names).some((name) => isClaudeFamily(countedModelName(name)));
  }
}
