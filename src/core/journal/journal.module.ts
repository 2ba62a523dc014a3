import { Global, Module } from '@nestjs/common';
import { FileJournal } from './file-journal.js';
import { JournalHealth } from './journal-health.js';
import { DiskLeftJournals } from './left-journals.js';
import { LeftJournals, RequestJournal } from './request-journal.js';

/**
 * The journal of this process and those that others have left. It is global, so Nest closes it after the modules that
 * note what requests cost. Needs the configuration and the time from global modules.
 */
@Global()
@Module({
  providers: [
    FileJournal,
    { provide: RequestJournal, useExisting: FileJournal },
    { provide: JournalHealth, useExisting: FileJournal },
    { provide: LeftJournals, useClass: DiskLeftJournals },
  ],
  exports: [JournalHealth, LeftJournals, RequestJournal],
})
export class JournalModule {}
