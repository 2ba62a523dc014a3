import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { codexSessionHash, codexSessionNamed, SESSION_MEMBERS } from './codex-session-hash.js';

const V1_ID = 'sess-123';
const V1_HASH = 'c8d9cf2851b3e2ac6f87788b7745331aa494be99f6011bb2b2c48fa20a992fa4';

type Place = readonly ['header' | 'body', string];

/** Where a session may be named, in order. */
const PLACES: readonly Place[] = [
  ['header', 'session-id'],
  ['body', 'prompt_cache_key'],
  ['header', 'session_id'],
  ['header', 'x-session-id'],
  ['body', 'session_id'],
  ['body', 'conversation_id'],
];

/** The hash of a request that has these values at those places. */
function hashOf(values: readonly unknown[]): string | null {
  const valuesIn = (kind: Place[0]): Record<string, unknown> =>
    Object.fromEntries(PLACES.flatMap(([where, name], at) => (where === kind ? [[name, values[at]]] : [])));
  const body = valuesIn('body');
  return codexSessionHash({
    headers: valuesIn('header') as Record<string, string | undefined>,
    member: (name) => body[name],
  });
}

const at = (place: number, value: unknown): unknown[] =>
  PLACES.map((_, index) => (index === place ? value : undefined));
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const UNFIT: readonly unknown[] = [undefined, null, '', ' \n', 'a\u0000b', 'x'.repeat(201), 7, {}, ['a']];

describe('codexSessionHash', () => {
  it.each(PLACES.map(([where, name], place) => [name, where, place] as const))(
    "gives v1's key of the session that %s of the %s names",
    (_name, _where, place) => {
      expect(hashOf(at(place, V1_ID))).toBe(V1_HASH);
    },
  );

  it('takes the first id that is fit, whatever stands at the other places', () => {
    const fit = fc.stringMatching(/^[!-~]{1,40}$/);
    const value = fc.oneof(fit, fc.constantFrom(...UNFIT));
    fc.assert(
      fc.property(fc.array(value, { minLength: PLACES.length, maxLength: PLACES.length }), (values) => {
        const first = values.filter((each) => typeof each === 'string').find((each) => !UNFIT.includes(each));
        expect(hashOf(values)).toBe(first === undefined ? null : sha256(first));
      }),
    );
  });

  it.each(UNFIT)('knows no session by %j alone', (value) => {
    for (const place of PLACES.keys()) expect(hashOf(at(place, value))).toBeNull();
  });

  it('takes no header that came twice', () => {
    expect(codexSessionHash({ headers: { 'session-id': ['a', 'b'] }, member: () => undefined })).toBeNull();
  });

  it('names the members of the body that it asks for', () => {
    const asked = new Set<string>();
    codexSessionHash({ headers: {}, member: (name) => void asked.add(name) });
    expect([...asked].sort()).toEqual([...SESSION_MEMBERS].sort());
  });
});

describe('codexSessionNamed', () => {
  it('gives the same key for the id alone', () => {
    expect(codexSessionNamed(V1_ID)).toBe(V1_HASH);
    expect(codexSessionNamed('')).toBeNull();
  });
});
