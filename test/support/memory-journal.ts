import type { Settlement, UsageReport, WastedAttempt } from '@crs/extension-api';
import {
  type JournalBatch,
  type KnownInput,
  LeftJournals,
  type LeftJournal,
  RequestJournal,
} from '../../src/core/journal/request-journal.js';

/** A journal in memory, whose notes a test can read. It keeps batches until `forget` is called. */
export class MemoryJournal extends RequestJournal {
  readonly instance: string;
  /** Every note, in order: `dispatched req-1`, `batched 3 req-1,req-2`, ... */
  readonly notes: string[] = [];
  /** Reports as they were noted, oldest first. */
  readonly dispatches: UsageReport[] = [];
  /** What was noted with each of them. */
  readonly wastes: (readonly WastedAttempt[])[] = [];
  readonly inputs = new Map<string, KnownInput>();
  readonly settlements = new Map<string, Settlement>();
  /** False: the disk takes no notes. */
  takesNotes = true;
  storeId: string | null = null;
  private readonly batches = new Map<number, readonly string[]>();

  constructor(instance = 'test-instance') {
    super();
    this.instance = instance;
  }

  dispatched(report: UsageReport, waste: readonly WastedAttempt[] = []): void {
    this.wastes.push(waste);
    this.dispatches.push(report);
    this.notes.push(`dispatched ${report.requestId}`);
  }

  inputKnown(requestId: string, input: KnownInput): void {
    this.inputs.set(requestId, input);
    this.notes.push(`inputKnown ${requestId}`);
  }

  settled(settlement: Settlement): boolean {
    this.settlements.set(settlement.requestId, settlement);
    if (this.takesNotes) this.notes.push(`settled ${settlement.requestId}`);
    return this.takesNotes;
  }

  batched(batch: number, requestIds: readonly string[]): void {
    this.notes.push(`batched ${batch} ${requestIds.join(',')}`);
    this.batches.set(batch, requestIds);
  }

  confirmed(batch: number): void {
    this.notes.push(`confirmed ${batch}`);
  }

  belongsTo(storeId: string): void {
    this.storeId = storeId;
  }

  async readBatches(first: number): Promise<readonly JournalBatch[]> {
    return [...this.batches]
      .filter(([number]) => number >= first)
      .sort(([a], [b]) => a - b)
      .map(([number, ids]) => ({
        number,
        settlements: ids.flatMap((id) => this.settlements.get(id) ?? []),
      }));
  }

  /** As after five minutes: batches up to this one are not kept any more. */
  forget(upTo: number): void {
    for (const number of this.batches.keys()) if (number <= upTo) this.batches.delete(number);
  }
}

/** No process has ended without tidying up, unless a test says so. */
export class NoLeftJournals extends LeftJournals {
  constructor(readonly left: readonly LeftJournal[] = []) {
    super();
  }

  async *take(): AsyncIterable<LeftJournal> {
    yield* this.left;
  }
}
