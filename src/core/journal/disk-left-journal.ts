import type { LoggerService } from '@nestjs/common';
import type { Settlement } from '@crs/extension-api';
import type { FileLock } from '@crs/store';
import { errorCode } from '../config/error-code.js';
import type { JournalFolder } from './journal-folder.js';
import type { JournalReading } from './journal-reading.js';
import { JournalSegment } from './journal-segment.js';
import { encodeBatch, encodeSettled, VERSION_LINE } from './note.codec.js';
import type { JournalBatch, LeftJournal, OpenRequest } from './request-journal.js';

/** A journal whose process has ended, and whose lock this process holds. */
export class DiskLeftJournal implements LeftJournal {
  readonly lastConfirmed: number;
  readonly batches: readonly JournalBatch[];
  readonly unbatched: readonly Settlement[];
  readonly open: readonly OpenRequest[];
  readonly storeId: string | null;

  constructor(
    readonly instance: string,
    private readonly folder: JournalFolder,
    private readonly lock: FileLock,
    private readonly reading: JournalReading,
    private readonly logger: Pick<LoggerService, 'error' | 'warn'>,
  ) {
    this.lastConfirmed = reading.lastConfirmed;
    this.batches = reading.batches;
    this.unbatched = reading.unbatched;
    this.open = reading.open;
    this.storeId = folder.storeId;
  }

  /** In a segment of its own, the batch last: one that is not there whole has never been sent. */
  batched(batch: number, settlements: readonly Settlement[]): void {
    const number = Math.max(0, ...this.folder.segments()) + 1;
    const lines = settlements.filter(({ requestId }) => !this.reading.isSettled(requestId)).map(encodeSettled);
    const requestIds = settlements.map(({ requestId }) => requestId);
    const segment = JournalSegment.create(number, this.folder.segmentFile(number));
    try {
      segment.append([VERSION_LINE, ...lines, encodeBatch(batch, requestIds)].join(''));
    } finally {
      segment.close();
    }
  }

  finish(): boolean {
    const { isWhole } = this.reading;
    if (isWhole) this.remove();
    this.lock.release();
    if (!isWhole) this.putAside();
    return isWhole;
  }

  leave(): void {
    this.lock.release();
  }

  leaveToItsStore(storeId: string): void {
    const msg =
      'A journal was written for another database, and is kept, and not booked here. Start this version once with that ' +
      'database, and it is booked there; where its usage is not wanted, delete the folder. If it belongs here all the ' +
      'same (the database is a backup from before this version), delete the file "identity" in it and start again';
    const bytes = this.folder.segments().reduce((sum, segment) => sum + this.folder.sizeOf(segment), 0);
    this.logger.warn({ msg, folder: this.folder.path, bytes, writtenFor: this.storeId, database: storeId });
    this.lock.release();
  }

  private remove(): void {
    try {
      this.folder.remove();
    } catch (error: unknown) {
      const { path } = this.folder;
      this.logger.warn({ msg: 'A finished journal was not removed', folder: path, error: errorCode(error) });
    }
  }

  /** No later start looks at it, and nothing in it is lost. */
  private putAside(): void {
    const { path } = this.folder;
    try {
      const kept = this.folder.putAside();
      const msg =
        'A journal holds usage that could not be read: the rest of it is booked, and it is kept. If a newer version ' +
        'wrote it, rename it without ".unread" and start that version; otherwise look at it, and delete it';
      this.logger.error({ msg, folder: kept });
    } catch (error: unknown) {
      this.logger.error({
        msg: 'A journal holds usage that could not be read, and cannot be renamed; each start reads it again',
        folder: path,
        error: errorCode(error),
      });
    }
  }
}
