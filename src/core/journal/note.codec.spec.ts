import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyInput, anyReport, anySettlement, reportOf, settlementOf } from './testing/any-note.js';
import {
  decodeNote,
  encodeBatch,
  encodeConfirmed,
  encodeDispatched,
  encodeInput,
  encodeSettled,
  VERSION_LINE,
} from './note.codec.js';

const textOf = (line: string): string => {
  expect(line.endsWith('\n')).toBe(true);
  return line.slice(0, -1);
};

/** Every way to leave out, or to spoil, one member of a JSON value. */
function* spoiled(value: unknown): Generator {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) for (const bad of spoiled(item)) yield value.with(at, bad);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      const { [name]: _, ...rest } = value as Record<string, unknown>;
      yield rest;
      yield { ...value, [name]: { spoiled: [] } };
      for (const bad of spoiled(member)) yield { ...value, [name]: bad };
    }
  }
}

describe('the codec of notes', () => {
  it('gives back what was noted, in one line', () => {
    fc.assert(
      fc.property(anyReport, anyInput, anySettlement, fc.string(), (report, input, settlement, requestId) => {
        const waste = settlement.waste.map(({ attempt }) => attempt);
        const lines = [
          VERSION_LINE,
          encodeDispatched(report),
          encodeDispatched(report, waste),
          encodeInput(requestId, input),
          encodeSettled(settlement),
        ].map(textOf);
        expect(lines.join('')).not.toContain('\n');
        expect(lines.map(decodeNote)).toEqual([
          { kind: 'version' },
          { kind: 'dispatched', report, waste: [] },
          { kind: 'dispatched', report, waste },
          { kind: 'input', requestId, input },
          { kind: 'settled', settlement },
        ]);
      }),
    );
  });

  it('gives back batches and confirmations', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), fc.array(fc.string()), (number, requestIds) => {
        expect(decodeNote(textOf(encodeBatch(number, requestIds)))).toEqual({ kind: 'batch', number, requestIds });
        expect(decodeNote(textOf(encodeConfirmed(number)))).toEqual({ kind: 'confirmed', number });
      }),
    );
  });

  it('takes no part of a line for a line', () => {
    fc.assert(
      fc.property(anySettlement, fc.nat(), (settlement, cut) => {
        const line = textOf(encodeSettled(settlement));
        expect(decodeNote(line.slice(0, cut % line.length))).toBeNull();
      }),
    );
  });

  it.each([
    '',
    'null',
    '7',
    '{}',
    '[]',
    '["x",1]',
    '["v"]',
    '["v",2]',
    '["d"]',
    '["d",null]',
    '["d",[]]',
    '["i","r-1",null]',
    '["i",1,{}]',
    '["s",{"requestId":"r-1"}]',
    '["s",{"requestId":"r-1","record":null,"waste":{}}]',
    '["b",0,[]]',
    '["b",1.5,[]]',
    '["b","1",[]]',
    '["b",1,[2]]',
    '["b",1]',
    '["c",-1]',
    '["c",null]',
    '\u0000\u0000\u0000',
    '["c",1]["c",2]',
  ])('refuses garbage: %j', (line) => {
    expect(decodeNote(line)).toBeNull();
  });

  it('refuses a note that lacks anything, or holds something else in its place', () => {
    const whole: unknown = JSON.parse(encodeSettled(settlementOf('r-1', { waste: 1, leases: 1 })));
    const all = [...spoiled(whole)];
    expect(all.length).toBeGreaterThan(150);
    for (const one of all)
      expect([JSON.stringify(one), decodeNote(JSON.stringify(one))]).toEqual([expect.anything(), null]);
  });

  it.each([
    [/"at":"[^"]*"/, '"at":"yesterday"'],
    ['"keyServiceRates":{}', '"keyServiceRates":{"claude":"1.5"}'],
    ['"service":"claude"', '"service":"abacus"'],
    ['"durationMs":18', '"durationMs":null'],
  ])('refuses a value that cannot be: %s as %s', (found, put) => {
    const line = textOf(encodeDispatched(reportOf('r-1')));
    expect(line).toMatch(found);
    expect(decodeNote(line)).not.toBeNull();
    expect(decodeNote(line.replace(found, put))).toBeNull();
  });

  it('refuses waste that lacks anything', () => {
    const [attempt] = settlementOf('r-1', { waste: 1 }).waste.map((each) => each.attempt);
    const line = (waste: unknown): string => JSON.stringify(['d', reportOf('r-1'), waste]);
    expect(decodeNote(line([attempt]))).not.toBeNull();
    for (const bad of [{}, [null], [{ ...attempt, model: 7 }], [{ ...attempt, at: 'yesterday' }]]) {
      expect(decodeNote(line(bad))).toBeNull();
    }
  });

  it('lets members be that a later version has added', () => {
    expect(decodeNote('["s",{"requestId":"r-1","record":null,"waste":[],"later":1}]')).not.toBeNull();
  });
});
