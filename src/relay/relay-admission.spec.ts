import { type ModelMap, type Principal, RelayError, type RelayRequest } from '@crs/extension-api';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { testAccount } from '../../test/support/test-account.ts';
import { NO_LIMITS, testPrincipal } from '../../test/support/test-principal.ts';
import { testRelayRequest } from '../../test/support/test-relay-request.ts';
import { Admission } from '../api-key/limits/admission.js';
import type { AdmissionRequest, LimitService } from '../api-key/limits/limit.service.js';
import type { SchedulerService } from '../scheduler/scheduler.service.js';
import type { CostEstimator, EstimateRequest } from '../stats/cost-estimator.js';
import type { Endpoint } from './endpoint.js';
import { COUNT_TOKENS, MESSAGES } from './endpoints.js';
import type { RelayAccess } from './relay-access.js';
import { type Admitted, RelayAdmission } from './relay-admission.js';

const ESTIMATE = { microUsd: 12, tokens: 9 };
const DENIED = new RelayError('permission_denied', 'no');

/** What was asked, in order. */
type Step = 'access' | 'client' | 'estimate' | 'limits';

/** A model that no key may ask for. */
const FORBIDDEN = 'forbidden';

describe('RelayAdmission', () => {
  let steps: Step[];
  let asked: AdmissionRequest | null;
  let estimated: EstimateRequest | null;
  const admission = new Admission([], 'm');

  beforeEach(() => {
    steps = [];
    asked = null;
    estimated = null;
  });

  const createSut = (
    refusing: Step | null = null,
    service = 'claude',
    maps: readonly ModelMap[] = [],
  ): RelayAdmission => {
    const step = (name: Step): void => {
      steps.push(name);
      if (name === refusing) throw DENIED;
    };
    const access = {
      check: (_endpoint: Endpoint, model: string) =>
        Promise.resolve().then(() => {
          step('access');
          if (model === FORBIDDEN) throw DENIED;
          return { service, platforms: ['one'] };
        }),
      reachesClaude: () => service === 'claude',
      checkClient: () =>
        Promise.resolve().then(() => {
          step('client');
        }),
    };
    const limits = {
      admit: (request: AdmissionRequest) => {
        asked = request;
        return Promise.resolve().then(() => {
          step('limits');
          return admission;
        });
      },
    };
    const estimator = {
      firstEstimate: (request: EstimateRequest) => {
        estimated = request;
        step('estimate');
        return Promise.resolve(ESTIMATE);
      },
    };
    const scheduler = {
      listReachable: () => Promise.resolve(maps.map((supportedModels) => testAccount({ supportedModels }))),
    };
    return new RelayAdmission(
      access as unknown as RelayAccess,
      limits as unknown as LimitService,
      estimator as unknown as CostEstimator,
      scheduler as unknown as SchedulerService,
    );
  };

  const signal = new AbortController().signal;
  const admit = (
    sut: RelayAdmission,
    request: Partial<RelayRequest> = {},
    endpoint: Endpoint = MESSAGES,
    principal: Partial<Principal> = {},
  ): Promise<Admitted> =>
    sut.admit({ endpoint, request: testRelayRequest(request), principal: testPrincipal(principal), signal });

  it('asks what the key may do before its limits, with what the request may cost', async () => {
    const body = Buffer.alloc(400);
    const serviceRates = { claude: 2 };
    const admitted = await admit(createSut(), { body, model: 'claude-opus' }, MESSAGES, { serviceRates });
    expect(steps).toEqual(['access', 'client', 'estimate', 'limits']);
    expect(admitted).toEqual({ platforms: ['one'], admission });
    expect(estimated).toEqual({
      model: 'claude-opus',
      bodyBytes: 400,
      service: 'claude',
      keyServiceRates: serviceRates,
    });
    expect(asked).toMatchObject({
      requestId: 'req_0123456789abcdef',
      model: 'claude-opus',
      firstEstimate: ESTIMATE,
      isClaudeModel: true,
    });
    expect(asked?.signal).toBe(signal);
  });

  it.each([
    ['claude', 'claude-opus-4-1', true],
    ['claude', 'vendor-sonnet', true],
    ['claude', 'glm-5', false],
    ['codex', 'claude-opus-4-1', false],
  ])('counts %s %s for the weekly limit: %s', async (service, model, expected) => {
    await admit(createSut(null, service), { model });
    expect(asked?.isClaudeModel).toBe(expected);
  });

  it.each<[string, readonly ModelMap[], boolean]>([
    ['fast', [{ fast: 'claude-opus-4-5' }], true],
    ['fast', [{ fast: 'glm-5' }, { fast: 'claude-opus-4-5' }], true],
    ['claude-opus', [{ 'claude-opus': 'glm-5' }], false],
    ['claude-opus', [{ 'claude-opus': 'glm-5' }, {}], true],
    ['claude-opus', [{ other: 'glm-5' }], true],
    ['claude-opus', [], true],
    ['glm-5', [{}], false],
  ])('counts %s for a weekly limit by the names of its accounts, %j: %s', async (model, maps, expected) => {
    const limits = { ...NO_LIMITS, weeklyOpusCostLimit: 1 };
    await admit(createSut(null, 'claude', maps), { model }, MESSAGES, { limits });
    expect(asked?.isClaudeModel).toBe(expected);
  });

  it.each([
    ['asked for', { askedModel: FORBIDDEN, model: 'm' }],
    ['in its place', { askedModel: 'm', model: FORBIDDEN }],
  ])('refuses a model that the key may not use, where it is the one %s', async (_, models) => {
    await expect(admit(createSut(), models)).rejects.toBe(DENIED);
    await expect(admit(createSut(), models, COUNT_TOKENS)).rejects.toBe(DENIED);
    expect(steps).not.toContain('limits');
  });

  it('goes by the model that is in the place of the one that was asked for', async () => {
    await admit(createSut(), { askedModel: 'claude-opus', model: 'glm-5' });
    expect(estimated).toMatchObject({ model: 'glm-5' });
    expect(asked).toMatchObject({ model: 'glm-5', isClaudeModel: false });
  });

  it('asks for no more than permission and model where nothing is booked', async () => {
    expect(await admit(createSut(), {}, COUNT_TOKENS)).toEqual({ platforms: ['one'], admission: null });
    expect(steps).toEqual(['access']);
  });

  it.each<[Step, Step[]]>([
    ['access', ['access']],
    ['client', ['access', 'client']],
    ['limits', ['access', 'client', 'estimate', 'limits']],
  ])('refuses for %s and asks no further', async (refusing, expected) => {
    await expect(admit(createSut(refusing))).rejects.toBe(DENIED);
    expect(steps).toEqual(expected);
  });
});
