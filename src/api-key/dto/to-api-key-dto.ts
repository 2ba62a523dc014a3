import { codexAccountIdOf } from '../api-key-bindings.js';
import type { ApiKeyRecord } from '../api-key-record.js';
import type { CreatedApiKey } from '../api-key.service.js';
import type { ApiKeyDto } from './api-key.dto.js';
import type { CreatedApiKeyDto } from './created-api-key.dto.js';

/** The only way out of a record. Everything that is answered is named here, so the secret's hash cannot slip through. */
export function toApiKeyDto(record: ApiKeyRecord): Readonly<ApiKeyDto> {
  return {
    id: record.id,
    name: record.name,
    description: record.description,
    tags: record.tags,
    icon: record.icon,
    isActive: record.isActive,
    permissions: record.permissions,
    ...toLimits(record),
    enableModelRestriction: record.enableModelRestriction,
    restrictedModels: record.restrictedModels,
    modelRestrictionMode: record.modelRestrictionMode,
    enableClientRestriction: record.enableClientRestriction,
    allowedClients: record.allowedClients,
    ...toBindings(record),
    dedicatedAccountFallback: record.dedicatedAccountFallback,
    ...toLife(record),
    serviceRates: record.serviceRates,
    enableOpenAIResponsesCodexAdaptation: record.enableOpenAIResponsesCodexAdaptation,
    enableOpenAIResponsesPayloadRules: record.enableOpenAIResponsesPayloadRules,
    openaiResponsesPayloadRules: record.openaiResponsesPayloadRules,
    createdBy: record.createdBy,
    userId: textOrNull(record.userId),
    userUsername: textOrNull(record.userUsername),
    ...toEvents(record),
  };
}

export function toCreatedApiKeyDto({ record, secret }: CreatedApiKey): Readonly<CreatedApiKeyDto> {
  return { ...toApiKeyDto(record), key: secret };
}

function toLimits(record: ApiKeyRecord) {
  return {
    tokenLimit: record.tokenLimit,
    concurrencyLimit: record.concurrencyLimit,
    rateLimitWindow: record.rateLimitWindow,
    rateLimitRequests: record.rateLimitRequests,
    rateLimitCost: record.rateLimitCost,
    dailyCostLimit: record.dailyCostLimit,
    totalCostLimit: record.totalCostLimit,
    weeklyOpusCostLimit: record.weeklyOpusCostLimit,
    weeklyResetDay: record.weeklyResetDay,
    weeklyResetHour: record.weeklyResetHour,
  };
}

function toBindings({ bindings }: ApiKeyRecord) {
  return {
    claudeAccountId: textOrNull(bindings.claudeAccountId),
    claudeConsoleAccountId: textOrNull(bindings.claudeConsoleAccountId),
    codexAccountId: codexAccountIdOf(bindings),
    openaiAccountId: textOrNull(bindings.openaiAccountId),
    geminiAccountId: textOrNull(bindings.geminiAccountId),
    azureOpenaiAccountId: textOrNull(bindings.azureOpenaiAccountId),
    bedrockAccountId: textOrNull(bindings.bedrockAccountId),
    droidAccountId: textOrNull(bindings.droidAccountId),
  };
}

function toLife(record: ApiKeyRecord) {
  return {
    expirationMode: record.expirationMode,
    activationDays: record.activationDays,
    activationUnit: record.activationUnit,
    isActivated: record.isActivated,
    activatedAt: dateOrNull(record.activatedAt),
    expiresAt: dateOrNull(record.expiresAt),
    createdAt: dateOrNull(record.createdAt),
    updatedAt: dateOrNull(record.updatedAt),
    lastUsedAt: dateOrNull(record.lastUsedAt),
  };
}

function toEvents({ deletion, restoration }: ApiKeyRecord) {
  return {
    isDeleted: deletion !== null,
    deletedAt: dateOrNull(deletion?.at ?? null),
    deletedBy: textOrNull(deletion?.by),
    deletedByType: textOrNull(deletion?.byType),
    restoredAt: dateOrNull(restoration?.at ?? null),
    restoredBy: textOrNull(restoration?.by),
    restoredByType: textOrNull(restoration?.byType),
  };
}

const textOrNull = (text: string | undefined): string | null => (text === undefined || text === '' ? null : text);

const dateOrNull = (date: Date | null): string | null => date?.toISOString() ?? null;
