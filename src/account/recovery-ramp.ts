import type { Recovery } from './account-state.js';

/** So long after its marks have ended an account is no longer held back, whether it was asked or not. */
export const RECOVERY_MS = 600_000;
/** After so many served requests it has its full share again. */
export const FULL_AFTER = 5;

/** Requests that a recovering account may have at the same time while others can take them. */
export const shareAfter = (served: number): number => 2 ** served;

/** The share at this moment; null = as many as ever. */
export function shareOf(recovery: Recovery | null, now: number): number | null {
  if (recovery === null || now < recovery.since.getTime() || now >= recovery.until.getTime()) return null;
  return shareAfter(recovery.served);
}
