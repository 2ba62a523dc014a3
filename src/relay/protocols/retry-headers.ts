import type { RelayError, RelayErrorCode } from '@crs/extension-api';

/**
 * What a client is told about trying again. `known`: when to come back, or not to where nobody knows. `later`: when to
 * come back, but not to wait for it within this call. `never`.
 */
type RetryAdvice = 'known' | 'later' | 'never';

const ADVICE: Readonly<Partial<Record<RelayErrorCode, RetryAdvice>>> = {
  window_exceeded: 'later',
  budget_spent: 'never',
};

/**
 * Clients try again for minutes unless they are told not to; so every error says when to come back, or that this call is
 * not to be tried again, or both.
 */
export function retryHeaders({ code, retryAfterSeconds }: RelayError): Record<string, string> {
  const advice = ADVICE[code] ?? 'known';
  const isWorthWaiting = advice === 'known' && retryAfterSeconds !== null;
  return {
    ...(advice === 'never' || retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...(isWorthWaiting ? {} : { 'x-should-retry': 'false' }),
  };
}
