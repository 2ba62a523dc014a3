import { describe, expect, it } from '@jest/globals';
import { JournalReading } from './journal-reading.js';
import type { Note } from './note.codec.js';
import { emptySettlement, inputOf, reportOf, settlementOf } from './testing/any-note.js';

const dispatched = (id: string, statusCode = 200): Note => ({
  kind: 'dispatched',
  report: reportOf(id, { statusCode }),
  waste: [],
});
const input = (requestId: string, tokens: number): Note => ({ kind: 'input', requestId, input: inputOf(tokens) });
const settled = (id: string, waste = 0): Note => ({ kind: 'settled', settlement: settlementOf(id, { waste }) });
const batch = (number: number, ...requestIds: string[]): Note => ({ kind: 'batch', number, requestIds });
const confirmed = (number: number): Note => ({ kind: 'confirmed', number });

function read(...notes: Note[]): JournalReading {
  const sut = new JournalReading();
  notes.forEach((note) => {
    sut.add(note);
  });
  return sut;
}

const numbersOf = (sut: JournalReading): unknown[] =>
  sut.batches.map(({ number, settlements }) => [number, settlements.map(({ requestId }) => requestId)]);
const idsOf = (settlements: readonly { readonly requestId: string }[]): string[] =>
  settlements.map(({ requestId }) => requestId);

describe('JournalReading', () => {
  it('tells requests that run, each with the account it was sent to last and what that has told', () => {
    const sut = read(
      dispatched('r-1', 1),
      input('r-1', 5),
      dispatched('r-2', 2),
      input('r-2', 7),
      dispatched('r-2', 3),
    );
    expect(sut.open).toEqual([
      { report: reportOf('r-1', { statusCode: 1 }), input: inputOf(5), waste: [] },
      { report: reportOf('r-2', { statusCode: 3 }), input: null, waste: [] },
    ]);
  });

  it('takes a request that is settled for no open one, whatever is repeated behind it', () => {
    const sut = read(dispatched('r-1'), settled('r-1'), dispatched('r-1'), input('r-1', 5), settled('r-1', 1));
    expect(sut.open).toEqual([]);
    expect(sut.unbatched).toEqual([settlementOf('r-1')]);
    expect([sut.isSettled('r-1'), sut.isSettled('r-2')]).toEqual([true, false]);
  });

  it('tells batches in the order of their numbers, and once', () => {
    const sut = read(
      settled('r-1'),
      settled('r-2'),
      settled('r-3'),
      batch(2, 'r-3'),
      batch(1, 'r-2', 'r-1'),
      batch(2, 'r-3'),
    );
    expect(numbersOf(sut)).toEqual([
      [1, ['r-2', 'r-1']],
      [2, ['r-3']],
    ]);
    expect(sut.unbatched).toEqual([]);
  });

  it('leaves out a confirmed batch that is no longer there whole, and gives of another what is there', () => {
    const notes = [settled('r-2'), settled('r-4'), batch(1, 'r-1', 'r-2'), batch(2, 'r-3', 'r-4')];
    const sut = read(...notes, confirmed(1));
    expect(numbersOf(sut)).toEqual([[2, ['r-4']]]);
    expect(sut.unbatched).toEqual([]);
    expect(numbersOf(read(settled('r-1'), batch(1, 'r-1'), confirmed(1)))).toEqual([[1, ['r-1']]]);
  });

  it('takes an older confirmation for what it is', () => {
    const sut = read(batch(1, 'r-1'), batch(2, 'r-2'), confirmed(2), confirmed(1));
    expect(sut.batches).toEqual([]);
    expect([sut.lastConfirmed, read().lastConfirmed]).toEqual([2, 0]);
  });

  it('has nothing to book for an end without anything', () => {
    const end: Note = { kind: 'settled', settlement: emptySettlement('r-1') };
    const waste: Note = { kind: 'settled', settlement: { ...settlementOf('r-2', { waste: 1 }), record: null } };
    const sut = read(dispatched('r-1'), end, waste);
    expect([sut.open, idsOf(sut.unbatched)]).toEqual([[], ['r-2']]);
  });
});
