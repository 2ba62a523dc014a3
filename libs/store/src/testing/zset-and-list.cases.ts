import { describe, expect, it } from '@jest/globals';
import type { StoreClient } from '../store-client.js';

const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value';

const RANGES: [start: number, stop: number, expected: string[]][] = [
  [0, -1, ['a', 'b', 'c', 'd']],
  [0, 1, ['a', 'b']],
  [1, 100, ['b', 'c', 'd']],
  [-2, -1, ['c', 'd']],
  [-100, 1, ['a', 'b']],
  [0, -2, ['a', 'b', 'c']],
  [2, 1, []],
  [4, 9, []],
  [0, -5, []],
  [-1, 0, []],
];

export function describeSortedSets(store: () => StoreClient): void {
  describe('sorted sets', () => {
    it('counts a member that is new, and moves one that is not', async () => {
      expect(await store().zadd('k', 2, 'a')).toBe(1);
      expect(await store().zadd('k', 1, 'b')).toBe(1);
      expect(await store().zadd('k', 0, 'a')).toBe(0);
      expect(await store().zrange('k', 0, -1)).toEqual(['a', 'b']);
      expect(await store().zcard('k')).toBe(2);
    });

    it('orders by score, then by bytes', async () => {
      const members = ['b', 'B', 'a\0z', 'a', '\u{1F600}', '\uFB01', 'ab', 'ß', ''];
      for (const member of members) await store().zadd('k', 0, member);
      await store().zadd('k', -1.5, 'low');
      await store().zadd('k', Infinity, 'top');
      await store().zadd('k', -Infinity, 'bottom');
      const expected = ['bottom', 'low', '', 'B', 'a', 'a\0z', 'ab', 'b', 'ß', '\uFB01', '\u{1F600}', 'top'];
      expect(await store().zrange('k', 0, -1)).toEqual(expected);
      expect(await store().zrevrange('k', 0, -1)).toEqual(expected.toReversed());
    });

    it.each(RANGES)('gives the members from %d to %d', async (start, stop, expected) => {
      for (const [index, member] of ['a', 'b', 'c', 'd'].entries()) await store().zadd('k', index, member);
      expect(await store().zrange('k', start, stop)).toEqual(expected);
      for (const [index, member] of ['a', 'b', 'c', 'd'].entries()) await store().zadd('down', -index, member);
      expect(await store().zrevrange('down', start, stop)).toEqual(expected);
    });

    it.each([
      [1_700_000_000_000, '1700000000000'],
      [0, '0'],
      [-3, '-3'],
      [0.5, '0.5'],
      [Infinity, 'inf'],
      [-Infinity, '-inf'],
    ])('prints the score %d', async (score, text) => {
      await store().zadd('k', score, 'a');
      expect(await store().zscore('k', 'a')).toBe(text);
    });

    it.each([
      [1, 2, ['b', 'c']],
      [-Infinity, 0, ['a']],
      [2.5, Infinity, ['d']],
      [3, 1, []],
    ])('gives and removes the members with scores from %d to %d', async (min, max, expected) => {
      for (const [index, member] of ['a', 'b', 'c', 'd'].entries()) await store().zadd('k', index, member);
      expect(await store().zrangebyscore('k', min, max)).toEqual(expected);
      expect(await store().zremrangebyscore('k', min, max)).toBe(expected.length);
      expect(await store().zrange('k', 0, -1)).toEqual(['a', 'b', 'c', 'd'].filter((m) => !expected.includes(m)));
    });

    it('is gone with its last member', async () => {
      await store().zadd('k', 1, 'a');
      expect(await store().zremrangebyscore('k', -Infinity, Infinity)).toBe(1);
      expect(await store().exists('k')).toBe(0);
      expect(await store().zrangebyscore('k', -Infinity, Infinity)).toEqual([]);
      expect(await store().zremrangebyscore('k', -Infinity, Infinity)).toBe(0);
      await expect(store().zrangebyscore('k', Number.NaN, 1)).rejects.toThrow('ERR min or max is not a float');
    });

    it('keeps every bit of a fraction', async () => {
      await store().zadd('k', 0.1 + 0.2, 'a');
      expect(Number(await store().zscore('k', 'a'))).toBe(0.1 + 0.2);
    });

    it('refuses a score that is no number, and a place that is no whole one', async () => {
      await expect(store().zadd('k', Number.NaN, 'a')).rejects.toThrow('ERR value is not a valid float');
      await expect(store().zrange('k', 0.5, 1)).rejects.toThrow('ERR value is not an integer or out of range');
      await expect(store().zrevrange('k', 0, 0.5)).rejects.toThrow('ERR value is not an integer or out of range');
      expect(await store().exists('k')).toBe(0);
    });

    it('vanishes with its last member', async () => {
      await store().zadd('k', 1, 'a');
      await store().zadd('k', 2, 'b');
      expect(await store().zrem('k', 'a', 'absent', 'a')).toBe(1);
      expect(await store().exists('k')).toBe(1);
      expect(await store().zrem('k', 'b')).toBe(1);
      expect(await store().exists('k')).toBe(0);
    });

    it('reads an absent one as empty', async () => {
      expect(await store().zrange('absent', 0, -1)).toEqual([]);
      expect(await store().zcard('absent')).toBe(0);
      expect(await store().zscore('absent', 'a')).toBeNull();
      expect(await store().zrem('absent', 'a')).toBe(0);
      await store().zadd('k', 1, 'a');
      expect(await store().zscore('k', 'absent')).toBeNull();
    });

    it('refuses a key of another type', async () => {
      await store().set('k', 'x');
      await expect(store().zadd('k', 1, 'a')).rejects.toThrow(WRONG_TYPE);
      await expect(store().zrem('k', 'a')).rejects.toThrow(WRONG_TYPE);
      await expect(store().zscore('k', 'a')).rejects.toThrow(WRONG_TYPE);
      await expect(store().zcard('k')).rejects.toThrow(WRONG_TYPE);
      await expect(store().zrange('k', 0, -1)).rejects.toThrow(WRONG_TYPE);
      await expect(store().zrevrange('k', 0, -1)).rejects.toThrow(WRONG_TYPE);
    });
  });
}

