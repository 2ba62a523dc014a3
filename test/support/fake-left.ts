import type { Settlement } from '@crs/extension-api';
import type { JournalBatch, LeftJournal } from '../../src/core/journal/request-journal.js';

/** A journal of a process that has ended, in memory. */
export class FakeLeft implements LeftJournal {
  readonly instance: string = 'dead-instance';
  readonly batches: readonly JournalBatch[];
  readonly unbatched: readonly Settlement[];
  readonly open: LeftJournal['open'];
  readonly lastConfirmed: number;
  readonly notes: string[] = [];
  isWhole = true;
  storeId: string | null = null;
  end: 'finished' | 'left' | 'left to its store' | null = null;

  constructor(left: Partial<Pick<LeftJournal, 'batches' | 'unbatched' | 'open' | 'lastConfirmed'>>) {
    this.batches = left.batches ?? [];
    this.unbatched = left.unbatched ?? [];
    this.open = left.open ?? [];
    this.lastConfirmed = left.lastConfirmed ?? 0;
  }

  batched(number: number, settlements: readonly Settlement[]): void {
    this.notes.push(`${number}: ${settlements.map(({ requestId }) => requestId).join(',')}`);
  }

  finish(): boolean {
    this.end = 'finished';
    return this.isWhole;
  }

  leaveToItsStore(): void {
    this.end = 'left to its store';
  }

  leave(): void {
    this.end = 'left';
  }
}
