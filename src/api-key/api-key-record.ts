import type { ApiKeyId, PayloadRule } from '@crs/extension-api';

/**
 * The fields that bind a key to an upstream account, as they are stored: empty = not bound. Bindings to accounts that
 * this gateway does not serve are kept for v1.
 */
export const BINDING_FIELDS = [
  'claudeAccountId',
  'claudeConsoleAccountId',
  'geminiAccountId',
  'openaiAccountId',
  'azureOpenaiAccountId',
  'bedrockAccountId',
  'droidAccountId',
] as const;

type BindingField = (typeof BINDING_FIELDS)[number];
export type Bindings = Readonly<Record<BindingField, string>>;

export const NO_BINDINGS: Bindings = {
  claudeAccountId: '',
  claudeConsoleAccountId: '',
  geminiAccountId: '',
  openaiAccountId: '',
  azureOpenaiAccountId: '',
  bedrockAccountId: '',
  droidAccountId: '',
};

/** What an administrator decides about a key, bindings apart. Limits: 0 = none. Costs are USD. */
export interface ApiKeySettings {
  readonly name: string;
  readonly description: string;
  /** Tokens per rate window. */
  readonly tokenLimit: number;
  readonly concurrencyLimit: number;
  /** Minutes. */
  readonly rateLimitWindow: number;
  /** Requests per rate window. */
  readonly rateLimitRequests: number;
  /** Cost per rate window. */
  readonly rateLimitCost: number;
  readonly dailyCostLimit: number;
  readonly totalCostLimit: number;
  /** Cost of Claude models per reset week. */
  readonly weeklyOpusCostLimit: number;
  /** 1 = Monday to 7 = Sunday. */
  readonly weeklyResetDay: number;
  /** 0 to 23. */
  readonly weeklyResetHour: number;
  readonly isActive: boolean;
  /** `claude`, `codex`, and what v1 left there for services that are not served here; empty = all. */
  readonly permissions: readonly string[];
  readonly enableModelRestriction: boolean;
  readonly restrictedModels: readonly string[];
  /** `allow`: only the listed models, `deny`: all but the listed. */
  readonly modelRestrictionMode: 'allow' | 'deny';
  readonly enableClientRestriction: boolean;
  readonly allowedClients: readonly string[];
  /** Whether the pool serves the key when its bound account cannot; null = as the gateway is configured. */
  readonly dedicatedAccountFallback: boolean | null;
  readonly tags: readonly string[];
  readonly icon: string;
  /** `activation`: the life of the key begins with its first use. */
  readonly expirationMode: 'fixed' | 'activation';
  /** Length of that life; 0 = 30. */
  readonly activationDays: number;
  readonly activationUnit: 'days' | 'hours';
  readonly expiresAt: Date | null;
  readonly serviceRates: Readonly<Record<string, number>>;
  readonly enableOpenAIResponsesCodexAdaptation: boolean;
  readonly enableOpenAIResponsesPayloadRules: boolean;
  readonly openaiResponsesPayloadRules: readonly PayloadRule[];
}

/** Who did something to a key, and when. `byType` is `admin`, `user` or `system`. */
export interface ApiKeyEvent {
  readonly at: Date;
  readonly by: string;
  readonly byType: string;
}

/** A soft deletion; v1 always wrote a date, but a record is deleted without one as well. */
export type Deletion = Omit<ApiKeyEvent, 'at'> & { readonly at: Date | null };

/** A client key as it is stored. */
export interface ApiKeyRecord extends ApiKeySettings {
  readonly id: ApiKeyId;
  /** Of the secret, which nobody can read again. */
  readonly secretHash: string;
  readonly bindings: Bindings;
  readonly isActivated: boolean;
  readonly activatedAt: Date | null;
  readonly createdAt: Date | null;
  readonly createdBy: string;
  readonly updatedAt: Date | null;
  readonly lastUsedAt: Date | null;
  /** The portal user who owns the key; empty = nobody. */
  readonly userId: string;
  readonly userUsername: string;
  readonly deletion: Deletion | null;
  readonly restoration: ApiKeyEvent | null;
}

/** What holds where nothing was said: at creation, after a null, and for fields that an old record does not have. */
export const DEFAULT_SETTINGS: ApiKeySettings = {
  name: '',
  description: '',
  tokenLimit: 0,
  concurrencyLimit: 0,
  rateLimitWindow: 0,
  rateLimitRequests: 0,
  rateLimitCost: 0,
  dailyCostLimit: 0,
  totalCostLimit: 0,
  weeklyOpusCostLimit: 0,
  weeklyResetDay: 1,
  weeklyResetHour: 0,
  isActive: true,
  permissions: [],
  enableModelRestriction: false,
  restrictedModels: [],
  modelRestrictionMode: 'allow',
  enableClientRestriction: false,
  allowedClients: [],
  dedicatedAccountFallback: null,
  tags: [],
  icon: '',
  expirationMode: 'fixed',
  activationDays: 0,
  activationUnit: 'days',
  expiresAt: null,
  serviceRates: {},
  enableOpenAIResponsesCodexAdaptation: true,
  enableOpenAIResponsesPayloadRules: false,
  openaiResponsesPayloadRules: [],
};
