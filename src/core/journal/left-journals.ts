import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { type FileLock, lockFile } from '@crs/store';
import { AppConfig } from '../config/app-config.js';
import { errorCode } from '../config/error-code.js';
import { DiskLeftJournal } from './disk-left-journal.js';
import { isMissing, isPutAside, JournalFolder, journalsIn } from './journal-folder.js';
import { readJournal } from './journal-reader.js';
import { type LeftJournal, LeftJournals, RequestJournal } from './request-journal.js';

/** The journals in the data folder that no living process holds. */
@Injectable()
export class DiskLeftJournals extends LeftJournals {
  private readonly logger = new Logger(DiskLeftJournals.name);
  private readonly journals: string;

  constructor(
    { dataDir }: AppConfig,
    private readonly own: RequestJournal,
  ) {
    super();
    this.journals = journalsIn(dataDir);
  }

  override async *take(): AsyncIterable<LeftJournal> {
    for (const instance of this.instances()) {
      const journal = await this.takeOne(instance);
      if (journal !== null) yield journal;
    }
  }

  /** Oldest start first. */
  private instances(): string[] {
    try {
      return readdirSync(this.journals)
        .filter((name) => name !== this.own.instance && !isPutAside(name))
        .sort();
    } catch (error: unknown) {
      if (!isMissing(error)) this.warn('The journals cannot be read', this.journals, error);
      return [];
    }
  }

  /** Null: a living process has it, there is nothing in it, or it is a copy. */
  private async takeOne(instance: string): Promise<LeftJournal | null> {
    const folder = new JournalFolder(join(this.journals, instance));
    let lock: FileLock | null = null;
    try {
      // A folder with neither is being made, or removed, by another process at this moment.
      const make = folder.segments().length > 0;
      if (!make && !folder.hasLock) return null;
      lock = lockFile(folder.lockFile, { make });
      if (lock === null) return null;
      // Only now: whoever had the lock before may have removed it all.
      if (folder.isCopy) this.tellOfCopy(folder);
      else if (folder.segments().length > 0) return await this.read(instance, folder, lock);
      else folder.remove();
    } catch (error: unknown) {
      if (!isMissing(error)) this.warn('A journal was left where it is: it cannot be read', folder.path, error);
    }
    lock?.release();
    return null;
  }

  private async read(instance: string, folder: JournalFolder, lock: FileLock): Promise<LeftJournal> {
    const reading = await readJournal(folder, this.logger);
    return new DiskLeftJournal(instance, folder, lock, reading, this.logger);
  }

  private tellOfCopy({ path, identityFile }: JournalFolder): void {
    const msg =
      'A journal is a copy, and is not booked: the process that wrote the original may still live. If it does not, ' +
      'delete the file "identity" and start again, so that it is booked; otherwise delete the folder';
    this.logger.error({ msg, folder: path, identity: identityFile });
  }

  private warn(msg: string, folder: string, error: unknown): void {
    this.logger.warn({ msg, folder, error: errorCode(error) });
  }
}
