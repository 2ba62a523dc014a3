import type { ModelRestriction, Principal } from '@crs/extension-api';
import type { ApiKeyRecord } from './api-key-record.js';

/** What the rest of the gateway may know of the caller. */
export function toPrincipal(record: ApiKeyRecord): Principal {
  return {
    keyId: record.id,
    name: record.name,
    permissions: record.permissions,
    bindings: Object.fromEntries(Object.entries(record.bindings).filter(([, value]) => value !== '')),
    modelRestriction: toModelRestriction(record),
    dedicatedFallback: record.dedicatedAccountFallback,
    serviceRates: record.serviceRates,
    weeklyResetDay: record.weeklyResetDay,
    weeklyResetHour: record.weeklyResetHour,
    rateLimitWindowMinutes: record.rateLimitWindow,
  };
}

/** An empty deny list restricts nothing; an empty allow list allows nothing. */
function toModelRestriction(record: ApiKeyRecord): ModelRestriction | null {
  const { enableModelRestriction, modelRestrictionMode: mode, restrictedModels: models } = record;
  if (!enableModelRestriction || (mode === 'deny' && models.length === 0)) return null;
  return { mode, models };
}
