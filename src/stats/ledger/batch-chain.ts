import type { Settlement } from '@crs/extension-api';
import type { JournalBatch } from '../../core/journal/request-journal.js';

/** The batches of one instance: numbered without gaps, and noted in its journal before they are sent. */
export interface BatchChain {
  readonly instance: string;
  /** Number of the last batch that was noted; the next one has the number behind it. */
  last: number;
  /** Number of the last batch that the store is noted to have; 0 = none. */
  confirmed: number;
  /** Notes a batch; one of the same number is replaced, and what is in no batch any more waits again. */
  note(number: number, settlements: readonly Settlement[]): void;
  /** Batches from `first` on that are still kept, in order. */
  read(first: number): Promise<readonly JournalBatch[]>;
}
