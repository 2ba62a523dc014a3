import type { AccountMark, FailureVerdict } from '@crs/extension-api';

/** What is known after an attempt has failed. */
export interface AttemptHistory {
  /** Different accounts that were asked. */
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly verdict: FailureVerdict;
  /** Epoch ms. */
  readonly now: number;
  readonly deadline: number;
  /** The session was with this account already: only there is its prompt cached. */
  readonly sticky: boolean;
  /** The request has waited for an account before. */
  readonly hasWaited: boolean;
  /** The longest time until a reset that is worth waiting for; 0 = none is. */
  readonly maxWaitMs: number;
}

export type NextAction =
  | { readonly kind: 'next_account' }
  /** The account is itself again so soon that its cache is worth the wait. */
  | { readonly kind: 'same_account'; readonly waitMs: number }
  /** The upstream's answer is for the client to mend and goes back as it is. */
  | { readonly kind: 'pass_through' }
  | { readonly kind: 'exhausted'; readonly why: 'attempts' | 'time' };

/** Waited beyond a reset, because the upstream's clock and ours are two. */
const RESET_MARGIN_MS = 50;

/** What happens after a failed attempt. */
export function planNext(history: AttemptHistory): NextAction {
  const { attempts, maxAttempts, verdict, now, deadline } = history;
  if (verdict.action === 'give_up') return { kind: 'pass_through' };
  const waitMs = waitInPlace(verdict.mark, history);
  if (waitMs !== null) return { kind: 'same_account', waitMs };
  if (attempts >= maxAttempts) return { kind: 'exhausted', why: 'attempts' };
  if (now >= deadline) return { kind: 'exhausted', why: 'time' };
  return { kind: 'next_account' };
}

/** Null: waiting for this account is not worth it, or not allowed. */
function waitInPlace(mark: AccountMark | null, history: AttemptHistory): number | null {
  const { now, deadline, sticky, hasWaited, maxWaitMs } = history;
  if (!sticky || hasWaited || maxWaitMs === 0) return null;
  if (mark?.type !== 'rate_limit' || mark.statusCode !== 429 || mark.resetAt === undefined) return null;
  const untilReset = Math.max(0, mark.resetAt.getTime() - now);
  const waitMs = untilReset + RESET_MARGIN_MS;
  return untilReset <= maxWaitMs && now + waitMs < deadline ? waitMs : null;
}
