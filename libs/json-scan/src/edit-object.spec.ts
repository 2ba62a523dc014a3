import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findPath } from './find-path.js';
import { removeMembers } from './remove-members.js';
import { setPath } from './set-path.js';
import { type PathEdit, setPaths } from './set-paths.js';
import { isObject, parse, written } from './testing/any-json.js';
import { setOnePath } from './testing/set-one-path.js';

type Path = [string, ...string[]];

const set = (text: string, path: Path, json: string): string | undefined =>
  setPath(Buffer.from(text), path, json)?.toString();

/** What `setPath` is to do, said about values; undefined where the path leads into something else. */
function setValue(object: object, [name, ...inner]: Path, value: unknown): object | undefined {
  const own: unknown = Object.getOwnPropertyDescriptor(object, name)?.value;
  const [next, ...others] = inner;
  if (next === undefined) return withMember(object, name, value);
  const below = setBelow(own ?? {}, [next, ...others], value);
  return below === undefined ? undefined : withMember(object, name, below);
}

function setBelow(below: unknown, path: Path, value: unknown): object | undefined {
  return isObject(below) ? setValue(below, path, value) : undefined;
}

const withMember = (object: object, name: string, value: unknown): object =>
  Object.fromEntries([...Object.entries(object).filter(([other]) => other !== name), [name, value]]);

/** Names that stand in the body, or that nobody has used. */
function pathIn(body: Buffer, choices: readonly number[]): Path {
  let value = parse(body);
  const names = choices.map((choice) => {
    const known: readonly string[] = isObject(value) ? Object.keys(value) : [];
    const name = known[choice % (known.length + 1)] ?? 'new "name"';
    value = isObject(value) ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
    return name;
  });
  return [names[0] ?? 'new', ...names.slice(1)];
}

describe('setPath', () => {
  it.each<[string, string, Path, string, string | undefined]>([
    ['replaces a value', '{ "a" : 1 , "b":2}', ['a'], '"x"', '{ "a" : "x" , "b":2}'],
    ['adds a member behind the last', '{ "a" : 1 \n}', ['b'], 'true', '{ "a" : 1,"b":true \n}'],
    ['fills an empty object', ' { }', ['a'], '1', ' {"a":1 }'],
    [
      'goes into objects',
      '{"a": { "b":{ } }, "c":[ 1]}',
      ['a', 'b', 'c'],
      '[1]',
      '{"a": { "b":{"c":[1] } }, "c":[ 1]}',
    ],
    ['makes the objects on the way', '{"x":1}', ['a', 'b', 'c'], '1', '{"x":1,"a":{"b":{"c":1}}}'],
    ['takes null for missing', '{"a": null }', ['a', 'b'], '1', '{"a": {"b":1} }'],
    ['writes the last of two members of a name', '{"a":1,"a":2}', ['a'], '3', '{"a":1,"a":3}'],
    ['goes into the last of two', '{"a":{},"a":{"b":1}}', ['a', 'b'], '3', '{"a":{},"a":{"b":3}}'],
    ['knows a name that is written with escapes', '{"\\u0061":1}', ['a'], '2', '{"\\u0061":2}'],
    ['escapes a new name', '{}', ['a "b"'], '2', '{"a \\"b\\"":2}'],
    ['takes names of objects for names', '{}', ['constructor', 'toString'], '2', '{"constructor":{"toString":2}}'],
    ['does not go into a list', '{"a":[{}]}', ['a', '0'], '1', undefined],
    ['does not go into a text', '{"a":"x"}', ['a', 'b'], '1', undefined],
    ['does not go into a number', '{"a":0}', ['a', 'b'], '1', undefined],
    ['does not go into what does not hold together', '{"a":{"b" 1}}', ['a', 'b'], '1', undefined],
    ['needs an object', '[1]', ['a'], '1', undefined],
  ])('%s: %s', (_, text, path, json, expected) => {
    expect(set(text, path, json)).toBe(expected);
  });

  it('makes of any object what the same change makes of its value', () => {
    fc.assert(
      fc.property(
        written,
        fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
        fc.jsonValue(),
        (body, choices, value) => {
          const before = parse(body);
          if (!isObject(before)) throw new Error('the writer of this spec made no object');
          const path = pathIn(body, choices);
          const after = setPath(body, path, JSON.stringify(value));
          expect(after === null ? undefined : parse(after)).toEqual(
            setValue(before, path, JSON.parse(JSON.stringify(value))),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps every byte beside the value', () => {
    fc.assert(
      fc.property(written, fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }), (body, choices) => {
        const path = pathIn(body, choices);
        const after = setPath(body, path, '"!"');
        fc.pre(after !== null);
        const span = findPath(after, path);
        if (span === null) throw new Error('the value is not there');
        const tail = after.subarray(span.end);
        const was = findPath(body, path);
        if (was === null) {
          const braces = /^\}*/.exec(tail.toString())?.[0].length ?? 0;
          expect(
            [...Array(braces + 1).keys()].some((made) =>
              body.subarray(-(tail.length - made)).equals(tail.subarray(made)),
            ),
          ).toBe(true);
        } else {
          expect(after.subarray(0, span.start)).toEqual(body.subarray(0, was.start));
          expect(tail).toEqual(body.subarray(was.end));
        }
      }),
    );
  });

  it('throws on nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', ' ', 'a', '1') }), (text) => {
        const after = set(`{"a":${text}}`, ['a', 'a'], '1');
        if (after !== undefined && isObject(parse(Buffer.from(`{"a":${text}}`))))
          expect(parse(Buffer.from(after))).toMatchObject({ a: { a: 1 } });
      }),
    );
  });
});

