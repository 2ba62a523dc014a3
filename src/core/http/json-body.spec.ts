import { describe, expect, it } from '@jest/globals';
import { BadRequestException, UnsupportedMediaTypeException } from '@nestjs/common';
import fc from 'fast-check';
import { parseJsonBody } from './json-body.js';

const parse = (text: string, type?: string): unknown => parseJsonBody(type ?? 'application/json', Buffer.from(text));

describe('parseJsonBody', () => {
  it('gives back any object that is safe and not too deep', () => {
    const keys = fc.string().filter((key) => key !== '__proto__' && key !== 'constructor');
    const tree = fc.dictionary(keys, fc.jsonValue({ maxDepth: 4 }).filter(isFlat), { maxKeys: 6 });
    fc.assert(
      fc.property(tree, (value) => {
        const json = JSON.stringify(value);
        expect(JSON.stringify(parse(json))).toBe(json);
      }),
    );
  });

  it('never lets a body reach a prototype, however deep or escaped', () => {
    const path = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 });
    const evil = fc.constantFrom(
      '"__proto__":{"x":1}',
      '"\\u005f\\u005fproto__":1',
      '"constructor":{"prototype":{}}',
      '"constructor":"x"',
    );
    fc.assert(
      fc.property(path, evil, (names, member) => {
        const open = names.map((name) => `{"${name}":`).join('');
        expect(() => parse(`${open}{${member}}${'}'.repeat(names.length)}`)).toThrow(/forbidden property/);
      }),
    );
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it.each([
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/json;charset=utf-8',
    'application/merge-patch+json',
    ' application/json ',
  ])('takes %s', (type) => {
    expect(parse('{"a":1}', type)).toEqual({ a: 1 });
  });

  it.each(['text/json', 'application/jsonp', 'text/plain', '', 'application/x-www-form-urlencoded'])(
    'refuses %s',
    (type) => {
      expect(() => parse('{"a":1}', type)).toThrow(UnsupportedMediaTypeException);
    },
  );

  it('refuses a body of no type, but takes the absence of one', () => {
    expect(() => parseJsonBody(undefined, Buffer.from('{}'))).toThrow(UnsupportedMediaTypeException);
    expect(parseJsonBody(undefined, Buffer.alloc(0))).toEqual({});
  });

  it('says where the JSON breaks when the engine does, and never quotes the body', () => {
    expect(() => parse('{"password":"hunter2"\n,}')).toThrow(
      /^The body is not valid JSON at position 23 \(line 2 column 2\)\.$/,
    );
    expect(() => parse('{"password":hunter2}')).toThrow(/^The body is not valid JSON\.$/);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseJsonBody('application/json', Buffer.from([0x22, 0xff, 0x22]))).toThrow('not valid UTF-8');
  });

  it('refuses a body that is nested more than 32 levels', () => {
    const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    expect(parse(nested(33))).toBeDefined();
    expect(() => parse(nested(34))).toThrow(BadRequestException);
  });

  it.each<[string, (count: number) => unknown]>([
    ['properties', (count) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, 1]))],
    ['items of a list', (count) => ({ list: Array.from({ length: count - 1 }, () => 1) })],
    [
      'properties of many objects',
      (count) => ({ list: Array.from({ length: (count - 1) / 2 }, (_, index) => ({ [`p${index}`]: 1 })) }),
    ],
  ])('refuses more than 2000 %s', (_, make) => {
    expect(parse(JSON.stringify(make(1999)))).toBeDefined();
    expect(() => parse(JSON.stringify(make(2001)))).toThrow(
      new BadRequestException('The body has more than 2000 properties and items in all.'),
    );
  });

  it.each(['{"constructor":"x"}', '{"models":{"constructor":null}}'])(
    'refuses %s, which the validation would make something else of',
    (body) => {
      expect(() => parse(body)).toThrow(new BadRequestException('The body names the forbidden property constructor.'));
    },
  );
});

function isFlat(value: unknown): boolean {
  return !/"(?:__proto__|constructor)"/.test(JSON.stringify(value));
}
