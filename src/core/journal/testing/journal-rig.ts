import { cpSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { useTemporaryFolder } from '../../../../libs/store/src/testing/temporary-folder.js';
import { TestClock } from '../../../../test/support/test-clock.js';
import { testConfig } from '../../../../test/support/test-config.js';
import { FileJournal } from '../file-journal.js';
import { type JournalFolder, journalFolderOf } from '../journal-folder.js';
import { DiskLeftJournals } from '../left-journals.js';
import type { LeftJournal } from '../request-journal.js';

const NOW = Date.parse('2026-11-23T12:00:00.000Z');

/** Journals in a data folder of the case; none stays open after it. */
export class JournalRig {
  clock = new TestClock(NOW);
  private copies = 0;
  private readonly running: FileJournal[] = [];
  private readonly left: LeftJournal[] = [];

  constructor(private readonly path: (name: string) => string) {}

  get dataDir(): string {
    return this.path('data');
  }

  /** A journal that has begun; its timer runs, but no case lives long enough for it. */
  start(dataDir = this.dataDir): FileJournal {
    const journal = new FileJournal(testConfig({ dataDir }), this.clock);
    journal.onModuleInit();
    this.running.push(journal);
    return journal;
  }

  folderOf({ instance }: FileJournal): JournalFolder {
    return journalFolderOf(this.dataDir, instance);
  }

  /** Passes some time, and does what is then due. */
  async pass(journal: FileJournal, ms: number): Promise<void> {
    this.clock.ms += ms;
    await journal.keep();
  }

  leftJournals(dataDir = this.dataDir): DiskLeftJournals {
    return new DiskLeftJournals(testConfig({ dataDir }), new FileJournal(testConfig({ dataDir }), this.clock));
  }

  async take(dataDir = this.dataDir): Promise<LeftJournal[]> {
    const taken: LeftJournal[] = [];
    for await (const journal of this.leftJournals(dataDir).take()) taken.push(journal);
    this.left.push(...taken);
    return taken;
  }

  /** A copy of the data folder as it is at this moment: what another process would find if this one were killed. */
  copy(): string {
    this.copies += 1;
    const copy = this.path(`copy-${this.copies}`);
    // Closing a descriptor of the lock would end the lock, which is this process' own; and it is to be taken for the
    // folder itself, not for a copy.
    cpSync(this.dataDir, copy, { recursive: true, filter: (path) => !['lock', 'identity'].includes(basename(path)) });
    return copy;
  }

  /** What the next process would find if this one were killed now. */
  async afterKill(): Promise<LeftJournal> {
    const [left, ...others] = await this.take(this.copy());
    if (left === undefined || others.length > 0) throw new Error('There is not one journal.');
    return left;
  }

  /** As `afterKill`, where there are others. */
  async afterKillOf(journal: FileJournal): Promise<LeftJournal> {
    const left = (await this.take(this.copy())).find(({ instance }) => instance === journal.instance);
    if (left === undefined) throw new Error('It is not there.');
    return left;
  }

  /** Ends the journal and removes everything, so that the next round of a case begins anew. */
  async forget(journal: FileJournal): Promise<void> {
    this.running.splice(this.running.indexOf(journal), 1);
    await journal.onApplicationShutdown();
    this.left.splice(0).forEach((left) => {
      left.leave();
    });
    rmSync(this.path(''), { recursive: true });
  }

  /** Names in the folder of all journals. */
  names(): string[] {
    return readdirSync(join(this.dataDir, 'journal'));
  }

  async end(): Promise<void> {
    this.left.forEach((left) => {
      left.leave();
    });
    await Promise.all(this.running.map((journal) => journal.onApplicationShutdown()));
  }
}

/** A rig for each case. */
export function useJournalRig(): () => JournalRig {
  const path = useTemporaryFolder();
  let rig: JournalRig;
  beforeEach(() => {
    rig = new JournalRig(path);
  });
  afterEach(() => rig.end());
  return () => rig;
}
