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

/** @param moreTexts as in `FailureContext.accountFaultTexts` */
export function isAccountFault({ message }: UpstreamError, moreTexts: readonly string[]): boolean {
  const spoken = message.toLowerCase();
  return [ACCOUNT_FAULT_TEXTS, moreTexts].some((texts) => texts.some((text) => spoken.includes(text)));
}
