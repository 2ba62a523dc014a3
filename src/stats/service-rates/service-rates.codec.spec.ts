import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeServiceRates,
  encodeServiceRates,
  findStoredRates,
  type RatedService,
  type ServiceRateSettings,
} from './service-rates.codec.js';

const ALL_1: ServiceRateSettings['rates'] = { claude: 1, codex: 1, gemini: 1, droid: 1, bedrock: 1, azure: 1, ccr: 1 };
const DEFAULTS: ServiceRateSettings = { rates: ALL_1, baseService: 'claude', updatedAt: null, updatedBy: null };
const EVENT = { at: new Date('2026-11-23T04:05:00Z'), by: 'ada' };

describe('decodeServiceRates', () => {
  it("reads v1's form", () => {
    const text =
      '{"rates":{"claude":1.5,"codex":0,"other":3},"baseService":"codex","updatedAt":"2026-01-02T03:04:05.678Z","updatedBy":"admin"}';
    expect(decodeServiceRates(text)).toEqual({
      rates: { ...ALL_1, claude: 1.5, codex: 0 },
      baseService: 'codex',
      updatedAt: '2026-01-02T03:04:05.678Z',
      updatedBy: 'admin',
    });
  });

  it.each([
    null,
    '',
    'no json',
    'null',
    '5',
    '"text"',
    '[]',
    '{}',
    '{"rates":null}',
    '{"rates":[2]}',
    '{"baseService":""}',
  ])('answers the defaults for %s', (text) => {
    expect(decodeServiceRates(text)).toEqual(DEFAULTS);
  });

  it.each([
    ['"2"', 2],
    ['-1', 1],
    ['null', 1],
    ['"much"', 1],
  ])('takes a stored rate of %s for %d, as the booking does', (stored, rate) => {
    expect(decodeServiceRates(`{"rates":{"claude":${stored}}}`).rates.claude).toBe(rate);
  });
});

describe('encodeServiceRates', () => {
  it("writes all of v1's members where nothing was stored", () => {
    expect(JSON.parse(encodeServiceRates(null, { claude: 1.5 }, EVENT))).toEqual({
      rates: { ...ALL_1, claude: 1.5 },
      baseService: 'claude',
      updatedAt: '2026-11-23T04:05:00.000Z',
      updatedBy: 'ada',
    });
  });

  it('keeps the rates that are not given, and everything that it does not know', () => {
    const text = '{"rates":{"claude":"2","codex":3,"other":4},"baseService":"ccr","note":{"a":1},"updatedBy":"admin"}';
    expect(JSON.parse(encodeServiceRates(text, { codex: null, azure: undefined }, EVENT))).toEqual({
      rates: { ...ALL_1, claude: 2, codex: 1, other: 4 },
      baseService: 'ccr',
      note: { a: 1 },
      updatedAt: '2026-11-23T04:05:00.000Z',
      updatedBy: 'ada',
    });
  });

  it('puts every rate of a service back with null', () => {
    const text = '{"rates":{"claude":2,"codex":3,"other":4}}';
    expect(JSON.parse(encodeServiceRates(text, null, EVENT))).toMatchObject({ rates: { ...ALL_1, other: 4 } });
  });

  it.each(['no json', '[1]', '{"rates":"none"}'])('replaces what nobody can read: %s', (text) => {
    expect(decodeServiceRates(encodeServiceRates(text, { ccr: 2 }, EVENT)).rates).toEqual({ ...ALL_1, ccr: 2 });
  });

  it('changes what is given and nothing else, whatever is stored', () => {
    const service = fc.constantFrom<RatedService>('claude', 'codex', 'gemini', 'droid', 'bedrock', 'azure', 'ccr');
    const change = fc.dictionary(service, fc.option(fc.double({ min: 0, max: 1000, noNaN: true })), { maxKeys: 7 });
    const stored = fc.oneof(
      fc.json(),
      fc.record({ rates: fc.dictionary(service, fc.jsonValue()) }).map((o) => JSON.stringify(o)),
    );
    fc.assert(
      fc.property(stored, change, (text, given) => {
        const { rates: before, baseService } = decodeServiceRates(text);
        const after = decodeServiceRates(encodeServiceRates(text, given, EVENT));
        const expected = Object.entries(before).map(([name, rate]) => [
          name,
          Object.hasOwn(given, name) ? (given[name] ?? 1) : rate,
        ]);
        // -0 comes back from JSON as 0.
        expect(after.rates).toEqual(JSON.parse(JSON.stringify(Object.fromEntries(expected))));
        expect(after).toMatchObject({ baseService, updatedBy: 'ada' });
      }),
    );
  });
});

describe('findStoredRates', () => {
  it.each([
    [null, {}],
    ['{"rates":{"claude":"2","other":3}}', { claude: '2', other: 3 }],
    ['no json', null],
    ['null', null],
    ['{}', null],
  ])('finds in %s: %j', (text, expected) => {
    expect(findStoredRates(text)).toEqual(expected);
  });
});
