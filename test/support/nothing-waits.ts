import type { SettlementBarrier } from '@crs/extension-api';

/** The store has everything that was used. */
export const NOTHING_WAITS: SettlementBarrier = { whenSettled: () => Promise.resolve(), isCrowded: () => false };
