import { type PayloadRule, toApiKeyId } from '@crs/extension-api';
import {
  type ApiKeyEvent,
  type ApiKeyRecord,
  type Bindings,
  DEFAULT_SETTINGS,
  type Deletion,
} from './api-key-record.js';
import { formatPermissions, parsePermissions } from './permission-list.js';
import { amountOf, countOf, countWithin, dateOf, dateText, flagOf, jsonOf, listOf, textOf } from './stored-text.js';

export type StoredFields = Readonly<Record<string, string>>;

/** A key as the store holds it: v1's hash, and the hash of what v1 does not know. */
export interface StoredHashes {
  readonly fields: StoredFields;
  readonly extra: StoredFields;
}

type RestrictionSettings = Pick<ApiKeyRecord, 'enableModelRestriction' | 'restrictedModels' | 'modelRestrictionMode'>;

const VALUE_TYPES: readonly unknown[] = ['string', 'number', 'boolean', 'json'];

/** Reads a key of any version of v1; fields that it does not have get their defaults. */
export function decodeApiKey(id: string, { fields, extra }: StoredHashes): ApiKeyRecord {
  return {
    id: toApiKeyId(id),
    secretHash: textOf(fields['apiKey']),
    name: textOf(fields['name']),
    description: textOf(fields['description']),
    icon: textOf(fields['icon']),
    tags: listOf(fields['tags']).filter((tag) => tag !== ''),
    // v1 serves a key only where the text says so.
    isActive: flagOf(fields['isActive'], false),
    permissions: parsePermissions(textOf(fields['permissions'])),
    ...decodeLimits(fields),
    ...decodeRestriction(fields, extra),
    enableClientRestriction: flagOf(fields['enableClientRestriction'], false),
    allowedClients: listOf(fields['allowedClients']),
    dedicatedAccountFallback: 'dedicatedAccountFallback' in extra ? extra['dedicatedAccountFallback'] === 'true' : null,
    bindings: decodeBindings(fields),
    ...decodeLife(fields),
    serviceRates: decodeRates(fields['serviceRates']),
    enableOpenAIResponsesCodexAdaptation: flagOf(fields['enableOpenAIResponsesCodexAdaptation'], true),
    enableOpenAIResponsesPayloadRules: flagOf(fields['enableOpenAIResponsesPayloadRules'], false),
    openaiResponsesPayloadRules: decodeRules(fields['openaiResponsesPayloadRules']),
    createdBy: textOf(fields['createdBy']),
    userId: textOf(fields['userId']),
    userUsername: textOf(fields['userUsername']),
    deletion: decodeDeletion(fields),
    restoration: decodeRestoration(fields),
  };
}

/** Both hashes of a key, complete: every field of v1's newest version, in its formats. */
export function encodeApiKey(record: ApiKeyRecord): StoredHashes {
  return {
    fields: {
      id: record.id,
      apiKey: record.secretHash,
      name: record.name,
      description: record.description,
      icon: record.icon,
      tags: JSON.stringify(record.tags),
      isActive: String(record.isActive),
      permissions: formatPermissions(record.permissions),
      ...encodeLimits(record),
      ...encodeRestriction(record),
      enableClientRestriction: String(record.enableClientRestriction),
      allowedClients: JSON.stringify(record.allowedClients),
      ...record.bindings,
      ...encodeLife(record),
      serviceRates: JSON.stringify(record.serviceRates),
      enableOpenAIResponsesCodexAdaptation: String(record.enableOpenAIResponsesCodexAdaptation),
      enableOpenAIResponsesPayloadRules: String(record.enableOpenAIResponsesPayloadRules),
      openaiResponsesPayloadRules: JSON.stringify(record.openaiResponsesPayloadRules),
      createdBy: record.createdBy,
      userId: record.userId,
      userUsername: record.userUsername,
      ...encodeEvents(record),
    },
    extra: encodeExtra(record),
  };
}

function decodeLimits(fields: StoredFields) {
  return {
    tokenLimit: countOf(fields['tokenLimit'], 0),
    concurrencyLimit: countOf(fields['concurrencyLimit'], 0),
    rateLimitWindow: countOf(fields['rateLimitWindow'], 0),
    rateLimitRequests: countOf(fields['rateLimitRequests'], 0),
    rateLimitCost: amountOf(fields['rateLimitCost']),
    dailyCostLimit: amountOf(fields['dailyCostLimit']),
    totalCostLimit: amountOf(fields['totalCostLimit']),
    weeklyOpusCostLimit: amountOf(fields['weeklyOpusCostLimit']),
    weeklyResetDay: countWithin(fields['weeklyResetDay'], 1, 7, DEFAULT_SETTINGS.weeklyResetDay),
    weeklyResetHour: countWithin(fields['weeklyResetHour'], 0, 23, DEFAULT_SETTINGS.weeklyResetHour),
  };
}

function encodeLimits(record: ApiKeyRecord): StoredFields {
  return {
    tokenLimit: String(record.tokenLimit),
    concurrencyLimit: String(record.concurrencyLimit),
    rateLimitWindow: String(record.rateLimitWindow),
    rateLimitRequests: String(record.rateLimitRequests),
    rateLimitCost: String(record.rateLimitCost),
    dailyCostLimit: String(record.dailyCostLimit),
    totalCostLimit: String(record.totalCostLimit),
    weeklyOpusCostLimit: String(record.weeklyOpusCostLimit),
    weeklyResetDay: String(record.weeklyResetDay),
    weeklyResetHour: String(record.weeklyResetHour),
  };
}

