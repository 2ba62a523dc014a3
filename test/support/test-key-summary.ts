import { type ApiKeySummary, toApiKeyId } from '@crs/extension-api';
import { NO_LIMITS } from './test-principal.ts';

/** A key without limits that may do everything. */
export function testKeySummary(change: Partial<ApiKeySummary> = {}): ApiKeySummary {
  return {
    id: toApiKeyId('0f8fad5b-d9cb-469f-a165-70867728950e'),
    name: 'key',
    description: '',
    isActive: true,
    isDeleted: false,
    createdAt: new Date('2026-11-01T00:00:00Z'),
    expiresAt: null,
    expirationMode: 'fixed',
    isActivated: true,
    activationDays: 0,
    activationUnit: 'days',
    activatedAt: null,
    permissions: [],
    limits: NO_LIMITS,
    weeklyResetDay: 1,
    weeklyResetHour: 0,
    enableModelRestriction: false,
    restrictedModels: [],
    modelRestrictionMode: 'allow',
    enableClientRestriction: false,
    allowedClients: [],
    bindings: {},
    serviceRates: {},
    ...change,
  };
}
