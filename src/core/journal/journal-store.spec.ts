import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { journalFolderOf } from './journal-folder.js';
import { settlementOf } from './testing/any-note.js';
import { useJournalRig } from './testing/journal-rig.js';

Logger.overrideLogger(false);

const STORE = '0123456789abcdef0123456789abcdef';

describe('the store of a journal', () => {
  const rigOfCase = useJournalRig();
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const left = async () => {
    const [journal] = await rigOfCase().take();
    if (journal === undefined) throw new Error('There is none.');
    return journal;
  };

  it('is told to the next process, and the journal is still no copy', async () => {
    const journal = rigOfCase().start();
    journal.belongsTo(STORE);
    journal.settled(settlementOf('r-1'));
    await journal.onApplicationShutdown();
    expect((await left()).storeId).toBe(STORE);
  });

  it('is nobody knows which where none was noted, or the note was lost', async () => {
    const journal = rigOfCase().start();
    journal.settled(settlementOf('r-1'));
    await journal.onApplicationShutdown();
    const first = await left();
    expect(first.storeId).toBeNull();
    first.leave();
    writeFileSync(rigOfCase().folderOf(journal).identityFile, '');
    const second = await left();
    expect(second.storeId).toBeNull();
    second.leave();
    rmSync(rigOfCase().folderOf(journal).identityFile);
    expect((await left()).storeId).toBeNull();
  });

  it('is noted again when the folder was removed and made anew', async () => {
    const rig = rigOfCase();
    const journal = rig.start();
    journal.belongsTo(STORE);
    rmSync(rig.folderOf(journal).path, { recursive: true });
    await rig.pass(journal, 10_000);
    await rig.pass(journal, 10_000);
    expect(journalFolderOf(rig.dataDir, journal.instance).storeId).toBe(STORE);
  });

  it('is a warning where the disk does not take it', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn');
    const journal = rigOfCase().start();
    rmSync(rigOfCase().folderOf(journal).identityFile);
    mkdirSync(rigOfCase().folderOf(journal).identityFile);
    journal.belongsTo(STORE);
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ msg: 'The journal cannot note its store' }));
  });

  it('keeps a journal as it is that is left to it, and says which folder it is', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn');
    const rig = rigOfCase();
    const journal = rig.start();
    journal.belongsTo(STORE);
    journal.settled(settlementOf('r-1'));
    await journal.onApplicationShutdown();
    const { path } = rig.folderOf(journal);
    (await left()).leaveToItsStore('of-another');
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({ folder: path, writtenFor: STORE, database: 'of-another', bytes: expect.any(Number) }),
    );
    expect((await left()).unbatched).toEqual([settlementOf('r-1')]);
  });
});
