import { truncateSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import type { FileJournal } from './file-journal.js';
import type { LeftJournal } from './request-journal.js';
import { emptySettlement, inputOf, reportOf, settlementOf } from './testing/any-note.js';
import { type FailingDisk, useFailingDisk } from './testing/failing-disk.js';
import { type JournalRig, useJournalRig } from './testing/journal-rig.js';

Logger.overrideLogger(false);

const KEPT_MS = 5 * 60_000;
const RETRY_MS = 5000;

type Step =
  | { readonly kind: 'dispatch'; readonly request: number }
  | { readonly kind: 'input'; readonly request: number; readonly tokens: number }
  | { readonly kind: 'settle'; readonly request: number; readonly isEmpty: boolean }
  | { readonly kind: 'batch'; readonly most: number }
  | { readonly kind: 'confirm' };
type Event = Step | { readonly kind: 'pass'; readonly ms: number } | { readonly kind: 'disk'; readonly works: boolean };

const kind = <K extends string>(name: K): fc.Arbitrary<K> => fc.constant(name);
const request = fc.nat(3);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: kind('dispatch'), request }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('input'), request, tokens: fc.nat(99) }) },
  { weight: 4, arbitrary: fc.record({ kind: kind('settle'), request, isEmpty: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('batch'), most: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('confirm') }) },
);
const pass = fc.record({ kind: kind('pass'), ms: fc.constantFrom(1000, RETRY_MS, 60_000, KEPT_MS + 1) });
const disk = fc.record({ kind: kind('disk'), works: fc.boolean() });
const anyEvents = fc.array(fc.oneof({ weight: 4, arbitrary: anyStep }, { weight: 1, arbitrary: pass }), {
  maxLength: 60,
  size: 'max',
});
const eventsWithFaults = fc.array(
  fc.oneof({ weight: 6, arbitrary: anyStep }, { weight: 2, arbitrary: pass }, { weight: 1, arbitrary: disk }),
  { maxLength: 80, size: 'max' },
);

/** What the journal should tell, kept in plain lists. A request that has ended comes back under a new id. */
class Model {
  readonly open = new Map<string, { status: number; tokens: number | null }>();
  unbatched: string[] = [];
  readonly batches: { number: number; ids: string[]; confirmedAt: number | null }[] = [];
  private readonly lives = new Map<number, number>();
  private sends = 0;

  idOf(request: number): string {
    return `r-${request}-${this.lives.get(request) ?? 0}`;
  }

  /** The same step for the journal and, unless it is the torn one, the model. */
  take(step: Step, now: number, journal: FileJournal, isTorn = false): void {
    const after = this.noteIn(journal, step, now);
    if (!isTorn) after();
  }

  private noteIn(journal: FileJournal, step: Step, now: number): () => void {
    switch (step.kind) {
      case 'dispatch': {
        const id = this.idOf(step.request);
        const status = (this.sends += 1);
        journal.dispatched(reportOf(id, { statusCode: status }));
        return () => void this.open.set(id, { status, tokens: null });
      }
      case 'input': {
        const id = this.idOf(step.request);
        journal.inputKnown(id, inputOf(step.tokens));
        const request = this.open.get(id);
        return () => {
          if (request !== undefined) request.tokens = step.tokens;
        };
      }
      case 'settle': {
        const id = this.idOf(step.request);
        journal.settled(step.isEmpty ? emptySettlement(id) : settlementOf(id));
        return () => {
          this.open.delete(id);
          this.lives.set(step.request, (this.lives.get(step.request) ?? 0) + 1);
          if (!step.isEmpty) this.unbatched.push(id);
        };
      }
      case 'batch': {
        const ids = this.unbatched.slice(0, step.most);
        const number = this.batches.length + 1;
        if (ids.length === 0) return () => undefined;
        journal.batched(number, ids);
        return () => {
          this.unbatched = this.unbatched.slice(ids.length);
          this.batches.push({ number, ids, confirmedAt: null });
        };
      }
      case 'confirm': {
        const next = this.batches.find(({ confirmedAt }) => confirmedAt === null);
        if (next === undefined) return () => undefined;
        journal.confirmed(next.number);
        return () => (next.confirmedAt = now);
      }
    }
  }

