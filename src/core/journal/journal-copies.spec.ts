import { cpSync, existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { settlementOf } from './testing/any-note.js';
import { type JournalRig, useJournalRig } from './testing/journal-rig.js';

Logger.overrideLogger(false);

describe('a copy of a journal', () => {
  const rigOfCase = useJournalRig();
  let rig: JournalRig;

  beforeEach(() => {
    rig = rigOfCase();
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** The only journal there is, whose process may live elsewhere. */

  const copied = async (): Promise<string> => {
    const journal = rig.start();
    journal.settled(settlementOf('r-1'));
    await journal.onApplicationShutdown();
    const { path } = rig.folderOf(journal);
    const copy = `${path}-copy`;
    cpSync(path, copy, { recursive: true });
    rmSync(path, { recursive: true });
    return copy;
  };

  const taken = async (): Promise<string[]> => {
    const journals = await rig.take();
    journals.forEach((left) => {
      left.leave();
    });
    return journals.flatMap(({ unbatched }) => unbatched.map(({ requestId }) => requestId));
  };

  it('is left alone, and the log says what to do', async () => {
    const error = jest.spyOn(Logger.prototype, 'error');
    const folder = await copied();
    expect(await rig.take()).toEqual([]);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ folder, identity: `${folder}/identity` }));
    expect(existsSync(`${folder}/1.jsonl`)).toBe(true);
  });

  it('is taken when its identity was deleted, or was lost with the power', async () => {
    const folder = await copied();
    writeFileSync(`${folder}/identity`, '');
    expect(await taken()).toEqual(['r-1']);
    rmSync(`${folder}/identity`);
    expect(await taken()).toEqual(['r-1']);
  });

  it('is none where the file system only keeps the number, or the time, for good', async () => {
    const folder = await copied();
    const { ino, birthtimeNs } = statSync(folder, { bigint: true });
    for (const identity of [`${ino} 1`, `1 ${birthtimeNs}`]) {
      writeFileSync(`${folder}/identity`, identity);
      expect(await taken()).toEqual(['r-1']);
    }
  });
});
