import { describe, expect, it } from '@jest/globals';
import type { StoreClient } from '../store-client.js';

const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value';

export function describeStrings(store: () => StoreClient): void {
  describe('strings', () => {
    it.each([
      ['empty text', ''],
      ['text beyond ASCII', 'Grüße \u{1F680} \uFB01'],
      ['a NUL byte', 'a\0b'],
      ['line ends and quotes', 'a\r\n"b\'\\'],
      ['a megabyte', 'x'.repeat(1_048_576)],
    ])('keeps %s', async (_, text) => {
      expect(await store().set('k', text)).toBe('OK');
      expect((await store().get('k')) === text).toBe(true);
    });

    it('gives null for a key that is absent', async () => {
      expect(await store().get('absent')).toBeNull();
    });

    it('replaces a value of any type', async () => {
      await store().hset('k', { a: '1' });
      await store().set('k', 'text');
      expect(await store().get('k')).toBe('text');
      await store().del('k');
      expect(await store().hset('k', { b: '2' })).toBe(1);
      expect(await store().hgetall('k')).toEqual({ b: '2' });
    });

    it('sets only when absent, with NX', async () => {
      expect(await store().set('k', 'first', 'PX', 100_000, 'NX')).toBe('OK');
      expect(await store().set('k', 'second', 'PX', 100_000, 'NX')).toBeNull();
      expect(await store().get('k')).toBe('first');
    });

    it.each([
      [0, "ERR invalid expire time in 'set' command"],
      [-1, "ERR invalid expire time in 'set' command"],
      [1.5, 'ERR value is not an integer or out of range'],
      [Number.NaN, 'ERR value is not an integer or out of range'],
    ])('refuses to set with an end in %d ms, and sets nothing', async (ms, message) => {
      await expect(store().set('k', 'x', 'PX', ms)).rejects.toThrow(message);
      expect(await store().exists('k')).toBe(0);
    });

    it('reads many at once; what is no string reads as absent', async () => {
      await store().set('a', '1');
      await store().sadd('b', 'x');
      expect(await store().mget('a', 'b', 'absent', 'a')).toEqual(['1', null, null, '1']);
    });

    it('refuses a key of another type', async () => {
      await store().sadd('k', 'x');
      await expect(store().get('k')).rejects.toThrow(WRONG_TYPE);
      await expect(store().incrby('k', 1)).rejects.toThrow(WRONG_TYPE);
      await expect(store().incrbyfloat('k', 1)).rejects.toThrow(WRONG_TYPE);
      expect(await store().smembers('k')).toEqual(['x']);
    });
  });

  describe('whole numbers', () => {
    it('counts from nothing, up and down', async () => {
      expect(await store().incrby('k', 5)).toBe(5);
      expect(await store().incrby('k', -7)).toBe(-2);
      expect(await store().get('k')).toBe('-2');
    });

    it.each(['abc', '', '1.5', ' 1', '1 ', '+1', '01', '-0', '1e3', '9223372036854775808'])(
      'refuses to count on from "%s"',
      async (text) => {
        await store().set('k', text);
        await expect(store().incrby('k', 1)).rejects.toThrow('ERR value is not an integer or out of range');
        expect(await store().get('k')).toBe(text);
      },
    );

    it.each([1.5, Number.NaN, 1e21])('refuses to count by %d', async (by) => {
      await expect(store().incrby('k', by)).rejects.toThrow('ERR value is not an integer or out of range');
      expect(await store().exists('k')).toBe(0);
    });

    it('keeps what is beyond 2^53 exactly, and stops at 64 bits', async () => {
      await store().set('k', '9223372036854775800');
      await store().incrby('k', 7);
      expect(await store().get('k')).toBe('9223372036854775807');
      await expect(store().incrby('k', 1)).rejects.toThrow('ERR increment or decrement would overflow');
      await store().set('k', '-9223372036854775808');
      await expect(store().incrby('k', -1)).rejects.toThrow('ERR increment or decrement would overflow');
    });
  });

  describe('fractions', () => {
    it.each([
      ['0', 0.1, '0.1'],
      ['0.1', 0.2, '0.3'],
      ['0.020999999999999998', 0, '0.021'],
      ['10.50', 0.1, '10.6'],
      ['5.0e3', 200, '5200'],
      ['1', -1, '0'],
      ['-0.5', 0.25, '-0.25'],
      ['-0.00000000000000001', 0, '-0.00000000000000001'],
      ['0', 1e-7, '0.0000001'],
      ['.5', 1e-18, '0.5'],
      ['5.', 2, '7'],
      ['+3', 1, '4'],
      ['007', 1, '8'],
      ['1e2', 1, '101'],
      ['0', 1e20, '100000000000000000000'],
    ])('adds to %s: %d', async (stored, by, sum) => {
      await store().set('k', stored);
      expect(await store().incrbyfloat('k', by)).toBe(sum);
      expect(await store().get('k')).toBe(sum);
    });

    it('counts from nothing', async () => {
      expect(await store().incrbyfloat('k', 0.0125)).toBe('0.0125');
    });

    it.each(['abc', '', ' 1', '1 ', '1..2', '.', '1e', '--1', '1e99999', '1e-99999'])(
      'refuses to add to "%s"',
      async (text) => {
        await store().set('k', text);
        await expect(store().incrbyfloat('k', 1)).rejects.toThrow('ERR value is not a valid float');
        expect(await store().get('k')).toBe(text);
      },
    );

    it('refuses to add what is no number, or without end', async () => {
      await expect(store().incrbyfloat('k', Number.NaN)).rejects.toThrow('ERR value is not a valid float');
      await expect(store().incrbyfloat('k', Infinity)).rejects.toThrow('ERR increment would produce NaN or Infinity');
      await store().set('k', '-inf');
      await expect(store().incrbyfloat('k', 1)).rejects.toThrow('ERR increment would produce NaN or Infinity');
    });
  });
}
