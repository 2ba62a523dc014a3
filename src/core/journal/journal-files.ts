import { mkdirSync } from 'node:fs';
import { type Logger } from '@nestjs/common';
import { type FileLock, lockFile } from '@crs/store';
import { errorCode } from '../config/error-code.js';
import { isOver } from '../time/is-over.js';
import { DiskAlarm } from './disk-alarm.js';
import { FOLDER_MODE, isMissing, type JournalFolder } from './journal-folder.js';
import { JournalSegment } from './journal-segment.js';
import type { LiveNotes } from './live-notes.js';
import { VERSION_LINE } from './note.codec.js';

const RETRY_MS = 5000;
const SEGMENT_MS = 60_000;
const SEGMENT_BYTES = 32 * 1024 * 1024;
const WARN_EVERY_BYTES = 1024 ** 3;

/**
 * The segments of this process' journal: which one is written, which are no longer needed, and what to do when the disk
 * fails. A segment that failed gets nothing more, so half a line is always the last one of its file. `now`: epoch ms.
 */
export class JournalFiles {
  private readonly alarm: DiskAlarm;
  private lock: FileLock | null = null;
  private current: JournalSegment | null = null;
  private begunAt = 0;
  /** Bytes of the current segment that only repeat earlier notes. */
  private carriedBytes = 0;
  /** Written no more, and still to be forced to the disk and closed. */
  private retired: JournalSegment[] = [];
  /** Bytes of segments that are kept, by number, oldest first. */
  private readonly past = new Map<number, number>();
  private lastNumber = 0;
  /** The newest segment that has all that was carried over: what is open may stand nowhere else. */
  private lastWhole = 0;
  private hasNewNames = false;
  private retryAt = 0;
  private warnedOf = 0;

  constructor(
    private readonly folder: JournalFolder,
    private readonly live: LiveNotes,
    private readonly logger: Logger,
  ) {
    this.alarm = new DiskAlarm(logger, folder.path);
  }

  get isHealthy(): boolean {
    return this.current !== null;
  }

  /** Number of the segment that took the text; null: none did. Never throws. */
  append(text: string, now: number): number | null {
    const segment = this.current;
    if (segment === null) return null;
    try {
      segment.append(text);
      return segment.number;
    } catch (error: unknown) {
      this.fail(error, now);
      return null;
    }
  }

  /** Removes, begins and tries again what is due. Never throws. */
  maintain(now: number): void {
    this.removeOld(now);
    this.checkCurrent(now);
    const isDue = this.current === null ? isOver(now, this.retryAt, RETRY_MS) : this.isFull(this.current, now);
    if (isDue) this.beginSegment(now);
    this.warnOfSize();
  }

  /** Forces to the disk what has been written. One at a time. Never rejects. */
  async sync(now: number): Promise<void> {
    try {
      for (let segment = this.retired.shift(); segment !== undefined; segment = this.retired.shift()) {
        await segment.syncAndClose();
      }
      await this.current?.sync();
      if (this.hasNewNames) await this.folder.sync();
      this.hasNewNames = false;
    } catch (error: unknown) {
      this.fail(error, now);
    }
  }

  /** The last step: nothing may run any more. What no later process needs is removed. Never rejects. */
  async close(now: number): Promise<void> {
    if (this.current === null && !this.live.areAllConfirmed) this.beginSegment(now);
    this.retireCurrent();
    await this.sync(now);
    try {
      if (this.live.areAllConfirmed) this.folder.remove();
    } catch (error: unknown) {
      if (!isMissing(error))
        this.logger.warn({ msg: 'The journal was not removed', folder: this.folder.path, error: errorCode(error) });
    }
    this.lock?.release();
    this.lock = null;
  }

  private checkCurrent(now: number): void {
    try {
      if (this.current?.isGone === true) throw new Error('it was removed while it was written');
    } catch (error: unknown) {
      this.fail(error, now);
    }
  }

  private isFull({ bytes }: JournalSegment, now: number): boolean {
    if (bytes >= SEGMENT_BYTES) return true;
    return bytes > this.carriedBytes && isOver(now, this.begunAt + SEGMENT_MS, SEGMENT_MS);
  }

  private beginSegment(now: number): void {
    try {
      this.takeFolder();
      const segment = this.createSegment();
      this.retireCurrent();
      this.current = segment;
      this.hasNewNames = true;
      this.carriedBytes = segment.bytes;
      this.begunAt = now;
      this.lastWhole = segment.number;
      this.live.wereCarriedOver(segment.number);
      this.alarm.end(now);
    } catch (error: unknown) {
      this.fail(error, now);
    }
  }

  /** Makes the folder and takes its lock, again when somebody has removed it. */
  private takeFolder(): void {
    mkdirSync(this.folder.path, { recursive: true, mode: FOLDER_MODE });
    if (this.lock !== null && this.folder.hasLock) return;
    this.lock?.release();
    this.lock = lockFile(this.folder.lockFile, { make: true });
    if (this.lock === null) throw new Error('another process has its lock');
    this.folder.identify();
  }

  /** A new segment that begins with what is carried over. */
  private createSegment(): JournalSegment {
    this.lastNumber += 1;
    const segment = JournalSegment.create(this.lastNumber, this.folder.segmentFile(this.lastNumber));
    try {
      segment.append(`${VERSION_LINE}${this.live.carriedOver()}`);
      return segment;
    } catch (error: unknown) {
      this.past.set(segment.number, segment.bytes);
      segment.close();
      this.folder.removeSegment(segment.number);
      throw error;
    }
  }

  private fail(error: unknown, now: number): void {
    this.retireCurrent();
    this.retryAt = now + RETRY_MS;
    this.alarm.raise(error, now);
  }

  private retireCurrent(): void {
    if (this.current === null) return;
    this.past.set(this.current.number, this.current.bytes);
    this.retired.push(this.current);
    this.current = null;
  }

  /** In order, never past one that is needed: what an older segment tells may be taken back by a later one. */
  private removeOld(now: number): void {
    const oldestNeeded = Math.min(this.live.oldestNeeded(now), this.lastWhole);
    try {
      for (const number of this.past.keys()) {
        if (number >= oldestNeeded) return;
        this.folder.removeSegment(number);
        this.past.delete(number);
      }
    } catch (error: unknown) {
      const { path } = this.folder;
      this.logger.warn({ msg: 'An old segment of the journal was not removed', folder: path, error: errorCode(error) });
    }
  }

  private warnOfSize(): void {
    const bytes = [...this.past.values()].reduce((sum, size) => sum + size, this.current?.bytes ?? 0);
    const steps = Math.floor(bytes / WARN_EVERY_BYTES);
    if (steps > this.warnedOf) {
      this.logger.warn({
        msg: 'The journal is large: it is kept until the store has taken what is in it',
        folder: this.folder.path,
        gibibytes: steps,
      });
    }
    this.warnedOf = steps;
  }
}
