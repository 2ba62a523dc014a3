import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readPresentedKey } from './presented-key.js';

const [first, second, third, fourth] = ['a', 'b', 'c', 'd'].map((digit) => `cr_${digit.repeat(64)}`) as [
  string,
  string,
  string,
  string,
];

const read = (headers: Record<string, string | string[]>) => readPresentedKey(headers, 'cr_');

describe('readPresentedKey', () => {
  it('takes x-api-key, x-goog-api-key, authorization, api-key in this order', () => {
    const headers = {
      'api-key': fourth,
      authorization: `Bearer ${third}`,
      'x-goog-api-key': second,
      'x-api-key': first,
    };
    expect(read(headers)).toEqual({ kind: 'key', secret: first });
    expect(read({ ...headers, 'x-api-key': '' })).toEqual({ kind: 'key', secret: second });
    expect(read({ authorization: `Bearer ${third}`, 'api-key': fourth })).toEqual({ kind: 'key', secret: third });
    expect(read({ 'api-key': fourth })).toEqual({ kind: 'key', secret: fourth });
  });

  it.each([
    ['another prefix', 'sk-ant-0123456789'],
    ['too short', 'cr_123456'],
    ['too long', `cr_${'a'.repeat(510)}`],
    ['another scheme', `Basic ${second}`],
    ['only a scheme', 'Bearer '],
  ])('is not shadowed by an earlier header that cannot be a key of ours: %s', (_, text) => {
    expect(read({ 'x-api-key': text, authorization: `Bearer ${second}` })).toEqual({ kind: 'key', secret: second });
    expect(read({ 'x-api-key': text }).kind).toBe('unusable');
  });

  it.each([[`Bearer ${first}`], [`bearer ${first}`], [`BEARER   ${first} `], [first]])(
    'strips the scheme of %j, from whichever header',
    (text) => {
      expect(read({ authorization: text })).toEqual({ kind: 'key', secret: first });
      expect(read({ 'x-api-key': text })).toEqual({ kind: 'key', secret: first });
    },
  );

  it('accepts 10 to 512 characters', () => {
    expect(read({ 'x-api-key': 'cr_1234567' }).kind).toBe('key');
    expect(read({ 'x-api-key': `cr_${'a'.repeat(509)}` }).kind).toBe('key');
  });

  it('tells no key at all from texts that are none of ours', () => {
    expect(read({}).kind).toBe('none');
    expect(read({ 'x-api-key': '  ', host: first }).kind).toBe('none');
    expect(read({ authorization: 'Bearer eyJhbGciOi' }).kind).toBe('unusable');
  });

  it('looks at every value of a repeated header', () => {
    expect(read({ 'x-goog-api-key': ['other', second] })).toEqual({ kind: 'key', secret: second });
  });

  it('gives only texts that can be a key, whatever the headers are', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string().map((rest) => `Bearer cr_${rest}`),
      fc.constant(first),
    );
    const names = ['x-api-key', 'x-goog-api-key', 'authorization', 'api-key'];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), text), (headers) => {
        const presented = read(headers);
        const wellFormed = presented.kind !== 'key' || /^cr_[^]{7,509}$/.test(presented.secret);
        expect(wellFormed).toBe(true);
        if (Object.values(headers).includes(first)) expect(presented.kind).toBe('key');
      }),
    );
  });
});
