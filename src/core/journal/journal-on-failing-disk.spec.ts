import { mkdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import fs from 'node:fs';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { lockFile } from '@crs/store';
import { emptySettlement, inputOf, reportOf, settlementOf } from './testing/any-note.js';
import { useFailingDisk } from './testing/failing-disk.js';
import { useJournalRig } from './testing/journal-rig.js';

Logger.overrideLogger(false);

const RETRY_MS = 5000;
const MINUTE_MS = 60_000;

describe('FileJournal on a disk that fails', () => {
  const rigOfCase = useJournalRig();
  const useDisk = useFailingDisk();
  let logged: Record<'error' | 'warn' | 'log', jest.SpiedFunction<(message: unknown) => void>>;

  beforeEach(() => {
    const spy = (level: 'error' | 'warn' | 'log') => jest.spyOn(Logger.prototype, level) as never;
    logged = { error: spy('error'), warn: spy('warn'), log: spy('log') };
  });

  it('writes on where the system took a part only', async () => {
    const rig = rigOfCase();
    const disk = useDisk();
    const sut = rig.start();
    disk.takesAtMost = 7;
    expect(sut.settled(settlementOf('r-1'))).toBe(true);
    expect((await rig.afterKill()).unbatched).toEqual([settlementOf('r-1')]);
    expect(logged.error).not.toHaveBeenCalled();
  });

  it.each(['ENOSPC', 'EIO', 'EROFS'])('goes on without notes at %s, and makes them good afterwards', async (code) => {
    const rig = rigOfCase();
    const disk = useDisk();
    const sut = rig.start();
    sut.dispatched(reportOf('r-1'));
    sut.dispatched(reportOf('r-2'));
    expect(sut.settled(settlementOf('r-0'))).toBe(true);

    disk.takesAtMost = 100;
    disk.refusesWrites = code;
    expect(sut.settled(settlementOf('r-1'))).toBe(false);
    expect(sut.isHealthy).toBe(false);
    sut.dispatched(reportOf('r-3'));
    sut.inputKnown('r-3', inputOf(5));
    sut.batched(1, ['r-0']);
    disk.takesAtMost = Number.POSITIVE_INFINITY;
    disk.refusesWrites = null;
    expect(sut.settled(settlementOf('r-2'))).toBe(false);
    await rig.pass(sut, RETRY_MS - 1);
    expect(sut.isHealthy).toBe(false);
    await rig.pass(sut, 1);
    expect(sut.isHealthy).toBe(true);
    expect(sut.settled(settlementOf('r-4'))).toBe(true);

    expect(await rig.afterKill()).toMatchObject({
      batches: [{ number: 1, settlements: [settlementOf('r-0')] }],
      unbatched: ['r-1', 'r-2', 'r-4'].map((id) => settlementOf(id)),
      open: [{ report: reportOf('r-3'), input: inputOf(5), waste: [] }],
    });
    expect(logged.error).toHaveBeenCalledTimes(1);
    expect(logged.error).toHaveBeenCalledWith(expect.objectContaining({ error: code, forMs: 0 }));
    expect(logged.log).toHaveBeenCalledWith(expect.objectContaining({ afterMs: RETRY_MS }));
    // Half a line is no damage.
    expect(logged.warn).not.toHaveBeenCalled();
  });

  it('does not book again what the store has taken meanwhile', async () => {
    const rig = rigOfCase();
    const disk = useDisk();
    const sut = rig.start();
    sut.dispatched(reportOf('r-1'));
    disk.refusesWrites = 'ENOSPC';
    sut.settled(settlementOf('r-1'));
    sut.batched(1, ['r-1']);
    sut.confirmed(1);
    disk.refusesWrites = null;
    await rig.pass(sut, RETRY_MS);
    expect(await rig.afterKill()).toMatchObject({ batches: [], unbatched: [], open: [], lastConfirmed: 1 });
  });

  it('tells of it once a minute while it lasts, and of each new time', async () => {
    const rig = rigOfCase();
    const disk = useDisk();
    const sut = rig.start();
    disk.refusesWrites = 'ENOSPC';
    sut.settled(settlementOf('r-1'));
    for (let tries = 0; tries < 11; tries += 1) await rig.pass(sut, RETRY_MS);
    expect(logged.error).toHaveBeenCalledTimes(1);
    await rig.pass(sut, RETRY_MS);
    expect(logged.error).toHaveBeenCalledTimes(2);
    expect(logged.error).toHaveBeenLastCalledWith(expect.objectContaining({ forMs: MINUTE_MS }));
    // What could not be begun leaves no files behind that fill the disk further.
    expect(rig.folderOf(sut).segments()).toEqual([1]);
    disk.refusesWrites = null;
    await rig.pass(sut, RETRY_MS);
    disk.refusesWrites = 'ENOSPC';
    sut.settled(settlementOf('r-2'));
    expect(logged.error).toHaveBeenCalledTimes(3);
    expect(logged.log).toHaveBeenCalledTimes(1);
    disk.refusesWrites = null;
  });

  it('makes its room on the disk free also then, but for what still runs', async () => {
    const rig = rigOfCase();
    const disk = useDisk();
    const sut = rig.start();
    sut.settled(settlementOf('r-1'));
    sut.batched(1, ['r-1']);
    sut.confirmed(1);
    await rig.pass(sut, MINUTE_MS);
    sut.dispatched(reportOf('r-2'));
    disk.refusesWrites = 'ENOSPC';
    sut.dispatched(reportOf('r-3'));
    await rig.pass(sut, 10 * MINUTE_MS);
    expect(rig.folderOf(sut).segments()).toEqual([2]);
    expect((await rig.afterKill()).open.map(({ report }) => report.requestId)).toEqual(['r-2']);
  });

  it('begins a new segment when the disk lost what it had taken', async () => {
    const rig = rigOfCase();
    const disk = useDisk();
    const sut = rig.start();
    sut.dispatched(reportOf('r-1'));
    disk.refusesSyncs = 'EIO';
    await rig.pass(sut, 1000);
    expect(sut.isHealthy).toBe(false);
    disk.refusesSyncs = null;
    await rig.pass(sut, RETRY_MS);
    expect(sut.isHealthy).toBe(true);
    unlinkSync(rig.folderOf(sut).segmentFile(1));
    expect((await rig.afterKill()).open).toEqual([{ report: reportOf('r-1'), input: null, waste: [] }]);
  });

  it('makes its folder again when somebody has removed it, and locks it', async () => {
    const rig = rigOfCase();
    const sut = rig.start();
    sut.dispatched(reportOf('r-1'));
    rmSync(`${rig.dataDir}/journal`, { recursive: true });
    await rig.pass(sut, 1000);
    expect(logged.error).toHaveBeenCalledTimes(1);
    expect(await sut.readBatches(1)).toEqual([]);
    await rig.pass(sut, RETRY_MS);
    expect(sut.isHealthy).toBe(true);
    expect(await rig.take()).toEqual([]);
    expect((await rig.afterKill()).open).toEqual([{ report: reportOf('r-1'), input: null, waste: [] }]);
  });

  it('starts without a place for it, and begins when there is one', async () => {
    const rig = rigOfCase();
    mkdirSync(rig.dataDir);
    writeFileSync(`${rig.dataDir}/journal`, '');
    const sut = rig.start();
    expect(sut.isHealthy).toBe(false);
    expect(sut.settled(settlementOf('r-1'))).toBe(false);
    sut.dispatched(reportOf('r-2'));
    expect(sut.settled(emptySettlement('r-2'))).toBe(false);
    unlinkSync(`${rig.dataDir}/journal`);
    await rig.pass(sut, RETRY_MS);
    expect(sut.isHealthy).toBe(true);
    expect((await rig.afterKill()).unbatched).toEqual([settlementOf('r-1')]);
  });

  it('does not write where another process has its lock', async () => {
    const rig = rigOfCase();
    const sut = rig.start();
    const folder = rig.folderOf(sut);
    rmSync(folder.path, { recursive: true });
    mkdirSync(folder.path);
    const lock = lockFile(folder.lockFile, { make: true });
    await rig.pass(sut, 1000);
    // The lock that it has is of a file that is gone: it would not be seen by others.
    rmSync(folder.lockFile);
    lock?.release();
    const other = lockFile(folder.lockFile, { make: true });
    const has = jest.spyOn(Object.getPrototypeOf(folder) as { hasLock: boolean }, 'hasLock', 'get');
    has.mockReturnValue(false);
    await rig.pass(sut, RETRY_MS);
    expect(sut.isHealthy).toBe(false);
    other?.release();
    await rig.pass(sut, RETRY_MS);
    has.mockRestore();
    expect(sut.isHealthy).toBe(true);
  });

  it('says so when an old segment cannot be removed, and tries again', async () => {
    const rig = rigOfCase();
    const sut = rig.start();
    sut.confirmed(1);
    const remove = jest.spyOn(fs, 'rmSync').mockImplementation(() => {
      throw Object.assign(new Error('no'), { code: 'EROFS' });
    });
    await rig.pass(sut, MINUTE_MS);
    await rig.pass(sut, 1000);
    expect(logged.warn).toHaveBeenCalledWith(expect.objectContaining({ error: 'EROFS' }));
    remove.mockRestore();
    await rig.pass(sut, 1000);
    expect(rig.folderOf(sut).segments()).toEqual([2]);
  });

  it('does without what it cannot read', async () => {
    const rig = rigOfCase();
    const sut = rig.start();
    const { path } = rig.folderOf(sut);
    jest.spyOn(fs, 'readdirSync').mockImplementationOnce(() => {
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    });
    expect(await sut.readBatches(1)).toEqual([]);
    expect(logged.error).toHaveBeenCalledWith(expect.objectContaining({ folder: path, error: 'EACCES' }));
  });
});
