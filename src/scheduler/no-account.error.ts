import type { UnavailableReason } from '../account/availability.js';

/** No account can take the request now. */
export class NoAccountError extends Error {
  override readonly name = 'NoAccountError';

  constructor(
    /** How many accounts were left out, by their first reason. Empty when there is none at all. */
    readonly counts: ReadonlyMap<UnavailableReason, number>,
    /** When the first of them is back, where that is known. */
    readonly retryAt: Date | null,
    /** All that keeps one of the accounts is that its upstream lacks the endpoint. */
    readonly lacksEndpoint = false,
    /** There is none because the key is bound to an account of a kind that is not served here. */
    readonly isBoundElsewhere = false,
  ) {
    super('No account is available');
  }
}
