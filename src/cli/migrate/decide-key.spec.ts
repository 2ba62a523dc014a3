import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decideKey, type KeyAction, type KeyState } from './decide-key.js';

const NOW = Date.parse('2026-11-23T04:30:00.000Z');
const MINUTE = 60_000;

/** `a`: that value for ever; `a5`: for five minutes from now on; `-`: not there. */
function state(text: string): KeyState | null {
  const [, fingerprint = '', minutes = ''] = /^([a-z])(-?\d*)$/.exec(text) ?? [];
  return text === '-' ? null : { fingerprint, endsAt: minutes === '' ? null : NOW + Number(minutes) * MINUTE };
}

const sut = (source: string, target: string, remembered: string): KeyAction =>
  decideKey({ source: state(source), target: state(target), remembered: state(remembered), now: NOW });

describe('decideKey', () => {
  it.each<[source: string, target: string, remembered: string, action: KeyAction, why: string]>([
    ['-', 'a', '-', 'none', 'the target has something of its own'],
    ['-', '-', '-', 'none', 'nobody has it'],
    ['a', '-', '-', 'add', 'it is new'],
    ['a', 'a', 'a', 'same', 'nothing has changed'],
    ['a', 'a', '-', 'adopt', 'both have the same by themselves'],
    ['b', 'b', 'a', 'adopt', 'both came to the same'],
    ['b', 'a', 'a', 'change', 'only the source has changed'],
    ['a', 'b', 'a', 'keep', 'only the target has changed'],
    ['b', 'c', 'a', 'conflict', 'both have changed'],
    ['b', 'c', '-', 'conflict', 'the target had another before'],
    ['-', 'a', 'a', 'remove', 'it was deleted at the source'],
    ['-', 'b', 'a', 'conflict', 'it was deleted at the source and changed in the target'],
    ['-', '-', 'a', 'forget', 'both have deleted it'],
    ['a', '-', 'a', 'keep', 'it was deleted in the target'],
    ['b', '-', 'a', 'conflict', 'it was deleted in the target and changed at the source'],
    ['-', 'a90', 'a0', 'forget', 'its time was over at the source, and v2 has renewed it'],
    ['-', 'b', 'a1', 'forget', 'its time was over within the minute'],
    ['-', 'a9', 'a9', 'remove', 'it was deleted before its time'],
    ['a9', '-', 'a-1', 'add', 'its time was over in the target, and the source has renewed it'],
    ['a9', 'a9', 'a9', 'same', 'it has its time'],
    ['a9', 'a5', 'a5', 'renew', 'the source has renewed it'],
    ['a', 'a5', 'a5', 'renew', 'it lives for ever now'],
    ['a9', 'a5', '-', 'renew', 'it lives longer at the source'],
    ['a5', 'a9', 'a5', 'same', 'v2 has renewed it'],
    ['a9', 'a5', 'a9', 'same', 'v2 has shortened its life'],
    ['a6', 'a5', 'a5', 'same', 'a minute is no difference'],
  ])('%s, %s, remembered %s: %s, because %s', (source, target, remembered, action) => {
    expect(sut(source, target, remembered)).toBe(action);
  });

  it.each<[source: string, target: string, action: KeyAction]>([
    ['2026-11-23T20:00', '2026-11-23T12:00', 'renew'],
    ['2026-11-23T12:00', '2026-11-23T20:00', 'same'],
    ['2026-11-23T12:00', '2026-11-23T12:00', 'same'],
  ])('used at %s and %s: %s', (source, target, action) => {
    const used = (usedAt: string): KeyState => ({ fingerprint: 'a', endsAt: null, usedAt });
    expect(decideKey({ source: used(source), target: used(target), remembered: state('a'), now: NOW })).toBe(action);
  });

  const anyState = fc.option(
    fc.record({
      fingerprint: fc.constantFrom('a', 'b', 'c'),
      endsAt: fc.option(fc.integer({ min: NOW - 9 * MINUTE, max: NOW + 9 * MINUTE })),
    }),
  );
  const anyQuestion = fc.record({ source: anyState, target: anyState, remembered: anyState });

  it('never loses what only the target has', () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const action = decideKey({ ...question, now: NOW });
        const { source, target, remembered } = question;
        const isChangedInTarget = target !== null && target.fingerprint !== remembered?.fingerprint;
        const isEqual = source !== null && source.fingerprint === target?.fingerprint;
        if (isChangedInTarget && !isEqual) expect(['none', 'keep', 'conflict', 'forget']).toContain(action);
      }),
    );
  });

  it('has nothing more to write once it was obeyed', () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const action = decideKey({ ...question, now: NOW });
        const next = obeyed(question, action);
        expect(['none', 'same', 'keep', 'conflict']).toContain(decideKey({ ...next, now: NOW }));
      }),
    );
  });

  it('comes to the source as it is where nobody has touched the target', () => {
    fc.assert(
      fc.property(anyState, anyState, (source, before) => {
        const lives = (before?.endsAt ?? Infinity) > NOW + MINUTE;
        fc.pre(lives);
        const question = { source, target: before, remembered: before };
        const { target } = obeyed(question, decideKey({ ...question, now: NOW }));
        expect(target?.fingerprint).toBe(source?.fingerprint);
      }),
    );
  });
});

type States = Readonly<Record<'source' | 'target' | 'remembered', KeyState | null>>;

/** What both databases and the book have afterwards. */
function obeyed(states: States, action: KeyAction): States {
  const { source, target } = states;
  switch (action) {
    case 'add':
    case 'change':
    case 'renew':
      return { source, target: source, remembered: source };
    case 'adopt':
      return { source, target, remembered: source };
    case 'remove':
      return { source, target: null, remembered: null };
    case 'forget':
      return { source, target, remembered: null };
    default:
      return states;
  }
}