describe('setPaths', () => {
  it('makes of any object what its changes make of it one after the other, byte for byte', () => {
    const choices = fc.array(fc.nat(9), { minLength: 1, maxLength: 4 });
    const value = fc.oneof(fc.constantFrom<unknown>(null, {}, [], { a: { b: 1 } }), fc.jsonValue());
    fc.assert(
      fc.property(written, fc.array(fc.record({ choices, value }), { maxLength: 8 }), (body, drafts) => {
        const edits: PathEdit[] = [];
        let expected: Buffer = body;
        for (const draft of drafts) {
          // Paths of what the earlier changes have made are among them.
          const edit = { path: pathIn(expected, draft.choices), json: JSON.stringify(draft.value) };
          edits.push(edit);
          expected = setOnePath(expected, edit.path, edit.json) ?? expected;
        }
        expect(setPaths(body, edits).toString()).toBe(expected.toString());
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['[1]', '{"a":1', '', 'null'])('gives %j back as the buffer that it is', (text) => {
    const body = Buffer.from(text);
    expect(setPaths(body, [{ path: ['a'], json: '1' }])).toBe(body);
  });

  it('gives the same buffer back where no change can be made', () => {
    const body = Buffer.from('{"a":[1],"b":"x"}');
    const json = '1';
    expect(setPaths(body, [])).toBe(body);
    expect(
      setPaths(body, [
        { path: ['a', 'x'], json },
        { path: ['b', 'x', 'y'], json },
      ]),
    ).toBe(body);
  });

  it('sets the same value more than once, the last one last', () => {
    const edits = ['1', '{}', 'null'].map((json): PathEdit => ({ path: ['a'], json }));
    expect(setPaths(Buffer.from('{"a":0}'), edits).toString()).toBe('{"a":null}');
  });
});

describe('removeMembers', () => {
  const remove = (text: string, ...names: string[]): string => removeMembers(Buffer.from(text), names).toString();

  it.each([
    ['the first', '{ "a":1 , "b" : 2 }', ['a'], '{ "b" : 2 }'],
    ['one in the middle', '{"x":1, "a":[1,{"b":2}] ,\n "b":2}', ['a'], '{"x":1,\n "b":2}'],
    ['the last', '{"b":2, "a":1\n}', ['a'], '{"b":2}'],
    ['the only one', ' { "a":1 } ', ['a'], ' {} '],
    ['all of several names', '{"a":1,"b":2,"c":3}', ['c', 'a', 'b'], '{}'],
    ['each of the same name', '{"a":1,"b":2,"\\u0061":3,"a":4}', ['a'], '{"b":2}'],
    ['the outermost level only', '{"b":{"a":1},"a":2}', ['a'], '{"b":{"a":1}}'],
  ])('takes out %s', (_, text, names, expected) => {
    expect(remove(text, ...names)).toBe(expected);
  });

  it.each(['{"b":{"a":1},"c":"a"}', '{}', '[{"a":1}]', '{"a":1', ''])(
    'gives %j back as the buffer that it is',
    (text) => {
      const body = Buffer.from(text);
      expect(removeMembers(body, ['a'])).toBe(body);
    },
  );

  it('takes out of any object what it takes out of its value, and keeps the bytes of all others in their order', () => {
    fc.assert(
      fc.property(written, fc.infiniteStream(fc.boolean()), (body, coins) => {
        const before = parse(body);
        if (!isObject(before)) throw new Error('the writer of this spec made no object');
        const names = Object.keys(before).filter(() => coins.next().value === true);
        const after = removeMembers(body, names);
        const left = Object.entries(before).filter(([name]) => !names.includes(name));
        expect(parse(after)).toEqual(Object.fromEntries(left));
        for (const [name] of left) {
          const [was, is] = [findPath(body, [name]), findPath(after, [name])];
          if (was === null || is === null) throw new Error(`${name} is lost`);
          expect(after.subarray(is.start, is.end)).toEqual(body.subarray(was.start, was.end));
        }
      }),
    );
  });

  it('needs no memory by the member', () => {
    const body = Buffer.from(`{${'"a":0,"b":0,'.repeat(200_000)}"c":1}`);
    expect(removeMembers(body, ['a', 'b']).toString()).toBe('{"c":1}');
  });
});
