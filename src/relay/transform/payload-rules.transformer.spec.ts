import type { PayloadRule, RelayRequest } from '@crs/extension-api';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { testPrincipal } from '../../../test/support/test-principal.ts';
import { testRelayRequest } from '../../../test/support/test-relay-request.ts';
import { PayloadRulesTransformer } from './payload-rules.transformer.js';

const sut = new PayloadRulesTransformer();

const requestOf = (text: string, change: Partial<RelayRequest> = {}): RelayRequest =>
  testRelayRequest({ endpoint: 'responses', askedEndpoint: 'responses', body: Buffer.from(text), ...change });

const rule = (path: string, valueType: PayloadRule['valueType'], value: unknown): PayloadRule => ({
  path,
  valueType,
  value,
});

/** Null: not changed at all. */
const changed = (text: string, ...rules: readonly PayloadRule[]): string | null =>
  sut.transform(requestOf(text), testPrincipal({ responsesRules: rules }))?.body?.toString() ?? null;

/** Deeper than a stack is. */
const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
};

const OWN = '{ "model" : "gpt-5", "input":[ {"role":"user"} ] }';

describe('PayloadRulesTransformer', () => {
  it('leaves a request of a key without rules alone', () => {
    expect(changed(OWN)).toBeNull();
  });

  it.each<[string, PayloadRule, string]>([
    ['a text', rule('tier', 'string', 'flex'), '"flex"'],
    ['a text that looks like JSON', rule('tier', 'string', '7'), '"7"'],
    ['an empty text', rule('tier', 'string', ''), '""'],
    ['a number', rule('tier', 'number', 0.5), '0.5'],
    ['a number that is stored as text', rule('tier', 'number', ' 0.50 '), '0.5'],
    ['a truth', rule('tier', 'boolean', false), 'false'],
    ['a truth that is stored as text', rule('tier', 'boolean', 'true'), 'true'],
    ['JSON', rule('tier', 'json', { a: [1, null] }), '{"a":[1,null]}'],
    ['null', rule('tier', 'json', null), 'null'],
    ['JSON that is stored as text', rule('tier', 'json', ' { "a" : [1] } '), '{"a":[1]}'],
    ['a text as JSON', rule('tier', 'json', '"x"'), '"x"'],
    ['blanks around a name', rule(' tier ', 'number', 1), '1'],
  ])('writes %s', (_, given, json) => {
    expect(changed('{"tier":{"x":1}, "b":1}', given)).toBe(`{"tier":${json}, "b":1}`);
    expect(changed('{"b":1 }', given)).toBe(`{"b":1,"tier":${json} }`);
  });

  it.each<[string, PayloadRule]>([
    ['a number that is none', rule('a', 'number', 'many')],
    ['an empty number', rule('a', 'number', ' ')],
    ['a number beyond all', rule('a', 'number', '1e999')],
    ['a truth as a number', rule('a', 'number', true)],
    ['a truth that is none', rule('a', 'boolean', 1)],
    ['a text that is none', rule('a', 'string', 1)],
    ['JSON that is none', rule('a', 'json', '{a}')],
    ['no path', rule('', 'string', 'x')],
    ['a path with a gap', rule('a..b', 'string', 'x')],
    ['a path with a blank name', rule('a. ', 'string', 'x')],
    ['an unsafe path', rule('__proto__.polluted', 'string', 'x')],
    ['an unsafe end', rule('a.constructor', 'string', 'x')],
    ['an unsafe name in the middle', rule('a.prototype.b', 'string', 'x')],
    ['an unsafe name with blanks', rule('a. __proto__ ', 'string', 'x')],
    ['a path without end', rule('a.'.repeat(100_000) + 'a', 'string', 'x')],
    ['a list in the way', rule('input.0.role', 'string', 'x')],
    ['a text in the way', rule('model.name', 'string', 'x')],
    ['no model', rule('model', 'string', '')],
    ['a model that is no text', rule('model', 'json', { name: 'x' })],
    ['null for a model', rule('model', 'json', 'null')],
    ['a stream that is neither true nor false', rule('stream', 'string', 'true')],
    ['an object for a stream', rule('stream.x', 'number', 1)],
    ['a value that is nested beyond all', rule('a', 'json', nested(20_000))],
    ['such a value that is stored as text', rule('a', 'json', '['.repeat(20_000) + ']'.repeat(20_000))],
  ])('skips %s, and goes on with the next rule', (_, given) => {
    expect(changed(OWN, given)).toBeNull();
    expect(changed(OWN, given, rule('b', 'number', 1))).toBe(
      '{ "model" : "gpt-5", "input":[ {"role":"user"} ],"b":1 }',
    );
    expect(Object.prototype).not.toHaveProperty('polluted');
  });

  it.each([
    ['makes the objects on the way', '{"model":"m"}', '{"model":"m","reasoning":{"effort":"high"}}'],
    ['takes null for missing', '{"reasoning": null }', '{"reasoning": {"effort":"high"} }'],
    [
      'keeps the other members of the object',
      '{"reasoning":{"summary":"auto" }}',
      '{"reasoning":{"summary":"auto","effort":"high" }}',
    ],
    [
      'writes the last of two',
      '{"reasoning":{},"reasoning":{"effort":1}}',
      '{"reasoning":{},"reasoning":{"effort":"high"}}',
    ],
  ])('%s', (_, text, expected) => {
    expect(changed(text, rule('reasoning.effort', 'string', 'high'))).toBe(expected);
  });

  it('applies rules in their order, each on what the one before has left', () => {
    const rules = [rule('a', 'json', {}), rule('a.b', 'number', 1), rule('a.b', 'number', 2), rule('a.c', 'json', [])];
    expect(changed('{}', ...rules)).toBe('{"a":{"b":2,"c":[]}}');
  });

  it('changes the model', () => {
    expect(changed(OWN, rule('model', 'string', 'gpt-5.1'))).toContain('{ "model" : "gpt-5.1", "input"');
  });

  it('changes neither model nor stream of what was translated, for both were decided before', () => {
    const rules = [
      rule('model', 'string', 'x'),
      rule('stream', 'boolean', false),
      rule('.', 'number', 1),
      rule('top_p', 'number', 1),
    ];
    const request = requestOf('{"model":"m"}', { askedEndpoint: 'chat_completions' });
    const change = sut.transform(request, testPrincipal({ responsesRules: rules }));
    expect(change?.body?.toString()).toBe('{"model":"m","top_p":1}');
  });

  it('makes of any body what the same change makes of its value, and keeps the bytes of all other members', () => {
    const names = fc.constantFrom('a', 'b', 'é', '世界', '\u{1f600}', 'toString', 'a b');
    const inner = fc.dictionary(names, fc.jsonValue({ stringUnit: 'binary' }), { maxKeys: 4, noNullPrototype: true });
    const anyRule = fc.record({
      names: fc.array(names, { minLength: 1, maxLength: 4 }),
      value: fc.jsonValue({ stringUnit: 'binary' }),
      isText: fc.boolean(),
    });
    const bodies = fc.dictionary(names, fc.oneof(inner, fc.jsonValue()), { noNullPrototype: true });
    fc.assert(
      fc.property(bodies, fc.array(anyRule, { maxLength: 5 }), fc.nat(2), (before, drafts, indent) => {
        const rules = drafts.map(({ names: path, value, isText }) =>
          rule(path.join('.'), 'json', isText || typeof value === 'string' ? JSON.stringify(value) : value),
        );
        const text = JSON.stringify(before, null, indent);
        const expected = drafts.reduce((object, draft) => withValue(object, draft.names, draft.value), copyOf(before));
        expect(JSON.parse(changed(text, ...rules) ?? text)).toEqual(copyOf(expected));
        for (const [name, value] of Object.entries(before)) {
          if (drafts.some((draft) => draft.names[0] === name)) continue;
          const own = JSON.stringify({ [name]: value }, null, indent)
            .slice(1, -1)
            .trim();
          expect(changed(text, ...rules) ?? text).toContain(own);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('writes a stream that is true or false', () => {
    expect(changed('{"model":"m"}', rule('stream', 'boolean', 'true'))).toBe('{"model":"m","stream":true}');
    expect(changed('{"model":"m"}', rule('stream', 'json', null))).toBe('{"model":"m","stream":null}');
  });

  it('reads a body once, however many rules there are', () => {
    const text = `{"model":"m","input":"${'x'.repeat(100_000)}","metadata":{}}`;
    const rules = Array.from({ length: 50 }, (_, at) => rule(`metadata.a${String(at)}`, 'number', at));
    const concat = jest.spyOn(Buffer, 'concat');
    try {
      const members = Object.fromEntries(rules.map((_, at) => [`a${String(at)}`, at]));
      expect(changed(text, ...rules)).toBe(text.replace('{}', JSON.stringify(members)));
      const copied = concat.mock.calls.flatMap(([pieces]) => pieces).reduce((sum, piece) => sum + piece.length, 0);
      expect(copied).toBeLessThan(2 * text.length);
    } finally {
      concat.mockRestore();
    }
  });

  it('changes a large body in about the time that copying it takes', () => {
    const text = JSON.stringify({
      model: 'm',
      input: Array.from({ length: 50_000 }, () => ({ text: 'x'.repeat(400) })),
    });
    expect(changed(text, rule('reasoning.effort', 'string', 'low'))).toBe(
      `${text.slice(0, -1)},"reasoning":{"effort":"low"}}`,
    );
  });
});

const copyOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** What a rule is to do, said about values. */
function withValue(value: unknown, [name, ...others]: readonly string[], set: unknown): unknown {
  if (name === undefined) return set;
  const object = value ?? {};
  if (typeof object !== 'object' || Array.isArray(object)) return value;
  const own = Object.entries(object);
  const inner: unknown = Object.fromEntries(own)[name];
  const isOwn = Object.hasOwn(object, name);
  return Object.fromEntries([...own, [name, withValue(isOwn ? inner : undefined, others, set)]]);
}
