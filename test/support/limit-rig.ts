import type { KeyLimitSettings, Principal } from '@crs/extension-api';
import type { StoreClient } from '@crs/store';
import { ApiKeyRepository } from '../../src/api-key/api-key.repository.js';
import { KeyActivation } from '../../src/api-key/key-activation.js';
import type { Admission } from '../../src/api-key/limits/admission.js';
import { AdmissionQueue } from '../../src/api-key/limits/admission-queue.js';
import type { AdmissionRequest } from '../../src/api-key/limits/admission-request.js';
import { LimitCheck } from '../../src/api-key/limits/limit-check.js';
import { LimitRepository } from '../../src/api-key/limits/limit.repository.js';
import { LimitService } from '../../src/api-key/limits/limit.service.js';
import { OutageAdmission } from '../../src/api-key/limits/outage-admission.js';
import { OutageAllowance } from '../../src/api-key/limits/outage-allowance.js';
import { QueueFiguresRepository } from '../../src/api-key/limits/queue-figures.repository.js';
import { LeaseKeeper } from '../../src/core/lease/lease-keeper.js';
import {
  DEFAULT_RELAY_SETTINGS,
  type QueueSettings,
  type RelaySettings,
} from '../../src/core/settings/relay-settings.js';
import type { RelaySettingsRepository } from '../../src/core/settings/relay-settings.repository.js';
import { Zone } from '../../src/core/time/zone.js';
import { NOTHING_WAITS } from './nothing-waits.js';
import type { TestClock } from './test-clock.js';
import { testConfig } from './test-config.js';
import { NO_LIMITS, testPrincipal } from './test-principal.js';

/** Settings that a case sets, counting who asks for them. */
class FakeSettings {
  queue: QueueSettings = DEFAULT_RELAY_SETTINGS.queue;
  asked = 0;

  async current(): Promise<RelaySettings> {
    this.asked += 1;
    return { ...DEFAULT_RELAY_SETTINGS, queue: this.queue };
  }
}

/** The limits of one process on a store that others may use, too. */
export class LimitRig {
  readonly settings = new FakeSettings();
  readonly allowance = new OutageAllowance();
  readonly leases: LeaseKeeper;
  readonly limits: LimitRepository;
  readonly figures: QueueFiguresRepository;
  readonly service: LimitService;

  constructor(store: StoreClient, clock: TestClock) {
    const config = testConfig();
    const zone = new Zone(config);
    const settings = this.settings as unknown as RelaySettingsRepository;
    this.leases = new LeaseKeeper(store, clock);
    this.limits = new LimitRepository(store, zone, clock);
    this.figures = new QueueFiguresRepository(store);
    const queue = new AdmissionQueue(this.limits, this.figures, settings, clock);
    const activation = new KeyActivation(new ApiKeyRepository(store), clock);
    const alone = new OutageAdmission(this.allowance, this.leases, clock, config);
    const check = new LimitCheck(this.limits, NOTHING_WAITS, this.allowance, alone, clock);
    this.service = new LimitService(check, queue, this.leases, activation, zone, config);
  }

  admit(request: AdmissionRequest): Promise<Admission> {
    return this.service.admit(request);
  }
}

let requests = 0;

export interface RequestChange extends Partial<Omit<AdmissionRequest, 'principal'>> {
  readonly principal?: Partial<Principal>;
}

/** A request of its own, of a key with these limits. */
export function testRequest(limits: Partial<KeyLimitSettings>, change: RequestChange = {}): AdmissionRequest {
  requests += 1;
  return {
    requestId: `req-${requests}`,
    model: 'claude-opus-5-5',
    isClaudeModel: true,
    firstEstimate: { microUsd: 1000, tokens: 100 },
    signal: new AbortController().signal,
    ...change,
    principal: testPrincipal({ ...change.principal, limits: { ...NO_LIMITS, ...limits } }),
  };
}

/** What each came to: how many were let through, and why the others were not. */
export async function outcomesOf(
  admissions: readonly Promise<Admission>[],
): Promise<{ readonly admitted: Admission[]; readonly refused: unknown[] }> {
  const settled = await Promise.allSettled(admissions);
  return {
    admitted: settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
    refused: settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : [])),
  };
}