export function describeLists(store: () => StoreClient): void {
  describe('lists', () => {
    it('puts each value before the last one', async () => {
      expect(await store().lpush('k', 'c', 'b')).toBe(2);
      expect(await store().lpush('k', 'a')).toBe(3);
      expect(await store().lrange('k', 0, -1)).toEqual(['a', 'b', 'c']);
      expect(await store().llen('k')).toBe(3);
    });

    it.each(RANGES)('gives and keeps the values from %d to %d', async (start, stop, expected) => {
      await store().lpush('k', 'd', 'c', 'b', 'a');
      expect(await store().lrange('k', start, stop)).toEqual(expected);
      expect(await store().ltrim('k', start, stop)).toBe('OK');
      expect(await store().lrange('k', 0, -1)).toEqual(expected);
      expect(await store().exists('k')).toBe(expected.length > 0 ? 1 : 0);
    });

    it('goes on at the head after both ends were cut', async () => {
      await store().lpush('k', 'd', 'c', 'b', 'a');
      await store().ltrim('k', 1, 2);
      expect(await store().lpush('k', 'new')).toBe(3);
      expect(await store().lrange('k', 0, -1)).toEqual(['new', 'b', 'c']);
    });

    it('reads an absent list as empty', async () => {
      expect(await store().lrange('absent', 0, -1)).toEqual([]);
      expect(await store().llen('absent')).toBe(0);
      expect(await store().ltrim('absent', 0, 1)).toBe('OK');
    });

    it('refuses a place that is no whole number', async () => {
      await expect(store().lrange('k', 0, 0.5)).rejects.toThrow('ERR value is not an integer or out of range');
      await expect(store().ltrim('k', 0.5, 1)).rejects.toThrow('ERR value is not an integer or out of range');
    });

    it('refuses a key of another type', async () => {
      await store().set('k', 'x');
      await expect(store().lpush('k', 'a')).rejects.toThrow(WRONG_TYPE);
      await expect(store().lrange('k', 0, -1)).rejects.toThrow(WRONG_TYPE);
      await expect(store().ltrim('k', 0, 1)).rejects.toThrow(WRONG_TYPE);
      await expect(store().llen('k')).rejects.toThrow(WRONG_TYPE);
    });
  });
}
