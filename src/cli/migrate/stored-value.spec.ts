import { describe, expect, it } from '@jest/globals';
import { openSqliteStore } from '@crs/store';
import fc from 'fast-check';
import { Side } from './side.js';
import { readKeys } from './read-keys.js';
import {
  fingerprintOf,
  isCarriedType,
  readCommand,
  type StoredValue,
  toStoredValue,
  writeCommands,
} from './stored-value.js';

const text = fc.string({ unit: 'binary' }).map((any) => any.toWellFormed());
const names = fc.uniqueArray(text, { minLength: 1, maxLength: 20 });
const score = fc.oneof(fc.double({ noNaN: true }), fc.integer());

/** Values as a store would answer them. */
const anyValue: fc.Arbitrary<StoredValue> = fc
  .oneof(
    text.map((value) => ['string', value] as const),
    names.chain((fields) =>
      fc
        .array(text, { minLength: fields.length, maxLength: fields.length })
        .map((values) => ['hash', Object.fromEntries(fields.map((field, at) => [field, values[at]]))] as const),
    ),
    names.map((members) => ['set', members] as const),
    fc.array(text, { minLength: 1, maxLength: 20 }).map((items) => ['list', items] as const),
    names.chain((members) =>
      fc
        .array(score, { minLength: members.length, maxLength: members.length })
        .map((scores) => ['zset', members.flatMap((member, at) => [member, String(scores[at])])] as const),
    ),
  )
  .map(([type, reply]) => toStoredValue(type, reply))
  .filter((value) => value !== null);

const ONE_SCORE = { manyScores: false };

describe('StoredValue', () => {
  it('comes out of a store as it was written', async () => {
    const store = openSqliteStore(':memory:');
    const side = new Side('target', 'here', store, null);
    await fc.assert(
      fc.asyncProperty(anyValue, text, async (value, key) => {
        await side.write(writeCommands(key, value, 5000, ONE_SCORE));
        const [reading] = await readKeys(side, [key], () => 1000);
        expect(reading).toMatchObject({ kind: 'found', value, fingerprint: fingerprintOf(value) });
        expect(reading).toHaveProperty('endsAt', expect.closeTo(6000, -3));
      }),
    );
    await store.quit();
  });

  it('has another fingerprint as soon as anything is another', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (left, right) => {
        const isSame = JSON.stringify(left) === JSON.stringify(right);
        expect(fingerprintOf(left) === fingerprintOf(right)).toBe(isSame);
      }),
    );
  });

  it('does not depend on the order in which a store lists parts, or on how it prints scores', () => {
    const print = (value: StoredValue | null): string => (value === null ? 'none' : fingerprintOf(value));
    expect(print(toStoredValue('set', ['b', 'a']))).toBe(print(toStoredValue('set', ['a', 'b'])));
    expect(print(toStoredValue('hash', { b: '1', a: '2' }))).toBe(print(toStoredValue('hash', { a: '2', b: '1' })));
    expect(print(toStoredValue('zset', ['b', '1e3', 'a', 'inf', 'c', '-Infinity', 'd', '-0']))).toBe(
      print(toStoredValue('zset', ['d', '0', 'c', '-inf', 'a', '+inf', 'b', '1000'])),
    );
    expect(print(toStoredValue('list', ['b', 'a']))).not.toBe(print(toStoredValue('list', ['a', 'b'])));
  });

  it.each([
    ['string', null],
    ['hash', {}],
    ['hash', null],
    ['set', []],
    ['list', null],
    ['zset', []],
  ] as const)('is none where a %s has gone meanwhile (%j)', (type, reply) => {
    expect(toStoredValue(type, reply)).toBeNull();
  });

  it('asks for scores where a store can give them', () => {
    expect(readCommand('k', 'zset', true)).toEqual(['zrange', 'k', 0, -1, 'WITHSCORES']);
    expect(isCarriedType('zset')).toBe(true);
    expect(isCarriedType('stream')).toBe(false);
  });

  it('is written for ever, too', () => {
    expect(writeCommands('k', { type: 'string', parts: ['x'] }, null, ONE_SCORE)).toEqual([
      ['del', 'k'],
      ['set', 'k', 'x'],
    ]);
  });

  it('sends no command with more parts than fit on the stack', () => {
    const parts = Array.from({ length: 2500 }, (_, at) => `${at}`);
    const sizes = writeCommands('k', { type: 'list', parts }, null, ONE_SCORE).map((command) => command.length - 2);
    expect(sizes).toEqual([0, 1000, 1000, 500]);
  });

  it('is written with many scores in a command where the store takes them', () => {
    const parts = ['a', '1', 'b', '2'];
    const write = (manyScores: boolean) => writeCommands('k', { type: 'zset', parts }, null, { manyScores }).slice(1);
    expect(write(true)).toEqual([['zadd', 'k', '1', 'a', '2', 'b']]);
    expect(write(false)).toEqual([
      ['zadd', 'k', '1', 'a'],
      ['zadd', 'k', '2', 'b'],
    ]);
  });

  it('has the same fingerprint whatever stands in the fields that do not count', () => {
    const print = (seen: string, passing?: ReadonlySet<string>) =>
      fingerprintOf({ type: 'hash', parts: ['name', 'a', 'seen', seen] }, passing);
    expect(print('1', new Set(['seen']))).toBe(print('2', new Set(['seen'])));
    expect(print('1')).not.toBe(print('2'));
  });
});
