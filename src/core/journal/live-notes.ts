import type { Settlement } from '@crs/extension-api';
import { encodeConfirmed, encodeSettled } from './note.codec.js';

/** How long a batch is kept after its confirmation: a store that was restarted from an older file asks for it again. */
const KEPT_MS = 5 * 60_000;
const NONE = Number.POSITIVE_INFINITY;

/** A request that is under way. */
interface OpenNotes {
  readonly dispatched: string;
  readonly input: string;
  /** Something about it is in a file: then its end must get there, too. */
  readonly isNoted: boolean;
}

/** The end of a request that no file has taken. */
interface MissedEnd {
  readonly line: string;
  readonly wasNoted: boolean;
  readonly awaits: 'batch' | 'store' | 'nothing';
}

interface SentBatch {
  readonly number: number;
  readonly requestIds: readonly string[];
  /** The oldest segment that holds a part of it; infinity: none does. */
  readonly segment: number;
}

interface KeptBatch {
  readonly segment: number;
  /** Epoch ms. */
  readonly until: number;
}

/** Nothing of it goes into the books. */
export const isEmpty = ({ record, waste }: Settlement): boolean => record === null && waste.length === 0;

/**
 * Which notes of this process are still needed, and from which segment on. Keeps the lines of requests that run, so that
 * each new segment begins with them, and of what no file has taken; all else is on the disk and only counted here.
 * `segment` is where a line stands; null: no file has taken it.
 */
export class LiveNotes {
  private readonly open = new Map<string, OpenNotes>();
  /** Settled and in no batch: the segment of the note. In the order of settling, so the first is in the oldest. */
  private readonly unbatched = new Map<string, number>();
  private sent: SentBatch[] = [];
  private kept: KeptBatch[] = [];
  private readonly missedEnds = new Map<string, MissedEnd>();
  private readonly missedBatches = new Map<number, string>();
  private lastConfirmed = 0;

  dispatched(requestId: string, line: string, segment: number | null): void {
    const wasNoted = this.open.get(requestId)?.isNoted === true;
    this.open.set(requestId, { dispatched: line, input: '', isNoted: wasNoted || segment !== null });
  }

  isOpen(requestId: string): boolean {
    return this.open.has(requestId);
  }

  inputKnown(requestId: string, line: string): void {
    const notes = this.open.get(requestId);
    if (notes !== undefined) this.open.set(requestId, { ...notes, input: line });
  }

  settled(settlement: Settlement, line: string, segment: number | null): void {
    const { requestId } = settlement;
    const wasNoted = this.open.get(requestId)?.isNoted === true;
    this.open.delete(requestId);
    if (segment === null) this.miss(requestId, { line, wasNoted, awaits: isEmpty(settlement) ? 'nothing' : 'batch' });
    else if (!isEmpty(settlement)) this.unbatched.set(requestId, segment);
  }

  batched(number: number, requestIds: readonly string[], line: string, segment: number | null): void {
    let oldest = segment ?? NONE;
    for (const id of requestIds) {
      oldest = Math.min(oldest, this.unbatched.get(id) ?? this.sentIn(id));
      this.unbatched.delete(id);
      const missed = this.missedEnds.get(id);
      if (missed !== undefined) this.missedEnds.set(id, { ...missed, awaits: 'store' });
    }
    if (segment === null) this.missedBatches.set(number, line);
    this.sent.push({ number, requestIds, segment: oldest });
  }

  confirmed(number: number, now: number): void {
    this.lastConfirmed = Math.max(this.lastConfirmed, number);
    const confirmed = this.sent.filter((sent) => sent.number <= number);
    for (const { segment, requestIds } of confirmed) {
      if (segment !== NONE) this.kept.push({ segment, until: now + KEPT_MS });
      requestIds.forEach((id) => {
        this.shortenMissedEnd(id);
      });
    }
    this.forgetBatches(confirmed);
    this.sent = this.sent.filter((sent) => sent.number > number);
  }

  /** What a new segment must begin with, so that the files tell everything again. */
  carriedOver(): string {
    const open = [...this.open.values()].flatMap(({ dispatched, input }) => [dispatched, input]);
    const ends = [...this.missedEnds.values()].map(({ line }) => line);
    const confirmed = this.lastConfirmed === 0 ? '' : encodeConfirmed(this.lastConfirmed);
    return [...open, ...ends, ...this.missedBatches.values(), confirmed].join('');
  }

  /** A segment that begins with what was carried over is in place. */
  wereCarriedOver(segment: number): void {
    for (const [id, notes] of this.open) this.open.set(id, { ...notes, isNoted: true });
    for (const [id, { awaits }] of this.missedEnds) if (awaits === 'batch') this.unbatched.set(id, segment);
    this.missedEnds.clear();
    if (this.missedBatches.size > 0) {
      this.missedBatches.clear();
      this.sent = this.sent.map((batch) => ({ ...batch, segment: Math.min(batch.segment, segment) }));
    }
  }

  /** No segment before this one is needed; infinity: none at all is. */
  oldestNeeded(now: number): number {
    this.kept = this.kept.filter(({ until }) => now <= until && until - now <= KEPT_MS);
    const [unbatched = NONE] = this.unbatched.values();
    return [...this.sent, ...this.kept].reduce((oldest, { segment }) => Math.min(oldest, segment), unbatched);
  }

  /** The store has everything: no later process needs the files. */
  get areAllConfirmed(): boolean {
    const missed = [...this.missedEnds.values()].some(({ awaits }) => awaits !== 'nothing');
    return this.open.size === 0 && this.unbatched.size === 0 && this.sent.length === 0 && !missed;
  }

  /** A request that is put into another batch stays where it is. */
  private sentIn(requestId: string): number {
    return this.sent.find(({ requestIds }) => requestIds.includes(requestId))?.segment ?? NONE;
  }

  /** The store has them. What a file tells of their requests must still be told to be in a batch. */
  private forgetBatches(confirmed: readonly SentBatch[]): void {
    const inFiles = new Set(confirmed.filter(({ segment }) => segment !== NONE).map(({ number }) => number));
    for (const { number } of confirmed) if (!inFiles.has(number)) this.missedBatches.delete(number);
  }

  private miss(requestId: string, end: MissedEnd): void {
    if (end.wasNoted || end.awaits !== 'nothing') this.missedEnds.set(requestId, end);
  }

  /** The store has it: only that it is over is still to be told, and only where a file says that it has begun. */
  private shortenMissedEnd(requestId: string): void {
    const missed = this.missedEnds.get(requestId);
    if (missed === undefined) return;
    this.missedEnds.delete(requestId);
    const line = encodeSettled({ requestId, record: null, waste: [] });
    this.miss(requestId, { line, wasNoted: missed.wasNoted, awaits: 'nothing' });
  }
}
