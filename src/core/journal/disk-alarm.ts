import type { LoggerService } from '@nestjs/common';
import { errorCode } from '../config/error-code.js';
import { isOver } from '../time/is-over.js';

const REPEAT_MS = 60_000;

/** Tells whoever keeps the gateway that its journal is not written, and when it is again; not more than they can read. */
export class DiskAlarm {
  private raisedAt: number | null = null;
  private toldAt = 0;

  constructor(
    private readonly logger: Pick<LoggerService, 'error' | 'log'>,
    private readonly folder: string,
  ) {}

  /** `now` in epoch ms, here and below. */
  raise(reason: unknown, now: number): void {
    if (this.raisedAt !== null && !isOver(now, this.toldAt + REPEAT_MS, REPEAT_MS)) return;
    this.raisedAt ??= now;
    this.toldAt = now;
    this.logger.error({
      msg:
        'The journal cannot be written: make room on the disk, or see to its rights. ' +
        'Requests go on; what they use is lost if the process is killed before the store has it',
      folder: this.folder,
      error: errorCode(reason),
      forMs: now - this.raisedAt,
    });
  }

  end(now: number): void {
    if (this.raisedAt === null) return;
    this.logger.log({ msg: 'The journal is written again', folder: this.folder, afterMs: now - this.raisedAt });
    this.raisedAt = null;
  }
}
