import type { Settlement } from '@crs/extension-api';
import { isEmpty } from './live-notes.js';
import type { Note } from './note.codec.js';
import type { JournalBatch, KnownInput, OpenRequest } from './request-journal.js';

/** What the notes of a journal, taken in their order, come to. */
export class JournalReading {
  private readonly settled = new Map<string, Settlement>();
  private readonly running = new Map<string, OpenRequest>();
  private readonly batched = new Map<number, readonly string[]>();
  private confirmed = 0;
  private missesSome = false;

  /** What is repeated, because a new segment began with it, counts once. */
  add(note: Note): void {
    switch (note.kind) {
      case 'version':
        break;
      case 'dispatched':
        this.addDispatched({ report: note.report, waste: note.waste, input: null });
        break;
      case 'input':
        this.addInput(note.requestId, note.input);
        break;
      case 'settled':
        this.addSettled(note.settlement);
        break;
      case 'batch':
        this.batched.set(note.number, note.requestIds);
        break;
      case 'confirmed':
        this.confirmed = Math.max(this.confirmed, note.number);
        break;
    }
  }

  /** Something was written that could not be understood or read. */
  addUnread(): void {
    this.missesSome = true;
  }

  get isWhole(): boolean {
    return !this.missesSome;
  }

  /** 0 = none. */
  get lastConfirmed(): number {
    return this.confirmed;
  }

  /** In order. One that was confirmed so long ago that a part of it has been removed is left out. */
  get batches(): JournalBatch[] {
    const inOrder = [...this.batched].sort(([one], [other]) => one - other);
    return inOrder.flatMap(([number, requestIds]) => {
      const settlements = requestIds.flatMap((id) => this.settled.get(id) ?? []);
      const isCutShort = settlements.length < requestIds.length && number <= this.confirmed;
      return isCutShort ? [] : [{ number, settlements }];
    });
  }

  /** Settled, in no batch, and something of it is to be booked. */
  get unbatched(): Settlement[] {
    const inBatches = new Set([...this.batched.values()].flat());
    return [...this.settled.values()].filter((one) => !isEmpty(one) && !inBatches.has(one.requestId));
  }

  get open(): OpenRequest[] {
    return [...this.running.values()];
  }

  isSettled(requestId: string): boolean {
    return this.settled.has(requestId);
  }

  private addDispatched(request: OpenRequest): void {
    const { requestId } = request.report;
    if (!this.settled.has(requestId)) this.running.set(requestId, request);
  }

  private addInput(requestId: string, input: KnownInput): void {
    const request = this.running.get(requestId);
    if (request !== undefined) this.running.set(requestId, { ...request, input });
  }

  private addSettled(settlement: Settlement): void {
    const { requestId } = settlement;
    if (!this.settled.has(requestId)) this.settled.set(requestId, settlement);
    this.running.delete(requestId);
  }
}
