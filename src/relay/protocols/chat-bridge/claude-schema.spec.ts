import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toClaudeSchema } from './claude-schema.js';

type Json = Readonly<Record<string, unknown>>;

const closed = { additionalProperties: false };

describe('toClaudeSchema', () => {
  it.each<[string, Json, Json]>([
    ['closes objects', { type: 'object' }, { type: 'object', properties: {}, ...closed }],
    [
      'closes objects that are open, or may be null',
      { type: ['object', 'null'], additionalProperties: { type: 'string' }, required: [] },
      { type: ['object', 'null'], properties: {}, required: [], ...closed },
    ],
    [
      'closes objects at every depth',
      {
        properties: { a: { type: 'array', items: { type: 'object', properties: { b: true } } } },
        $defs: { c: { type: 'object' } },
        definitions: { d: { anyOf: [{ type: 'object' }, { type: 'null' }] } },
      },
      {
        properties: { a: { type: 'array', items: { type: 'object', properties: { b: true }, ...closed } } },
        $defs: { c: { type: 'object', properties: {}, ...closed } },
        definitions: { d: { anyOf: [{ type: 'object', properties: {}, ...closed }, { type: 'null' }] } },
        ...closed,
      },
    ],
    [
      'tells in the description what it cannot demand',
      { type: 'integer', minimum: 1, maximum: 5, description: 'How many.' },
      { type: 'integer', description: 'How many.\n\n{minimum: 1, maximum: 5}' },
    ],
    [
      'describes what has no description',
      { type: 'string', minLength: 1, pattern: '^a"', format: 'iban' },
      { type: 'string', description: '{minLength: 1, pattern: "^a\\"", format: "iban"}' },
    ],
    ['keeps the formats that there are', { type: 'string', format: 'date' }, { type: 'string', format: 'date' }],
    ['keeps the least lengths of 0 and 1', { type: 'array', minItems: 1 }, { type: 'array', minItems: 1 }],
    [
      'describes longer lists',
      { type: 'array', minItems: 2, maxItems: 3, items: false },
      { type: 'array', description: '{minItems: 2, maxItems: 3, items: false}' },
    ],
    [
      'says anyOf for oneOf',
      { oneOf: [{ const: 1 }, { type: 'number', multipleOf: 2 }] },
      { anyOf: [{ const: 1 }, { type: 'number', description: '{multipleOf: 2}' }] },
    ],
    [
      'describes a oneOf beside an anyOf',
      { anyOf: [{ type: 'string' }], oneOf: [{ const: 1 }] },
      { anyOf: [{ type: 'string' }], description: '{oneOf: [{"const":1}]}' },
    ],
    [
      'describes items that are told one by one',
      { type: 'array', items: [{ type: 'string' }] },
      { type: 'array', description: '{items: [{"type":"string"}]}' },
    ],
    [
      'leaves out properties that are none',
      { type: 'object', properties: [] },
      { type: 'object', properties: {}, ...closed },
    ],
    ['keeps allOf', { allOf: [{ type: 'object' }] }, { allOf: [{ type: 'object', properties: {}, ...closed }] }],
    [
      'describes combinations that are none',
      { anyOf: 1, allOf: 2, oneOf: 3 },
      { description: '{anyOf: 1, allOf: 2, oneOf: 3}' },
    ],
    [
      'leaves a reference alone, and keeps what it refers to',
      { $ref: '#/$defs/a', description: 'x', $defs: { a: { type: 'array', items: { $ref: '#/$defs/a' } } } },
      { $ref: '#/$defs/a', $defs: { a: { type: 'array', items: { $ref: '#/$defs/a' } } } },
    ],
    ['leaves out what says nothing', { $schema: 'x', $id: 'y', type: 'string' }, { type: 'string' }],
    [
      'takes a property for one, whatever its name',
      { type: 'object', properties: { minimum: { type: 'number' }, $ref: { type: 'string' } } },
      { type: 'object', properties: { minimum: { type: 'number' }, $ref: { type: 'string' } }, ...closed },
    ],
  ])('%s', (_, schema, expected) => {
    expect(toClaudeSchema(schema)).toEqual(expected);
  });

  it('changes nothing that it has made, and nothing that it was given', () => {
    const leaf = fc.record({ type: fc.constantFrom('string', 'number'), minLength: fc.nat() }, { requiredKeys: [] });
    const { node } = fc.letrec<{ node: Json }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.record({ type: fc.constant('object'), properties: fc.dictionary(fc.string(), tie('node')) }),
        fc.record({ type: fc.constant('array'), items: tie('node'), minItems: fc.nat(3) }),
        fc.record({ oneOf: fc.array(tie('node'), { minLength: 1 }), description: fc.string() }),
      ),
    }));
    fc.assert(
      fc.property(node, (schema) => {
        const given = structuredClone(schema);
        const told = toClaudeSchema(schema);
        expect(schema).toEqual(given);
        expect(toClaudeSchema(told)).toEqual(told);
      }),
    );
  });
});
