import type { KeyLimitSettings, ModelRestriction, Principal } from '@crs/extension-api';
import { isAwaitingActivation } from './activation.js';
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
    limits: toLimits(record),
    allowedClients: record.enableClientRestriction && record.allowedClients.length > 0 ? record.allowedClients : null,
    responsesRules: record.enableOpenAIResponsesPayloadRules ? record.openaiResponsesPayloadRules : [],
    adaptsForeignClients: record.enableOpenAIResponsesCodexAdaptation,
    awaitsActivation: isAwaitingActivation(record),
  };
}

/** The limits of a key, by themselves. */
export const toLimits = (record: KeyLimitSettings): KeyLimitSettings => ({
  concurrencyLimit: record.concurrencyLimit,
  rateLimitWindow: record.rateLimitWindow,
  rateLimitRequests: record.rateLimitRequests,
  tokenLimit: record.tokenLimit,
  rateLimitCost: record.rateLimitCost,
  dailyCostLimit: record.dailyCostLimit,
  totalCostLimit: record.totalCostLimit,
  weeklyOpusCostLimit: record.weeklyOpusCostLimit,
});

/** An empty deny list restricts nothing; an empty allow list allows nothing. */
function toModelRestriction(record: ApiKeyRecord): ModelRestriction | null {
  const { enableModelRestriction, modelRestrictionMode: mode, restrictedModels: models } = record;
  if (!enableModelRestriction || (mode === 'deny' && models.length === 0)) return null;
  return { mode, models };
}
