import { type KeyLimitSettings, type Principal, toApiKeyId } from '@crs/extension-api';

export const NO_LIMITS: KeyLimitSettings = {
  concurrencyLimit: 0,
  rateLimitWindow: 0,
  rateLimitRequests: 0,
  tokenLimit: 0,
  rateLimitCost: 0,
  dailyCostLimit: 0,
  totalCostLimit: 0,
  weeklyOpusCostLimit: 0,
};

/** A key that may do everything and is bound to nothing. */
export function testPrincipal(change: Partial<Principal> = {}): Principal {
  return {
    keyId: toApiKeyId('0f8fad5b-d9cb-469f-a165-70867728950e'),
    name: 'test key',
    permissions: [],
    bindings: {},
    modelRestriction: null,
    dedicatedFallback: null,
    serviceRates: {},
    weeklyResetDay: 1,
    weeklyResetHour: 0,
    limits: NO_LIMITS,
    allowedClients: null,
    responsesRules: [],
    adaptsForeignClients: false,
    awaitsActivation: false,
    ...change,
  };
}
