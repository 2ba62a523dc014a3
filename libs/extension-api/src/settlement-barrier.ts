import type { AccountId, ApiKeyId } from './ids.js';

/** Whether the store has what this process knows. */
export abstract class SettlementBarrier {
  /**
   * Resolves when the store has everything that ended requests of this key, or on this account, have used so far, and
   * what they held is free again; also when the signal is aborted. At once where nothing is on its way.
   */
  abstract whenSettled(id: ApiKeyId | AccountId, signal: AbortSignal): Promise<void>;

  /** So much waits for the store that nothing more should be let in. */
  abstract isCrowded(): boolean;
}
