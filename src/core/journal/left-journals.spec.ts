import { appendFileSync, cpSync, existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { FileJournal } from './file-journal.js';
import { encodeSettled, VERSION_LINE } from './note.codec.js';
import type { LeftJournal } from './request-journal.js';
import { inputOf, reportOf, settlementOf } from './testing/any-note.js';
import { useFailingDisk } from './testing/failing-disk.js';
import { type JournalRig, useJournalRig } from './testing/journal-rig.js';

Logger.overrideLogger(false);

const idsOf = (settlements: readonly { readonly requestId: string }[]): string[] =>
  settlements.map(({ requestId }) => requestId);
const numbersOf = ({ batches }: LeftJournal): unknown[] =>
  batches.map(({ number, settlements }) => [number, idsOf(settlements)]);

describe('DiskLeftJournals', () => {
  const rigOfCase = useJournalRig();
  const useDisk = useFailingDisk();
  let rig: JournalRig;
  let warn: jest.SpiedFunction<(message: unknown) => void>;

  beforeEach(() => {
    rig = rigOfCase();
    warn = jest.spyOn(Logger.prototype, 'warn') as never;
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** A journal whose process has ended with this to do; answers its only segment. */
  const leave = async (note: (journal: FileJournal) => void): Promise<string> => {
    const journal = rig.start();
    note(journal);
    await journal.onApplicationShutdown();
    return rig.folderOf(journal).segmentFile(1);
  };
  const one = async (): Promise<LeftJournal> => {
    const [left, ...others] = await rig.take();
    if (left === undefined || others.length > 0) throw new Error('There is not one journal.');
    return left;
  };

  it('finds none where there has never been a journal', async () => {
    expect(await rig.take()).toEqual([]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('takes those of ended processes, oldest first, and none of a living one', async () => {
    for (const id of ['r-1', 'r-2', 'r-3']) {
      rig.clock.ms += 1000;
      await leave((journal) => journal.settled(settlementOf(id)));
    }
    rig.start().settled(settlementOf('r-4'));
    const taken = await rig.take();
    expect(taken.map(({ unbatched }) => idsOf(unbatched))).toEqual([['r-1'], ['r-2'], ['r-3']]);
  });

  it('gives one to one taker only, until that leaves it', async () => {
    await leave((journal) => journal.settled(settlementOf('r-1')));
    const first = await one();
    expect(await rig.take()).toEqual([]);
    first.leave();
    first.leave();
    expect((await one()).unbatched).toEqual([settlementOf('r-1')]);
  });

  it('removes a journal that is finished', async () => {
    await leave((journal) => journal.settled(settlementOf('r-1')));
    expect((await one()).finish()).toBe(true);
    expect(rig.names()).toEqual([]);
    expect(await rig.take()).toEqual([]);
  });

  it('gives again, under the same numbers, what another taker has sent', async () => {
    await leave((journal) => {
      journal.settled(settlementOf('r-1'));
      journal.batched(1, ['r-1']);
      journal.settled(settlementOf('r-2'));
      journal.dispatched(reportOf('r-3'));
      journal.dispatched(reportOf('r-4'));
      journal.inputKnown('r-4', inputOf(9));
    });
    const first = await one();
    expect(first.open).toEqual([
      { report: reportOf('r-3'), input: null, waste: [] },
      { report: reportOf('r-4'), input: inputOf(9), waste: [] },
    ]);
    first.batched(2, [settlementOf('r-2'), settlementOf('r-3')]);
    first.leave();
    const second = await one();
    expect(numbersOf(second)).toEqual([
      [1, ['r-1']],
      [2, ['r-2', 'r-3']],
    ]);
    expect(second.open).toEqual([{ report: reportOf('r-4'), input: inputOf(9), waste: [] }]);
    second.batched(3, [settlementOf('r-4')]);
    second.leave();
    const third = await one();
    expect([numbersOf(third).length, third.open, third.unbatched]).toEqual([3, [], []]);
  });

  it('says at once that a batch cannot be noted, so that it is not sent', async () => {
    await leave((journal) => {
      journal.dispatched(reportOf('r-1'));
    });
    const first = await one();
    const disk = useDisk();
    disk.takesAtMost = VERSION_LINE.length + encodeSettled(settlementOf('r-1')).length + 3;
    disk.refusesWrites = 'ENOSPC';
    expect(() => {
      first.batched(1, [settlementOf('r-1')]);
    }).toThrow('ENOSPC');
    disk.refusesWrites = null;
    first.leave();
    const second = await one();
    expect([second.batches, second.unbatched, second.open]).toEqual([[], [settlementOf('r-1')], []]);
  });

  it('leaves out lines that are damaged, and says how many', async () => {
    const file = await leave((journal) => journal.settled(settlementOf('r-1')));
    appendFileSync(file, `garbage\n\0\0\n${encodeSettled(settlementOf('r-2'))}["s",{"requestId":"r-3"`);
    expect(idsOf((await one()).unbatched)).toEqual(['r-1', 'r-2']);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ damaged: 2 }));
  });

  it.each<[string, string, string]>([
    ['a line', '1.jsonl', 'garbage\n'],
    ['a line of a later version', '2.jsonl', '["v",2]\n'],
    ['a file', '3.jsonl', ''],
  ])('keeps a journal of which %s was not understood, where nobody books it again', async (_, name, text) => {
    const error = jest.spyOn(Logger.prototype, 'error');
    const file = await leave((journal) => journal.settled(settlementOf('r-1')));
    const spoiled = file.replace('1.jsonl', name);
    if (text === '') mkdirSync(spoiled);
    else appendFileSync(spoiled, text);
    const left = await one();
    expect(left.finish()).toBe(false);
    expect([rig.names(), await rig.take()]).toEqual([[`${left.instance}.unread`], []]);
    const folder = `${rig.dataDir}/journal/${left.instance}.unread`;
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ folder }));
    expect(existsSync(`${folder}/1.jsonl`)).toBe(true);
  });

  it('says so when such a journal cannot be put aside', async () => {
    const error = jest.spyOn(Logger.prototype, 'error');
    const file = await leave((journal) => journal.settled(settlementOf('r-1')));
    appendFileSync(file, 'garbage\n');
    const left = await one();
    jest.spyOn(fs, 'renameSync').mockImplementation(() => {
      throw Object.assign(new Error('no'), { code: 'EROFS' });
    });
    expect(left.finish()).toBe(false);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ error: 'EROFS' }));
    jest.restoreAllMocks();
    expect(await rig.take()).toHaveLength(1);
  });

  it('takes half a last line for what a kill leaves, and a whole one without its end for a note', async () => {
    const file = await leave((journal) => {
      journal.settled(settlementOf('r-1'));
      journal.settled(settlementOf('r-2'));
    });
    const length = encodeSettled(settlementOf('r-1')).length;
    const idsCutAt = async (size: number): Promise<string[]> => {
      truncateSync(file, VERSION_LINE.length + size);
      const left = await one();
      left.leave();
      return idsOf(left.unbatched);
    };
    expect(await idsCutAt(2 * length - 1)).toEqual(['r-1', 'r-2']);
    expect(await idsCutAt(2 * length - 2)).toEqual(['r-1']);
    expect(await idsCutAt(length - 2)).toEqual([]);
    expect(await idsCutAt(0)).toEqual([]);
    expect(await idsCutAt(-VERSION_LINE.length)).toEqual([]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('reads lines that are longer than what is read at a time, in any script', async () => {
    const model = '模型'.repeat(50_000);
    await leave((journal) => {
      journal.dispatched(reportOf('r-1', { model }));
      journal.dispatched(reportOf('r-2', { model }));
    });
    expect((await one()).open.map(({ report }) => report)).toEqual(['r-1', 'r-2'].map((id) => reportOf(id, { model })));
  });

  it('reads the other segments when one cannot be read', async () => {
    const file = await leave((journal) => journal.settled(settlementOf('r-1')));
    mkdirSync(file.replace('1.jsonl', '2.jsonl'));
    cpSync(file, file.replace('1.jsonl', '10.jsonl'));
    writeFileSync(file.replace('1.jsonl', '3.jsonl'), encodeSettled(settlementOf('r-3')));
    expect(idsOf((await one()).unbatched)).toEqual(['r-1', 'r-3']);
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ error: 'EISDIR' }));
  });

  it('reads on when a segment is removed meanwhile', async () => {
    const sut = rig.start();
    sut.settled(settlementOf('r-1'));
    sut.batched(1, ['r-1']);
    const folder = rig.folderOf(sut);
    writeFileSync(folder.segmentFile(0), 'x');
    const stat = fs.statSync.bind(fs) as (path: string) => fs.Stats;
    jest.spyOn(fs, 'statSync').mockImplementation(((path: string) => {
      const found = stat(path);
      if (path === folder.segmentFile(0)) rmSync(path);
      return found;
    }) as never);
    expect(await sut.readBatches(1)).toHaveLength(1);
    expect(warn).not.toHaveBeenCalled();
  });

  it('removes a folder in which nothing was noted', async () => {
    const file = await leave((journal) => journal.settled(settlementOf('r-1')));
    rmSync(file);
    expect(await rig.take()).toEqual([]);
    expect(rig.names()).toEqual([]);
  });

  it('leaves a folder alone that another process is making or removing', async () => {
    mkdirSync(`${rig.dataDir}/journal/20261123T115959000Z-00000000`, { recursive: true });
    expect(await rig.take()).toEqual([]);
    expect(rig.names()).toHaveLength(1);
    expect(warn).not.toHaveBeenCalled();
  });

  it('says nothing of a journal that another process has finished meanwhile', async () => {
    jest.spyOn(fs, 'readdirSync').mockReturnValueOnce(['20261123T115959000Z-00000000'] as never);
    expect(await rig.take()).toEqual([]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('takes a journal whose lock was left out of a backup', async () => {
    const file = await leave((journal) => journal.settled(settlementOf('r-1')));
    rmSync(file.replace('1.jsonl', 'lock'));
    expect(idsOf((await one()).unbatched)).toEqual(['r-1']);
  });

  it('goes past what is no journal, and says so', async () => {
    const file = await leave((journal) => journal.settled(settlementOf('r-1')));
    const odd = `${rig.dataDir}/journal/20261123T115959000Z-11111111`;
    cpSync(file.replace('/1.jsonl', ''), odd, { recursive: true });
    writeFileSync(`${odd}/lock`, 'x'.repeat(4096));
    writeFileSync(`${rig.dataDir}/journal/a file`, '');
    expect(idsOf((await one()).unbatched)).toEqual(['r-1']);
    expect(warn.mock.calls.map(([message]) => (message as { error: string }).error).sort()).toEqual([
      'ENOTDIR',
      'SQLITE_NOTADB',
    ]);
    expect(existsSync(odd)).toBe(true);
  });

  it('says so when the journals cannot be read, or one not be removed', async () => {
    mkdirSync(rig.dataDir);
    writeFileSync(`${rig.dataDir}/journal`, '');
    expect(await rig.take()).toEqual([]);
    expect(warn).toHaveBeenLastCalledWith(expect.objectContaining({ error: 'ENOTDIR' }));
    rmSync(`${rig.dataDir}/journal`);
    const file = await leave((journal) => journal.settled(settlementOf('r-1')));
    const left = await one();
    writeFileSync(file.replace('1.jsonl', 'of-somebody'), '');
    left.finish();
    expect(warn).toHaveBeenLastCalledWith(expect.objectContaining({ error: 'ENOTEMPTY' }));
  });
});
