import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findPath } from './find-path.js';
import { replaceSpan } from './replace-span.js';
import type { ByteSpan } from './byte-span.js';
import { scanObject } from './scan-object.js';
import { isObject, parse, written } from './testing/any-json.js';

function textsOf(body: Buffer, names: readonly string[]): Record<string, string> | string {
  const scan = scanObject(body, names);
  if (scan.kind === 'invalid') return `${scan.reason} (${scan.at})`;
  return Object.fromEntries([...scan.spans].map(([name, { start, end }]) => [name, body.toString('utf8', start, end)]));
}

const textAt = (body: Buffer, span: ByteSpan | null): string | null =>
  span === null ? null : body.toString('utf8', span.start, span.end);

const bytesOfJson = fc
  .array(fc.constantFrom(...Buffer.from('{}[]":,\\ \n1t'), 0x00, 0xff), { maxLength: 40 })
  .map((bytes) => Buffer.from(bytes));

describe('scanObject', () => {
  it.each<[string, string, Record<string, string>]>([
    [
      'values of every kind',
      '{"a":"x","b":-1.5e3,"c":[1,{"a":2}],"d":{"a":[]},"e":null,"f":true}',
      {
        a: '"x"',
        b: '-1.5e3',
        c: '[1,{"a":2}]',
        d: '{"a":[]}',
        e: 'null',
        f: 'true',
      },
    ],
    ['values between white space', ' {\n"a" :\t1 ,"b":\r\n"x" } ', { a: '1', b: '"x"' }],
    ['no member that was not asked for', '{"model":"m","z":1}', {}],
    ['the last value of a name that stands there twice', '{"a":1,"a":{"a":2},"b":3}', { a: '{"a":2}', b: '3' }],
    ['names with escapes', '{"\\u0061":1,"\\u00e9":2}', { a: '1', é: '2' }],
    ['names that are no ASCII', '{"é":1}', { é: '1' }],
    [
      'brackets and quotes inside strings',
      '{"a":["}","\\"]","\\\\"],"b":"{\\""}',
      { a: '["}","\\"]","\\\\"]', b: '"{\\""' },
    ],
    ['an empty object', '{ }', {}],
    [
      'what no reader of JSON would take, below the outermost level',
      '{"a":[1 2,,],"b":{x},"c":nope}',
      {
        a: '[1 2,,]',
        b: '{x}',
        c: 'nope',
      },
    ],
  ])('finds %s', (_, text, expected) => {
    expect(textsOf(Buffer.from(text), ['a', 'b', 'c', 'd', 'e', 'f', 'é'])).toEqual(expected);
  });

  it.each([
    ['', 'it is not a JSON object (0)'],
    [' [1]', 'it is not a JSON object (1)'],
    ['"{}"', 'it is not a JSON object (0)'],
    ['\uFEFF{}', 'it is not a JSON object (0)'],
    ['{', 'the JSON object does not close (1)'],
    ['{"a":1', 'the JSON object does not close (6)'],
    ['{"a":1,', 'the JSON object does not close (7)'],
    ['{"a"', 'the JSON object does not close (4)'],
    ['{"a":', 'the JSON object does not close (5)'],
    ['{"a":"x', 'the JSON object does not close (7)'],
    ['{"a":"x\\', 'the JSON object does not close (8)'],
    ['{"a":"x\\"}', 'the JSON object does not close (10)'],
    ['{"a":[1', 'the JSON object does not close (7)'],
    ['{"a":["x', 'the JSON object does not close (8)'],
    ['{"a":{"b":1}', 'the JSON object does not close (12)'],
    ['{"a', 'the JSON object does not close (3)'],
    ['{"a":[1}}', 'the brackets of the JSON do not match (7)'],
    ['{"a":{"b":1]}', 'the brackets of the JSON do not match (11)'],
    ['{"a":1]', 'something is missing or misplaced in the JSON object (6)'],
    ['{"a":}', 'something is missing or misplaced in the JSON object (5)'],
    ['{"a" 1}', 'something is missing or misplaced in the JSON object (5)'],
    ['{"a":1 2}', 'something is missing or misplaced in the JSON object (7)'],
    ['{"a":1,}', 'something is missing or misplaced in the JSON object (7)'],
    ['{,}', 'something is missing or misplaced in the JSON object (1)'],
    ['{a:1}', 'something is missing or misplaced in the JSON object (1)'],
    ['{"a":1} {', 'something follows the JSON object (8)'],
    ['{}}', 'something follows the JSON object (2)'],
  ])('refuses %j: %s', (text, expected) => {
    expect(textsOf(Buffer.from(text), ['a'])).toBe(expected);
  });

  it('ends a long string where it ends, whatever is escaped in it', () => {
    const long = 'x'.repeat(100);
    for (const value of [`${long}"${long}`, `${long}\\`, `${long}\\\\"${long}\\"`, `${'\\"'.repeat(200)}${long}`]) {
      const body = Buffer.from(JSON.stringify({ a: value, b: [value, 1], c: 2 }));
      expect(textsOf(body, ['a', 'c'])).toEqual({ a: JSON.stringify(value), c: '2' });
    }
  });

  it('takes nesting that recursion could not, up to a bound', () => {
    const nested = (depth: number): Buffer => Buffer.from(`{"a":${'['.repeat(depth)}${']'.repeat(depth)},"b":1}`);
    expect(textsOf(nested(10_000), ['b'])).toEqual({ b: '1' });
    expect(textsOf(nested(10_001), ['b'])).toBe('the JSON is nested too deeply (10005)');
    expect(textsOf(nested(5_000_000), ['b'])).toBe('the JSON is nested too deeply (10005)');
  });

  it('does not decode a name that is far too long to be one of those asked for', () => {
    expect(textsOf(Buffer.from(`{"${'a'.repeat(1000)}":1,"${'\\u0061'.repeat(2)}":2}`), ['aa'])).toEqual({ aa: '2' });
  });

  it('takes a name with a broken escape for one that nobody asked for', () => {
    expect(textsOf(Buffer.from('{"\\x61":1,"b":2}'), ['a', '\\x61', 'b'])).toEqual({ b: '2' });
  });

  it('finds in any JSON object what JSON.parse finds', () => {
    fc.assert(
      fc.property(written, (body) => {
        const expected = parse(body);
        if (!isObject(expected)) throw new Error('the writer of this spec made no object');
        const scan = scanObject(body, [...Object.keys(expected), 'no such name']);
        if (scan.kind === 'invalid') throw new Error(`${scan.reason} at ${scan.at}`);
        expect([...scan.spans.keys()].sort()).toEqual(Object.keys(expected).sort());
        for (const [name, span] of scan.spans)
          expect(parse(body.subarray(span.start, span.end))).toEqual(expected[name]);
      }),
    );
  });

  it('refuses a body that lacks its end', () => {
    fc.assert(
      fc.property(written, fc.nat(), (body, cut) => {
        const whole = body.toString().trimEnd();
        const part = Buffer.from(whole).subarray(0, cut % Buffer.byteLength(whole));
        expect(scanObject(part, []).kind).toBe('invalid');
      }),
    );
  });

  it('throws on nothing and takes every object that JSON.parse takes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          bytesOfJson,
          bytesOfJson.map((bytes) => Buffer.concat([Buffer.from('{"a":'), bytes, Buffer.from('}')])),
        ),
        (body) => {
          const scan = scanObject(body, ['a']);
          if (isObject(parse(body))) expect(scan.kind).toBe('object');
          if (scan.kind === 'invalid') expect(scan.at).toBeLessThanOrEqual(body.length);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('findPath', () => {
  const body = Buffer.from('{"type":"message_start","message" : {"id":"x","model" : "claude","model":"é"},"model":1}');

  it.each<[readonly [string, ...string[]], string | null]>([
    [['model'], '1'],
    [['message', 'model'], '"é"'],
    [['message', 'nothing'], null],
    [['nothing', 'model'], null],
    [['type', 'model'], null],
  ])('finds %j', (path, expected) => {
    expect(textAt(body, findPath(body, path))).toBe(expected);
  });

  it('finds nothing in what is no JSON object', () => {
    expect(findPath(Buffer.from('{"a":1'), ['a'])).toBeNull();
  });
});

describe('replaceSpan', () => {
  it('changes the bytes of the span only', () => {
    const body = Buffer.from(' {"é": 1,\n"model" :"a" , "x":[ ]}');
    const span = findPath(body, ['model']) ?? { start: 0, end: 0 };
    expect(replaceSpan(body, span, 'a "quoted" name, 世界').toString()).toBe(
      ' {"é": 1,\n"model" :"a \\"quoted\\" name, 世界" , "x":[ ]}',
    );
  });

  it('puts any text in, and the body stays the JSON that it was', () => {
    fc.assert(
      fc.property(written, fc.string({ unit: 'binary' }), (body, text) => {
        const before = parse(body);
        const [name] = isObject(before) ? Object.keys(before) : [];
        const span = name === undefined ? null : findPath(body, [name]);
        fc.pre(span !== null && name !== undefined && isObject(before));
        const after = parse(replaceSpan(body, span, text));
        expect(after).toEqual(Object.fromEntries([...Object.entries(before), [name, text]]));
      }),
    );
  });
});
