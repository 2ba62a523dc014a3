import type { RollUpDimension, RollUpGrain } from '@crs/store';
import type { Figures } from './figures.js';

/** Which figures are asked for. `from` and `to` are epoch ms, `to` excluded; both begin a period of the grain. */
export interface RollUpQuery {
  readonly grain: RollUpGrain;
  readonly from: number;
  readonly to: number;
  /** One row per model, key or account and period; null = one row per period. */
  readonly by: RollUpDimension | null;
  /** Only of this key, account, model (counted name). */
  readonly keyId?: string;
  readonly accountId?: string;
  readonly model?: string;
}

export interface RollUpRow {
  /** As in keys: `YYYY-MM-DD:HH`, `YYYY-MM-DD`, `YYYY-MM`. */
  readonly period: string;
  /** Of the dimension; '' where there is none. */
  readonly id: string;
  readonly figures: Figures;
}

/** What was used in a span of time; also from v1's counters, for the days that the roll-ups do not know. */
export abstract class RollUpReader {
  /**
   * Rows without any request are left out. Order: period, then id. Usage is kept by key and by account, not by both
   * together, so a question about both is refused with a 400.
   *
   * @param signal ends a reading that nobody waits for any more; without one it ends after 20 seconds
   */
  abstract read(query: RollUpQuery, signal?: AbortSignal): Promise<readonly RollUpRow[]>;
  /** Waste by account, of the same query (`by` is taken for account, keys have none). */
  abstract readWaste(query: Omit<RollUpQuery, 'by' | 'keyId'>, signal?: AbortSignal): Promise<readonly RollUpRow[]>;
  /** Epoch ms from which on the roll-ups know everything; null = they know nothing yet. */
  abstract findStart(): Promise<number | null>;
}
