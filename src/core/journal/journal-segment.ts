import { closeSync, constants, fdatasync, fstatSync, openSync, writeSync } from 'node:fs';
import { FILE_MODE } from './journal-folder.js';

const NEW_TO_APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND;

/** One file of a journal, written from its beginning to its end by one process. */
export class JournalSegment {
  private written = 0;
  private synced = 0;

  private constructor(
    readonly number: number,
    private readonly descriptor: number,
  ) {}

  /** @throws the system's error; also when the file is there. */
  static create(number: number, file: string): JournalSegment {
    return new JournalSegment(number, openSync(file, NEW_TO_APPEND, FILE_MODE));
  }

  get bytes(): number {
    return this.written;
  }

  /** Somebody has removed the file: what is written to it is lost with this process. */
  get isGone(): boolean {
    return fstatSync(this.descriptor).nlink === 0;
  }

  /**
   * The text is in the system's hands when this returns: it outlives the process.
   *
   * @throws the system's error; a part of the text may have been written, so nothing may follow it in this segment.
   */
  append(text: string): void {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(this.descriptor, bytes, at);
    this.written += bytes.length;
  }

  /** Resolves when everything that has been appended is on the disk. One at a time. @throws the system's error */
  async sync(): Promise<void> {
    const target = this.written;
    if (target === this.synced) return;
    await forceToDisk(this.descriptor);
    this.synced = target;
  }

  /** Never while it is synced. @throws the system's error; it is closed all the same. */
  async syncAndClose(): Promise<void> {
    try {
      await this.sync();
    } finally {
      this.close();
    }
  }

  /** Never while it is synced. */
  close(): void {
    closeSync(this.descriptor);
  }
}

const forceToDisk = (descriptor: number): Promise<void> =>
  new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
