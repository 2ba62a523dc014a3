declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** The id (UUID) of a client key, never its secret. */
export type ApiKeyId = Branded<string, 'ApiKeyId'>;
/** The id (UUID) of an upstream account. */
export type AccountId = Branded<string, 'AccountId'>;

export const toApiKeyId = (text: string): ApiKeyId => text as ApiKeyId;
export const toAccountId = (text: string): AccountId => text as AccountId;
