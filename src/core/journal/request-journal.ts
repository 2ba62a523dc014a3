import type { Settlement, TokenUsage, UsageReport, WastedAttempt } from '@crs/extension-api';

/** What an upstream has told at the beginning of its answer. */
export interface KnownInput {
  readonly model: string | null;
  readonly usage: TokenUsage;
  readonly speed: string | null;
  readonly serviceTier: string | null;
}

/**
 * What requests have begun to cost, on this machine's disk before it happens: so a process that is killed at any moment
 * can be made good by the next one. Every note is in the system's hands when its call returns (a kill loses nothing) and
 * on the disk a second later (a power cut may lose that second). Never throws: where the disk does not take a note,
 * requests go on without it and the log says so.
 */
export abstract class RequestJournal {
  /**
   * Noted before a request is sent to an account, again for each further account. `report` is what would be booked if
   * nothing more were ever known: no tokens, flagged as estimated; `waste` what failed attempts before it have cost.
   */
  abstract dispatched(report: UsageReport, waste: readonly WastedAttempt[]): void;
  /** Noted as soon as a stream tells its input. */
  abstract inputKnown(requestId: string, input: KnownInput): void;
  /**
   * Noted before the client can believe its answer to be whole, also where there is nothing to book: the request is over.
   * False: the note was not taken, and only the store can make the booking durable.
   */
  abstract settled(settlement: Settlement): boolean;
  /** Noted before a batch of settlements is sent to the store. Numbers rise by one. */
  abstract batched(batch: number, requestIds: readonly string[]): void;
  /** The store has the batch, and all before it. */
  abstract confirmed(batch: number): void;
  /** Batches from `first` on that are still kept, in order; they are kept five minutes after their confirmation. */
  abstract readBatches(first: number): Promise<readonly JournalBatch[]>;
  /** Notes which store the journal is written for: it must be booked in no other. Never throws. */
  abstract belongsTo(storeId: string): void;
  /** Name of this process' journal: the numbers of its batches belong to it. */
  abstract readonly instance: string;
}

export interface JournalBatch {
  readonly number: number;
  readonly settlements: readonly Settlement[];
}

/** What a process that has ended left behind. */
export interface LeftJournal {
  readonly instance: string;
  /** Number of the last batch that the store was noted to have; 0 = none. */
  readonly lastConfirmed: number;
  /** In order. The store may have all but the last of them, or have lost some again: it knows. */
  readonly batches: readonly JournalBatch[];
  /** Settled, and in no batch. */
  readonly unbatched: readonly Settlement[];
  /** Sent to an upstream and not settled: what is known of each. */
  readonly open: readonly OpenRequest[];
  /**
   * Notes one more batch of this journal before it is sent, as `RequestJournal.batched`.
   *
   * @throws the system's error when the disk does not take it: it must not be sent, or the next start sends it again.
   */
  batched(batch: number, settlements: readonly Settlement[]): void;
  /** Everything is in the store: the journal is deleted. False: it holds what was not understood, and is kept. */
  finish(): boolean;
  /** It could not be booked now; another start tries again. */
  leave(): void;
  /** The store that it was written for; null: an earlier version wrote it, or nobody knows. */
  readonly storeId: string | null;
  /** As `leave`: it is kept as it is for the store that it was written for, and the log says so. */
  leaveToItsStore(storeId: string): void;
}

export interface OpenRequest {
  readonly report: UsageReport;
  /** Of attempts before the last one. */
  readonly waste: readonly WastedAttempt[];
  readonly input: KnownInput | null;
}

/** The journals of processes that have ended without finishing them, each taken by one process only. */
export abstract class LeftJournals {
  /** Takes them one by one; one that cannot be read to its end is read as far as it goes, and the log says so. */
  abstract take(): AsyncIterable<LeftJournal>;
}