/**
 * v1's own fields are a deny list. An allow list stands beside them; when v1 has then written a deny list of its own,
 * what it denies is taken out of the allowed.
 */
function decodeRestriction(fields: StoredFields, extra: StoredFields): RestrictionSettings {
  const denies = flagOf(fields['enableModelRestriction'], false);
  const denied = listOf(fields['restrictedModels']);
  if (extra['modelRestrictionMode'] !== 'allow') {
    return { enableModelRestriction: denies, restrictedModels: denied, modelRestrictionMode: 'deny' };
  }
  const allows = flagOf(extra['enableModelRestriction'], false);
  if (denies && !allows) {
    return { enableModelRestriction: true, restrictedModels: denied, modelRestrictionMode: 'deny' };
  }
  const allowed = listOf(extra['allowedModels']);
  return {
    enableModelRestriction: allows,
    restrictedModels: denies ? allowed.filter((model) => !denied.includes(model)) : allowed,
    modelRestrictionMode: 'allow',
  };
}

function encodeRestriction(record: RestrictionSettings): StoredFields {
  const denyList = record.modelRestrictionMode === 'deny';
  return {
    enableModelRestriction: String(denyList && record.enableModelRestriction),
    restrictedModels: JSON.stringify(denyList ? record.restrictedModels : []),
  };
}

function encodeExtra(record: ApiKeyRecord): StoredFields {
  const { modelRestrictionMode, enableModelRestriction, restrictedModels, dedicatedAccountFallback } = record;
  return {
    modelRestrictionMode,
    ...(modelRestrictionMode === 'allow' && {
      enableModelRestriction: String(enableModelRestriction),
      allowedModels: JSON.stringify(restrictedModels),
    }),
    ...(dedicatedAccountFallback !== null && { dedicatedAccountFallback: String(dedicatedAccountFallback) }),
  };
}

function decodeBindings(fields: StoredFields): Bindings {
  return {
    claudeAccountId: textOf(fields['claudeAccountId']),
    claudeConsoleAccountId: textOf(fields['claudeConsoleAccountId']),
    geminiAccountId: textOf(fields['geminiAccountId']),
    openaiAccountId: textOf(fields['openaiAccountId']),
    azureOpenaiAccountId: textOf(fields['azureOpenaiAccountId']),
    bedrockAccountId: textOf(fields['bedrockAccountId']),
    droidAccountId: textOf(fields['droidAccountId']),
  };
}

function decodeLife(fields: StoredFields) {
  const expirationMode = fields['expirationMode'] === 'activation' ? 'activation' : 'fixed';
  return {
    expirationMode,
    activationDays: countOf(fields['activationDays'], 0),
    activationUnit: fields['activationUnit'] === 'hours' ? 'hours' : 'days',
    isActivated: flagOf(fields['isActivated'], expirationMode === 'fixed'),
    activatedAt: dateOf(fields['activatedAt']),
    expiresAt: dateOf(fields['expiresAt']),
    createdAt: dateOf(fields['createdAt']),
    updatedAt: dateOf(fields['updatedAt']),
    lastUsedAt: dateOf(fields['lastUsedAt']),
  } as const;
}

function encodeLife(record: ApiKeyRecord): StoredFields {
  return {
    expirationMode: record.expirationMode,
    activationDays: String(record.activationDays),
    activationUnit: record.activationUnit,
    isActivated: String(record.isActivated),
    activatedAt: dateText(record.activatedAt),
    expiresAt: dateText(record.expiresAt),
    createdAt: dateText(record.createdAt),
    lastUsedAt: dateText(record.lastUsedAt),
    ...(record.updatedAt !== null && { updatedAt: dateText(record.updatedAt) }),
  };
}

function decodeRates(text: string | undefined): Readonly<Record<string, number>> {
  const parsed = jsonOf(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return {};
  const rates = Object.entries(parsed).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number' && Number.isFinite(entry[1]) && entry[1] >= 0,
  );
  return Object.fromEntries(rates);
}

function decodeRules(text: string | undefined): readonly PayloadRule[] {
  const parsed = jsonOf(text);
  return Array.isArray(parsed) ? parsed.filter(isPayloadRule) : [];
}

function isPayloadRule(rule: unknown): rule is PayloadRule {
  if (typeof rule !== 'object' || rule === null || !('path' in rule) || !('valueType' in rule)) return false;
  return typeof rule.path === 'string' && VALUE_TYPES.includes(rule.valueType) && 'value' in rule;
}

function decodeDeletion(fields: StoredFields): Deletion | null {
  if (fields['isDeleted'] !== 'true') return null;
  return {
    at: dateOf(fields['deletedAt']),
    by: textOf(fields['deletedBy']),
    byType: textOf(fields['deletedByType']),
  };
}

function decodeRestoration(fields: StoredFields): ApiKeyEvent | null {
  const at = dateOf(fields['restoredAt']);
  if (at === null) return null;
  return { at, by: textOf(fields['restoredBy']), byType: textOf(fields['restoredByType']) };
}

function encodeEvents({ deletion, restoration }: ApiKeyRecord): StoredFields {
  return {
    ...(deletion !== null && {
      isDeleted: 'true',
      deletedAt: dateText(deletion.at),
      deletedBy: deletion.by,
      deletedByType: deletion.byType,
    }),
    ...(restoration !== null && {
      restoredAt: dateText(restoration.at),
      restoredBy: restoration.by,
      restoredByType: restoration.byType,
    }),
  };
}
