import { describe, expect, it } from '@jest/globals';
import type { StoreClient } from '../store-client.js';

const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value';

export function describeHashes(store: () => StoreClient): void {
  describe('hashes', () => {
    it('counts the fields that are new', async () => {
      expect(await store().hset('k', { a: '1', b: '2' })).toBe(2);
      expect(await store().hset('k', { b: '3', c: '4' })).toBe(1);
      expect(await store().hgetall('k')).toEqual({ a: '1', b: '3', c: '4' });
    });

    it('keeps any field and value', async () => {
      const fields = { '': 'empty name', ü: '', 'a\0b': 'c\0d', constructor: 'x', '12': '\u{1F680}' };
      await store().hset('k', fields);
      expect(await store().hgetall('k')).toEqual(fields);
    });

    it('keeps a field named __proto__ as a field', async () => {
      await store().hset('k', Object.fromEntries([['__proto__', 'text']]));
      expect(Object.entries(await store().hgetall('k'))).toEqual([['__proto__', 'text']]);
    });

    it('reads fields in the order asked for, null where there is none', async () => {
      await store().hset('k', { a: '1', b: '2' });
      expect(await store().hmget('k', 'b', 'absent', 'a', 'b')).toEqual(['2', null, '1', '2']);
      expect(await store().hget('k', 'a')).toBe('1');
      expect(await store().hget('k', 'absent')).toBeNull();
    });

    it('reads an absent hash as empty', async () => {
      expect(await store().hgetall('absent')).toEqual({});
      expect(await store().hmget('absent', 'a', 'b')).toEqual([null, null]);
      expect(await store().hget('absent', 'a')).toBeNull();
      expect(await store().hdel('absent', 'a')).toBe(0);
    });

    it('vanishes with its last field', async () => {
      await store().hset('k', { a: '1', b: '2' });
      expect(await store().hdel('k', 'a', 'absent', 'a')).toBe(1);
      expect(await store().exists('k')).toBe(1);
      expect(await store().hdel('k', 'b')).toBe(1);
      expect(await store().exists('k')).toBe(0);
    });

    it('counts in a field, from nothing and from what is there', async () => {
      expect(await store().hincrby('k', 'n', 5)).toBe(5);
      expect(await store().hincrby('k', 'n', -8)).toBe(-3);
      expect(await store().hget('k', 'n')).toBe('-3');
    });

    it('refuses to count where it cannot, and changes nothing', async () => {
      await store().hset('k', { text: 'abc', big: '9223372036854775807' });
      await expect(store().hincrby('k', 'text', 1)).rejects.toThrow('ERR hash value is not an integer');
      await expect(store().hincrby('k', 'big', 1)).rejects.toThrow('ERR increment or decrement would overflow');
      await expect(store().hincrby('k', 'n', 1.5)).rejects.toThrow('ERR value is not an integer or out of range');
      await expect(store().hincrby('absent', 'n', 1.5)).rejects.toThrow('ERR value is not an integer');
      expect(await store().hgetall('k')).toEqual({ text: 'abc', big: '9223372036854775807' });
      expect(await store().exists('absent')).toBe(0);
    });

    it('refuses a key of another type', async () => {
      await store().set('k', 'x');
      await expect(store().hget('k', 'a')).rejects.toThrow(WRONG_TYPE);
      await expect(store().hmget('k', 'a')).rejects.toThrow(WRONG_TYPE);
      await expect(store().hgetall('k')).rejects.toThrow(WRONG_TYPE);
      await expect(store().hset('k', { a: '1' })).rejects.toThrow(WRONG_TYPE);
      await expect(store().hdel('k', 'a')).rejects.toThrow(WRONG_TYPE);
      await expect(store().hincrby('k', 'a', 1)).rejects.toThrow(WRONG_TYPE);
    });
  });
}

export function describeSets(store: () => StoreClient): void {
  describe('sets', () => {
    it('counts the members that are new', async () => {
      expect(await store().sadd('k', 'a', 'b', 'a')).toBe(2);
      expect(await store().sadd('k', 'b', 'c')).toBe(1);
      expect((await store().smembers('k')).sort()).toEqual(['a', 'b', 'c']);
      expect(await store().scard('k')).toBe(3);
    });

    it('tells members that differ in case, in length or in bytes that look alike', async () => {
      const members = ['a', 'A', 'a\0', '', '\u00e9', 'e\u0301'];
      expect(await store().sadd('k', ...members)).toBe(members.length);
      expect(await store().sismember('k', 'a')).toBe(1);
      expect(await store().sismember('k', 'a\0b')).toBe(0);
    });

    it('vanishes with its last member', async () => {
      await store().sadd('k', 'a', 'b');
      expect(await store().srem('k', 'a', 'absent')).toBe(1);
      expect(await store().exists('k')).toBe(1);
      expect(await store().srem('k', 'b')).toBe(1);
      expect(await store().exists('k')).toBe(0);
    });

    it('reads an absent set as empty', async () => {
      expect(await store().smembers('absent')).toEqual([]);
      expect(await store().sismember('absent', 'a')).toBe(0);
      expect(await store().scard('absent')).toBe(0);
      expect(await store().srem('absent', 'a')).toBe(0);
    });

    it('refuses a key of another type', async () => {
      await store().set('k', 'x');
      await expect(store().sadd('k', 'a')).rejects.toThrow(WRONG_TYPE);
      await expect(store().srem('k', 'a')).rejects.toThrow(WRONG_TYPE);
      await expect(store().smembers('k')).rejects.toThrow(WRONG_TYPE);
      await expect(store().sismember('k', 'a')).rejects.toThrow(WRONG_TYPE);
      await expect(store().scard('k')).rejects.toThrow(WRONG_TYPE);
    });
  });
}
