import { type Principal, toApiKeyId } from '@crs/extension-api';

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
    rateLimitWindowMinutes: 0,
    ...change,
  };
}
