import type { FailureContext } from '@crs/extension-api';
import type { UpstreamError } from './upstream-error.js';

/**
 * Texts by which an upstream says that it refuses the account, not the request, although it answers 400 or 403. In
 * lower case; one of them anywhere in the message is enough.
 */
export const ACCOUNT_FAULT_TEXTS: readonly string[] = [
  'organization has been disabled',
  'account has been disabled',
  'account is disabled',
  'account not found',
  'invalid account',
  'no account supporting',
  'too many active sessions',
  'credit balance is too low',
  'you have reached your specified api usage limits',
];

/** Texts by which a 429 says that this request is more than the account's plan allows; smaller ones are served. */
export const REQUEST_LIMIT_TEXTS: readonly string[] = [
  'extra usage is required',
  'long context requests',
  'long context beta',
];

/**
 * Whether the upstream refuses the account: `told`; or only seems to, because the request holds every such text that the
 * message does, and may be what is quoted: `quoted`.
 */
export function findAccountFault({ message }: UpstreamError, context: FailureContext): 'told' | 'quoted' | null {
  const spoken = message.toLowerCase();
  const found = [...ACCOUNT_FAULT_TEXTS, ...context.accountFaultTexts].filter((text) => spoken.includes(text));
  if (found.length === 0) return null;
  return found.every((text) => context.requestHolds(text)) ? 'quoted' : 'told';
}

export function isRequestLimit({ message }: UpstreamError): boolean {
  const spoken = message.toLowerCase();
  return REQUEST_LIMIT_TEXTS.some((text) => spoken.includes(text));
}
