import type { FailureVerdict } from '@crs/extension-api';

/** What is known after an attempt has failed. */
export interface AttemptHistory {
  /** Different accounts that were asked. */
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly verdict: FailureVerdict;
  /** Epoch ms. */
  readonly now: number;
  readonly deadline: number;
}

export type NextAction =
  | { readonly kind: 'next_account' }
  /** The upstream's answer is for the client to mend and goes back as it is. */
  | { readonly kind: 'pass_through' }
  | { readonly kind: 'exhausted'; readonly why: 'attempts' | 'time' };

/** What happens after a failed attempt. */
export function planNext({ attempts, maxAttempts, verdict, now, deadline }: AttemptHistory): NextAction {
  if (verdict.action === 'give_up') return { kind: 'pass_through' };
  if (attempts >= maxAttempts) return { kind: 'exhausted', why: 'attempts' };
  if (now >= deadline) return { kind: 'exhausted', why: 'time' };
  return { kind: 'next_account' };
}
