import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { JournalSegment } from './journal-segment.js';
import { SYNC_EVERY_MS } from './file-journal.js';
import { VERSION_LINE } from './note.codec.js';
import { emptySettlement, inputOf, reportOf, settlementOf } from './testing/any-note.js';
import { useFailingDisk } from './testing/failing-disk.js';
import { useJournalRig } from './testing/journal-rig.js';

Logger.overrideLogger(false);

const MINUTE_MS = 60_000;
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('FileJournal', () => {
  const rigOfCase = useJournalRig();
  const useDisk = useFailingDisk();

  it('keeps its files to itself, in a folder named by the time of its start', () => {
    const rig = rigOfCase();
    const sut = rig.start();
    expect(sut.instance).toMatch(/^20261123T120000000Z-[0-9a-f]{8}$/);
    expect(rig.names()).toEqual([sut.instance]);
    const folder = rig.folderOf(sut);
    expect([rig.dataDir, `${rig.dataDir}/journal`, folder.path].map(modeOf)).toEqual(['700', '700', '700']);
    expect([folder.segmentFile(1), folder.lockFile].map(modeOf)).toEqual(['600', '600']);
    expect(sut.isHealthy).toBe(true);
  });

  it('has every note in the file when the call returns', async () => {
    const rig = rigOfCase();
    const sut = rig.start();
    sut.dispatched(reportOf('r-1'));
    sut.dispatched(reportOf('r-2'));
    sut.inputKnown('r-2', inputOf(7));
    for (const id of ['r-3', 'r-4']) expect(sut.settled(settlementOf(id))).toBe(true);
    sut.batched(1, ['r-3']);
    expect(await rig.afterKill()).toMatchObject({
      instance: sut.instance,
      batches: [{ number: 1, settlements: [settlementOf('r-3')] }],
      unbatched: [settlementOf('r-4')],
      open: [
        { report: reportOf('r-1'), input: null, waste: [] },
        { report: reportOf('r-2'), input: inputOf(7), waste: [] },
      ],
    });
  });

  it('has no line of a request that was never sent and has nothing to book', async () => {
    const rig = rigOfCase();
    const sut = rig.start();
    const lines = (): string => readFileSync(rig.folderOf(sut).segmentFile(1), 'utf8');
    expect(sut.settled(emptySettlement('r-1'))).toBe(true);
    expect(lines()).toBe(VERSION_LINE);
    sut.dispatched(reportOf('r-2'));
    expect(sut.settled(emptySettlement('r-2'))).toBe(true);
    expect((await rig.afterKill()).open).toEqual([]);
    expect(lines().split('\n').filter(Boolean)).toHaveLength(3);
  });

  it('goes on in good time when the clock was set back', async () => {
    const rig = rigOfCase();
    const disk = useDisk();
    const sut = rig.start();
    disk.refusesWrites = 'ENOSPC';
    sut.dispatched(reportOf('r-1'));
    disk.refusesWrites = null;
    await rig.pass(sut, -60 * MINUTE_MS);
    expect(sut.isHealthy).toBe(true);
  });

  it('has with a request what failed attempts before have cost', async () => {
    const rig = rigOfCase();
    const waste = settlementOf('r-1', { waste: 2 }).waste.map(({ attempt }) => attempt);
    const sut = rig.start();
    sut.dispatched(reportOf('r-1'));
    sut.inputKnown('r-1', inputOf(7));
    sut.dispatched(reportOf('r-1'), waste);
    expect((await rig.afterKill()).open).toEqual([{ report: reportOf('r-1'), waste, input: null }]);
  });

  it('reads batches back, in order, from the one that is asked for', async () => {
    const sut = rigOfCase().start();
    for (const number of [1, 2, 3]) {
      sut.settled(settlementOf(`r-${number}`));
      sut.batched(number, [`r-${number}`]);
    }
    sut.confirmed(3);
    const batches = await sut.readBatches(2);
    expect(batches).toEqual([2, 3].map((number) => ({ number, settlements: [settlementOf(`r-${number}`)] })));
    expect(await sut.readBatches(4)).toEqual([]);
  });

  it('begins a new segment each minute, with what still runs', async () => {
    const rig = rigOfCase();
    const sut = rig.start();
    const folder = rig.folderOf(sut);
    sut.dispatched(reportOf('r-1'));
    sut.inputKnown('r-1', inputOf(3));
    sut.dispatched(reportOf('r-2'));
    sut.settled(settlementOf('r-2'));
    sut.batched(1, ['r-2']);
    sut.confirmed(1);
    await rig.pass(sut, MINUTE_MS - 1);
    expect(folder.segments()).toEqual([1]);
    await rig.pass(sut, 1);
    expect(folder.segments()).toEqual([1, 2]);
    expect(readFileSync(folder.segmentFile(2), 'utf8')).not.toContain('r-2');

    await rig.pass(sut, 4 * MINUTE_MS);
    expect(folder.segments()).toEqual([1, 2]);
    await rig.pass(sut, 1);
    expect(folder.segments()).toEqual([2]);
    expect(await rig.afterKill()).toMatchObject({
      batches: [],
      unbatched: [],
      open: [{ report: reportOf('r-1'), input: inputOf(3), waste: [] }],
    });
  });

  it('begins no new segment while nothing is noted', async () => {
    const rig = rigOfCase();
    const sut = rig.start();
    await rig.pass(sut, 10 * MINUTE_MS);
    expect(rig.folderOf(sut).segments()).toEqual([1]);
  });

  it('begins a new segment when one has become large', async () => {
    const rig = rigOfCase();
    const sut = rig.start();
    sut.batched(1, ['x'.repeat(32 * 1024 * 1024 - 100)]);
    await rig.pass(sut, 1000);
    expect(rig.folderOf(sut).segments()).toEqual([1]);
    sut.batched(2, ['x'.repeat(100)]);
    await rig.pass(sut, 1000);
    expect(rig.folderOf(sut).segments()).toEqual([1, 2]);
  });

  it('keeps every segment that the store has not taken, and warns at each further GiB', async () => {
    const rig = rigOfCase();
    const sut = rig.start();
    const warn = jest.spyOn(Logger.prototype, 'warn');
    // Each is large enough to be the last one for its second.
    jest.spyOn(JournalSegment.prototype, 'bytes', 'get').mockReturnValue(0.4 * 1024 ** 3);
    const warnings: number[] = [];
    const passSeconds = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second += 1) {
        await rig.pass(sut, 1000);
        warnings.push(warn.mock.calls.length);
      }
    };
    sut.settled(settlementOf('r-1'));
    await passSeconds(4);
    sut.batched(1, ['r-1']);
    sut.confirmed(1);
    rig.clock.ms += 6 * MINUTE_MS;
    await passSeconds(1);
    sut.settled(settlementOf('r-2'));
    await passSeconds(2);
    expect(warnings).toEqual([0, 1, 1, 2, 2, 2, 3]);
    expect(warn).toHaveBeenLastCalledWith(expect.objectContaining({ gibibytes: 1 }));
  });

  it('forces to the disk each second what was written, never twice at a time', async () => {
    const rig = rigOfCase();
    const disk = useDisk();
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const sut = rig.start();
      await sut.keep();
      await jest.advanceTimersByTimeAsync(5 * SYNC_EVERY_MS);
      expect(disk.syncs).toBe(1);
      let open = (): void => undefined;
      disk.gate = new Promise((resolve) => (open = resolve));
      sut.confirmed(1);
      await jest.advanceTimersByTimeAsync(SYNC_EVERY_MS - 1);
      expect(disk.syncs).toBe(1);
      await jest.advanceTimersByTimeAsync(1);
      sut.confirmed(2);
      await jest.advanceTimersByTimeAsync(5 * SYNC_EVERY_MS);
      expect([disk.syncs, disk.running]).toEqual([2, 1]);
      open();
      disk.gate = null;
      await jest.advanceTimersByTimeAsync(5 * SYNC_EVERY_MS);
      expect([disk.syncs, disk.mostRunning]).toEqual([3, 1]);
    } finally {
      jest.useRealTimers();
    }
  });

  describe('at the end', () => {
    it('removes what nobody needs any more', async () => {
      const rig = rigOfCase();
      const sut = rig.start();
      sut.dispatched(reportOf('r-1'));
      sut.settled(settlementOf('r-1'));
      sut.batched(1, ['r-1']);
      sut.confirmed(1);
      sut.dispatched(reportOf('r-2'));
      sut.settled(emptySettlement('r-2'));
      await sut.onApplicationShutdown();
      expect(rig.names()).toEqual([]);
      expect(sut.settled(settlementOf('r-3'))).toBe(false);
    });

    it.each([
      ['runs', 0],
      ['is settled', 1],
      ['is in a batch that is not confirmed', 2],
    ])('leaves it to the next start when a request %s', async (_, steps) => {
      const rig = rigOfCase();
      const sut = rig.start();
      sut.dispatched(reportOf('r-1'));
      if (steps > 0) sut.settled(settlementOf('r-1'));
      if (steps > 1) sut.batched(1, ['r-1']);
      const disk = useDisk();
      await sut.onApplicationShutdown();
      expect(disk.syncs).toBe(1);
      const [left] = await rig.take();
      expect([left?.open.length, left?.unbatched.length, left?.batches.length]).toEqual(
        [0, 1, 2].map((step) => (step === steps ? 1 : 0)),
      );
    });

    it('notes what no file has taken, if it can then', async () => {
      const rig = rigOfCase();
      const sut = rig.start();
      const disk = useDisk();
      disk.refusesWrites = 'ENOSPC';
      sut.settled(settlementOf('r-1'));
      disk.refusesWrites = null;
      await sut.onApplicationShutdown();
      const [left] = await rig.take();
      expect(left?.unbatched).toEqual([settlementOf('r-1')]);
    });

    it('says so when it cannot remove its files', async () => {
      const rig = rigOfCase();
      const sut = rig.start();
      const warn = jest.spyOn(Logger.prototype, 'warn');
      appendFileSync(`${rig.folderOf(sut).path}/of-somebody`, '');
      await sut.onApplicationShutdown();
      expect(warn).toHaveBeenCalledWith(expect.objectContaining({ error: 'ENOTEMPTY' }));
      expect(existsSync(rig.folderOf(sut).path)).toBe(true);
    });

    it('can be told twice', async () => {
      const rig = rigOfCase();
      const warn = jest.spyOn(Logger.prototype, 'warn');
      const sut = rig.start();
      await sut.onApplicationShutdown();
      await sut.onApplicationShutdown();
      expect(warn).not.toHaveBeenCalled();
    });
  });
});
