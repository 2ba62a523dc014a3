import type { ApiKeyId } from './ids.js';
import type { KeyLimitSettings } from './principal.js';

/** What other modules may know of a stored client key, deleted ones included. */
export interface ApiKeySummary {
  readonly id: ApiKeyId;
  readonly name: string;
  readonly description: string;
  readonly isActive: boolean;
  readonly isDeleted: boolean;
  readonly createdAt: Date | null;
  readonly expiresAt: Date | null;
  readonly expirationMode: 'fixed' | 'activation';
  readonly isActivated: boolean;
  readonly activationDays: number;
  readonly activationUnit: 'days' | 'hours';
  readonly activatedAt: Date | null;
  /** As in `Principal`. */
  readonly permissions: readonly string[];
  readonly limits: KeyLimitSettings;
  readonly weeklyResetDay: number;
  readonly weeklyResetHour: number;
  readonly enableModelRestriction: boolean;
  readonly restrictedModels: readonly string[];
  readonly modelRestrictionMode: 'allow' | 'deny';
  readonly enableClientRestriction: boolean;
  readonly allowedClients: readonly string[];
  /** The raw binding fields, those that are set. */
  readonly bindings: Readonly<Record<string, string>>;
  readonly serviceRates: Readonly<Record<string, number>>;
}

/** Whose secret a text is. `invalid`: nobody's that may use it now, with the reason in words. */
export type KeyIdentity =
  { readonly kind: 'known'; readonly key: ApiKeySummary } | { readonly kind: 'invalid'; readonly message: string };

/** The port through which modules ask about keys without importing ApiKeyModule. Injected by this class as its token. */
export abstract class ApiKeyDirectory {
  abstract findSummary(id: ApiKeyId): Promise<ApiKeySummary | null>;
  /** Never begins the life of a key that waits for its first use. */
  abstract identify(secret: string): Promise<KeyIdentity>;
  /** How many keys, deleted ones left out, have this text in a binding field of their record. */
  abstract countBoundTo(field: string, value: string): Promise<number>;
  /** The same for every text that is in the field: text -> number of keys. */
  abstract countBindings(field: string): Promise<ReadonlyMap<string, number>>;
}

/** How many there are, deleted ones left out. */
export interface DirectoryCount {
  readonly total: number;
  /** Of these, those that can be used now. */
  readonly active: number;
}

/** The port through which figures find the names of the keys that they speak of. */
export abstract class ApiKeyNames {
  /** By id, deleted keys included; keys without a record are left out. */
  abstract namesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  abstract count(): Promise<DirectoryCount>;
}

/** The port through which figures find the names of the accounts that they speak of. */
export abstract class AccountNames {
  /** By id; accounts without a record are left out. */
  abstract namesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  abstract count(): Promise<DirectoryCount>;
}

/** The port through which modules ask how much this process has to do. */
export abstract class LiveRequests {
  /** Client requests that this process is relaying or keeping waiting now. */
  abstract count(): number;
}
