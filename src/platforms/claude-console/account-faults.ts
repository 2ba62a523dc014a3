import type { UpstreamError } from '@crs/platform-kit';

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

export function isRequestLimit({ message }: UpstreamError): boolean {
  const spoken = message.toLowerCase();
  return REQUEST_LIMIT_TEXTS.some((text) => spoken.includes(text));
}
