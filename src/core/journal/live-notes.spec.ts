import { describe, expect, it } from '@jest/globals';
import { LiveNotes } from './live-notes.js';
import { encodeBatch, encodeConfirmed, encodeSettled } from './note.codec.js';
import { emptySettlement, settlementOf } from './testing/any-note.js';

const MINUTE_MS = 60_000;
const NONE = Number.POSITIVE_INFINITY;

describe('LiveNotes', () => {
  const newSut = (): LiveNotes => new LiveNotes();

  it('carries over what runs: where it was sent last, and what that has told', () => {
    const sut = newSut();
    sut.dispatched('r-1', 'd1\n', 1);
    sut.inputKnown('r-1', 'i1\n');
    sut.dispatched('r-2', 'd2\n', 1);
    sut.inputKnown('r-2', 'i2\n');
    sut.dispatched('r-2', 'd2 again\n', 1);
    sut.inputKnown('r-3', 'of nobody\n');
    expect(sut.carriedOver()).toBe('d1\ni1\nd2 again\n');
    sut.settled(settlementOf('r-1'), 's1\n', 1);
    expect(sut.carriedOver()).toBe('d2 again\n');
  });

  it('needs the segment of a settlement until its batch was confirmed five minutes ago', () => {
    const sut = newSut();
    expect(sut.oldestNeeded(0)).toBe(NONE);
    sut.settled(settlementOf('r-1'), 's1\n', 2);
    sut.settled(settlementOf('r-2'), 's2\n', 3);
    expect(sut.oldestNeeded(0)).toBe(2);
    sut.batched(1, ['r-1', 'r-2'], 'b1\n', 4);
    expect(sut.oldestNeeded(60 * MINUTE_MS)).toBe(2);
    sut.confirmed(1, 60 * MINUTE_MS);
    expect(sut.oldestNeeded(65 * MINUTE_MS)).toBe(2);
    expect(sut.oldestNeeded(65 * MINUTE_MS + 1)).toBe(NONE);
  });

  it('takes a confirmation for all batches before it, and for none behind it', () => {
    const sut = newSut();
    for (const number of [1, 2, 3]) {
      sut.settled(settlementOf(`r-${number}`), 's\n', number);
      sut.batched(number, [`r-${number}`], 'b\n', number);
    }
    sut.confirmed(2, 0);
    expect(sut.oldestNeeded(5 * MINUTE_MS + 1)).toBe(3);
    expect(sut.carriedOver()).toBe(encodeConfirmed(2));
    expect(sut.areAllConfirmed).toBe(false);
    sut.confirmed(3, 0);
    expect(sut.areAllConfirmed).toBe(true);
  });

  it('waits for no batch where there is nothing to book', () => {
    const sut = newSut();
    sut.dispatched('r-1', 'd\n', 1);
    expect(sut.areAllConfirmed).toBe(false);
    sut.settled(emptySettlement('r-1'), 's\n', 1);
    expect(sut.areAllConfirmed).toBe(true);
    expect(sut.oldestNeeded(0)).toBe(NONE);
  });

  it('knows what runs', () => {
    const sut = newSut();
    expect(sut.isOpen('r-1')).toBe(false);
    sut.dispatched('r-1', 'd\n', null);
    expect(sut.isOpen('r-1')).toBe(true);
    sut.settled(emptySettlement('r-1'), 's\n', 1);
    expect(sut.isOpen('r-1')).toBe(false);
  });

  describe('where no file takes the notes', () => {
    it('tells them in the next segment, which is then needed', () => {
      const sut = newSut();
      sut.settled(settlementOf('r-0'), 's0\n', 1);
      sut.dispatched('r-1', 'd1\n', null);
      sut.settled(settlementOf('r-1'), 's1\n', null);
      sut.dispatched('r-2', 'd2\n', null);
      sut.settled(settlementOf('r-3'), 's3\n', null);
      sut.batched(1, ['r-0', 'r-1'], 'b1\n', null);
      expect(sut.areAllConfirmed).toBe(false);
      expect(sut.carriedOver()).toBe('d2\ns1\ns3\nb1\n');
      expect(sut.oldestNeeded(0)).toBe(1);

      sut.wereCarriedOver(7);
      expect(sut.carriedOver()).toBe('d2\n');
      sut.batched(2, ['r-3'], 'b2\n', 8);
      sut.confirmed(1, 0);
      expect(sut.oldestNeeded(5 * MINUTE_MS + 1)).toBe(7);
      sut.confirmed(2, 0);
      expect(sut.oldestNeeded(5 * MINUTE_MS + 1)).toBe(NONE);
    });

    it('needs the segment that got a batch for it later', () => {
      const sut = newSut();
      sut.settled(settlementOf('r-1'), 's1\n', null);
      sut.batched(1, ['r-1'], 'b1\n', null);
      sut.wereCarriedOver(4);
      expect(sut.oldestNeeded(0)).toBe(4);
    });

    it('still tells that a request is over whose beginning was noted, when the store has it', () => {
      const sut = newSut();
      sut.dispatched('r-1', 'd1\n', 1);
      sut.dispatched('r-1', 'd1 again\n', null);
      sut.settled(settlementOf('r-1'), 's1\n', null);
      sut.dispatched('r-2', 'd2\n', null);
      sut.settled(settlementOf('r-2'), 's2\n', null);
      sut.batched(1, ['r-1', 'r-2'], encodeBatch(1, ['r-1', 'r-2']), null);
      sut.confirmed(1, 0);
      expect(sut.areAllConfirmed).toBe(true);
      const over = encodeSettled(emptySettlement('r-1'));
      expect(sut.carriedOver()).toBe(`${over}${encodeConfirmed(1)}`);
      sut.wereCarriedOver(2);
      expect(sut.carriedOver()).toBe(encodeConfirmed(1));
      expect(sut.oldestNeeded(5 * MINUTE_MS + 1)).toBe(NONE);
    });

    it('remembers nothing of what the store has taken meanwhile', () => {
      const sut = newSut();
      for (let number = 1; number <= 1000; number += 1) {
        const id = `r-${number}`;
        sut.dispatched(id, 'd\n', null);
        sut.settled(settlementOf(id), 's\n', null);
        sut.batched(number, [id], encodeBatch(number, [id]), null);
        sut.confirmed(number, 0);
      }
      expect(sut.carriedOver()).toBe(encodeConfirmed(1000));
    });

    it('still tells the batch of what a file says to be settled', () => {
      const sut = newSut();
      sut.settled(settlementOf('r-1'), 's1\n', 1);
      sut.settled(settlementOf('r-2'), 's2\n', 1);
      // The first is refused and sent apart from the other one.
      sut.batched(1, ['r-1', 'r-2'], 'both\n', null);
      sut.batched(1, [], 'none\n', null);
      sut.batched(2, ['r-1'], 'first\n', null);
      sut.batched(3, ['r-2'], 'second\n', null);
      sut.confirmed(3, 0);
      expect(sut.carriedOver()).toBe(`none\nfirst\nsecond\n${encodeConfirmed(3)}`);
    });

    it('knows the end of what was carried over to be needed', () => {
      const sut = newSut();
      sut.dispatched('r-1', 'd1\n', null);
      sut.wereCarriedOver(3);
      sut.settled(emptySettlement('r-1'), 's1\n', null);
      expect(sut.carriedOver()).toBe('s1\n');
      sut.dispatched('r-2', 'd2\n', null);
      sut.settled(emptySettlement('r-2'), 's2\n', null);
      expect(sut.carriedOver()).toBe('s1\n');
      expect(sut.areAllConfirmed).toBe(true);
    });
  });
});