  /** `hadFaults`: what the store has may be told without its figures, or not at all. */
  expectOf(left: LeftJournal, now: number, hadFaults: boolean): void {
    const open = new Map(left.open.map(({ report, input }) => [report.requestId, { report, input }]));
    expect(open.size).toBe(left.open.length);
    expect([...open.keys()].sort()).toEqual([...this.open.keys()].sort());
    for (const [id, { status, tokens }] of this.open) {
      const input = tokens === null ? null : inputOf(tokens);
      expect(open.get(id)).toEqual({ report: reportOf(id, { statusCode: status }), input });
    }
    expect(left.unbatched.map(({ requestId }) => requestId).sort()).toEqual([...this.unbatched].sort());
    expect(left.unbatched).toEqual(left.unbatched.map(({ requestId }) => settlementOf(requestId)));
    const told = new Map(left.batches.map(({ number, settlements }) => [number, settlements]));
    expect([...told.keys()]).toEqual([...told.keys()].sort((a, b) => a - b));
    for (const { number, ids, confirmedAt } of this.batches) {
      const settlements = told.get(number);
      const isNeeded = confirmedAt === null || (!hadFaults && now - confirmedAt <= KEPT_MS);
      if (!isNeeded && (settlements === undefined || hadFaults)) continue;
      expect({ number, settlements }).toEqual({ number, settlements: ids.map((id) => settlementOf(id)) });
    }
    expect([...told.keys()].every((number) => number <= this.batches.length)).toBe(true);
  }
}

describe('any sequence of notes', () => {
  const rigOfCase = useJournalRig();
  const useDisk = useFailingDisk();

  const play = async (rig: JournalRig, disk: FailingDisk | null, events: readonly Event[]) => {
    const sut = rig.start();
    const model = new Model();
    for (const event of events) {
      if (event.kind === 'pass') await rig.pass(sut, event.ms);
      else if (event.kind !== 'disk') model.take(event, rig.clock.ms, sut);
      else if (disk !== null) disk.refusesWrites = event.works ? null : 'ENOSPC';
    }
    return { sut, model };
  };

  it('is there up to the last whole one, wherever the file is cut in the middle of the next', async () => {
    const rig = rigOfCase();
    await fc.assert(
      fc.asyncProperty(anyEvents, anyStep, fc.nat(), async (events, last, cut) => {
        const { sut, model } = await play(rig, null, events);
        const folder = rig.folderOf(sut);
        const segment = folder.segments().at(-1) ?? 0;
        const before = folder.sizeOf(segment);
        model.take(last, rig.clock.ms, sut, true);
        // One byte short of the newline at most: without that alone, a line is whole.
        const torn = Math.max(0, folder.sizeOf(segment) - before - 1);
        truncateSync(folder.segmentFile(segment), before + (torn === 0 ? 0 : cut % torn));
        const left = await rig.afterKillOf(sut);
        model.expectOf(left, rig.clock.ms, false);
        expect(await sut.readBatches(1)).toEqual(left.batches);
        left.finish();
        await rig.forget(sut);
      }),
      { numRuns: 80 },
    );
  });

  it('is made good after each time that the disk took nothing', async () => {
    const rig = rigOfCase();
    const faults = useDisk();
    await fc.assert(
      fc.asyncProperty(eventsWithFaults, fc.constantFrom(0, 50, 1500), async (events, takesAtMost) => {
        faults.takesAtMost = takesAtMost === 0 ? Number.POSITIVE_INFINITY : takesAtMost;
        const { sut, model } = await play(rig, faults, events);
        faults.refusesWrites = null;
        await rig.pass(sut, RETRY_MS);
        expect(sut.isHealthy).toBe(true);
        const left = await rig.afterKillOf(sut);
        model.expectOf(
          left,
          rig.clock.ms,
          events.some((event) => event.kind === 'disk'),
        );
        left.finish();
        await rig.forget(sut);
      }),
      { numRuns: 80 },
    );
  });
});
