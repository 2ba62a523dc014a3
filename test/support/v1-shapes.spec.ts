import { describe, expect, it } from '@jest/globals';
import type { DumpedKey } from './store-dump.ts';
import { readGolden, type StoredKey } from './v1-golden.ts';
import { changedKeys, faultsBetween } from './v1-shapes.ts';

type Dump = Record<string, DumpedKey>;

const dumped = ({ type, ttlMs, value }: StoredKey): DumpedKey => ({
  type,
  ttlSeconds: ttlMs < 0 ? null : Math.ceil(ttlMs / 1000),
  value,
});
const GOLDEN: Dump = Object.fromEntries(readGolden('1.1.314').map((stored) => [stored.key, dumped(stored)]));
const keyLike = (pattern: RegExp): string => Object.keys(GOLDEN).find((key) => pattern.test(key)) ?? 'none';

const API_KEY = keyLike(/^apikey:[0-9a-f-]{36}$/);
const RECORDS = keyLike(/^usage:records:/);
const MODEL_DAY = keyLike(/^usage:[0-9a-f-]{36}:model:daily:/);
const TOTAL = keyLike(/^usage:[0-9a-f-]{36}$/);
const COST = keyLike(/^usage:cost:daily:/);
const HASH = 'a'.repeat(64);
const ID = '0b8bbdc5-6a11-4d6b-9a3e-52d5bd09b6f4';

const goldenOf = (key: string): DumpedKey => GOLDEN[key] ?? { type: 'none', ttlSeconds: null, value: null };
const fieldsOf = (key: string): Record<string, string> => GOLDEN[key]?.value as Record<string, string>;
const withFields = (key: string, change: Record<string, string>): Dump => ({
  [key]: { ...goldenOf(key), value: { ...fieldsOf(key), ...change } },
});
const withValue = (key: string, value: unknown): Dump => ({ [key]: { ...goldenOf(key), value } });
const without = (key: string, field: string): Dump =>
  withValue(key, Object.fromEntries(Object.entries(fieldsOf(key)).filter(([name]) => name !== field)));
const record = (change: object): string =>
  JSON.stringify({ ...(JSON.parse((GOLDEN[RECORDS]?.value as string[])[0] ?? '') as object), ...change });

describe('what v1 would read as its own', () => {
  it('is all that it wrote', () => {
    expect(faultsBetween({}, GOLDEN)).toEqual([]);
  });

  it('is a key of v2 whatever it is, and a change of times that only ran down', () => {
    const older = Object.fromEntries(
      Object.entries(GOLDEN).map(([key, value]) => [
        key,
        { ...value, ttlSeconds: value.ttlSeconds === null ? null : value.ttlSeconds - 9 },
      ]),
    );
    expect(faultsBetween(GOLDEN, { ...older, 'v2:any': { type: 'hash', ttlSeconds: 3, value: { a: 'b' } } })).toEqual(
      [],
    );
    expect(changedKeys(GOLDEN, older)).toEqual([]);
  });

  it.each<[string, Dump, RegExp]>([
    [
      'a key of an unknown name',
      { 'usage:new': { type: 'string', ttlSeconds: null, value: '1' } },
      /knows no key like/,
    ],
    ['another type', { [COST]: { type: 'hash', ttlSeconds: null, value: { a: '1' } } }, /is a hash, in v1 a string/],
    ['an unknown field', withFields(API_KEY, { maxTokens: '1' }), /has maxTokens \(integer\)/],
    ['a field that is gone', without(API_KEY, 'name'), /lacks name/],
    ['1 for true', withFields(API_KEY, { isActive: '1' }), /isActive as integer, in v1 flag/],
    [
      'an instant without milliseconds',
      withFields(API_KEY, { createdAt: '2026-11-23T04:22:30Z' }),
      /createdAt as text/,
    ],
    ['milliseconds for an instant', withFields(API_KEY, { lastUsedAt: '1795406700344' }), /lastUsedAt as integer/],
    ['null as a text', withFields(API_KEY, { expiresAt: 'null' }), /expiresAt as text/],
    ['a text for an array', withFields(API_KEY, { permissions: 'claude' }), /permissions as text/],
    ['numbers in an array of texts', withFields(API_KEY, { tags: '[1]' }), /tags\[\] as number/],
    ['a number with an exponent', withValue(COST, '1e-7'), /a value as text/],
    ['a counter that is no integer', withFields(TOTAL, { totalRequests: '1.5' }), /totalRequests as decimal/],
    ['a counter that v1 does not keep', withFields(MODEL_DAY, { uncosted: '1' }), /has uncosted/],
    ['a record with a text for a number', withValue(RECORDS, [record({ cost: '1' })]), /\[\]\.cost as decimal|cost as/],
    ['a record without its time', withValue(RECORDS, [record({ timestamp: undefined })]), /lacks \[\]\.timestamp/],
    [
      'a secret that is not sealed',
      withFields(keyLike(/^claude_console_account:[0-9a-f]{8}-/), { apiKey: 'sk-1' }),
      /apiKey as text/,
    ],
    ['an id that is none', withValue('apikey:idx:all', ['x']), /\[\] as text, in v1 id/],
    ['a score that is none', withValue('apikey:idx:createdAt', [[ID, Number.NaN]]), /score as text/],
    ['a name in an index without its id', withValue('apikey:idx:name', [['name', 0]]), /\[\] as text/],
    ['a lookup by something else', withFields('apikey:hash_map', { secret: ID }), /has secret \(id\)/],
    ['a lookup of something else', withFields('apikey:hash_map', { [HASH]: 'name' }), /as text, in v1 id/],
    ['a life that never ends', { [COST]: { ...goldenOf(COST), ttlSeconds: null } }, /lives for ever/],
    ['a longer life', { [COST]: { ...goldenOf(COST), ttlSeconds: 32 * 86_400 } }, /lives 2764800, in v1/],
    ['an end of what stays', { [TOTAL]: { ...goldenOf(TOTAL), ttlSeconds: 60 } }, /lives 60, in v1 for ever/],
  ])('is not %s', (_, change, fault) => {
    expect(faultsBetween(GOLDEN, { ...GOLDEN, ...change })).toContainEqual(expect.stringMatching(fault));
  });

  it('is not a new key that lacks what every one has', () => {
    const { name, ...rest } = fieldsOf(API_KEY);
    const key = `apikey:${ID}`;
    const faults = faultsBetween({}, { [key]: { ...goldenOf(API_KEY), value: rest } });
    expect([name, ...faults]).toEqual([expect.any(String), `${key}: lacks name`]);
  });

  it('is not what v1 would have kept', () => {
    expect(faultsBetween(GOLDEN, Object.fromEntries(Object.entries(GOLDEN).filter(([key]) => key !== TOTAL)))).toEqual([
      `${TOTAL}: is gone`,
    ]);
  });
});
