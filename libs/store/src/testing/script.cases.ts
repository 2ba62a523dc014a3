import { describe, expect, it } from '@jest/globals';
import type { ScriptReply, StoreScript } from '../script.js';
import type { StoreClient } from '../store-client.js';

/** Takes one of `limit` places for a member: 1 when it got one, 0 when there was none left. */
const takePlace: StoreScript<boolean> = {
  name: 'take-place',
  lua: `
    if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
    redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2])
    return 1
  `,
  transaction: (tx, [key = ''], [limit = '', member = '', score = '']) => {
    if (tx.zcard(key) >= Number(limit)) return 0;
    tx.zadd(key, Number(score), member);
    return 1;
  },
  parse: (reply) => reply === 1,
};

/** Gives back what it was given. */
const echo: StoreScript<ScriptReply> = {
  name: 'echo',
  lua: "return { KEYS[1], KEYS[2], ARGV[1], ARGV[2], tonumber(ARGV[2]), { 'nested', false }, redis.call('TYPE', 'k') }",
  transaction: (tx, keys, args) => [...keys, ...args, Number(args[1]), ['nested', null], tx.type('k')],
  parse: (reply) => reply,
};

const nothing: StoreScript<ScriptReply> = {
  name: 'nothing',
  lua: 'return false',
  transaction: () => null,
  parse: (reply) => reply,
};

const countText: StoreScript<ScriptReply> = {
  name: 'count-text',
  lua: "return redis.call('INCRBY', KEYS[1], 1)",
  transaction: (tx, [key = '']) => tx.incrby(key, 1),
  parse: (reply) => reply,
};

export function describeScripts(store: () => StoreClient): void {
  describe('scripts', () => {
    it('decides and writes in one step', async () => {
      expect(await store().runScript(takePlace, ['k'], [1, 'a', 5])).toBe(true);
      expect(await store().runScript(takePlace, ['k'], [1, 'b', 6])).toBe(false);
      expect(await store().zrange('k', 0, -1)).toEqual(['a']);
      expect(await store().zscore('k', 'a')).toBe('5');
    });

    it('never gives more places than there are, however many ask at once', async () => {
      const asked = Array.from({ length: 50 }, (_, number) =>
        store().runScript(takePlace, ['k'], [7, `m${number}`, 1]),
      );
      const given = await Promise.all(asked);
      expect(given.filter(Boolean)).toHaveLength(7);
      expect(await store().zcard('k')).toBe(7);
    });

    it('passes keys and arguments as text, and every kind of reply', async () => {
      expect(await store().runScript(echo, ['k', 'ü'], ['a\0b', 42])).toEqual([
        'k',
        'ü',
        'a\0b',
        '42',
        42,
        ['nested', null],
        'none',
      ]);
      expect(await store().runScript(nothing, [], [])).toBeNull();
    });

    it('refuses what a command in it refuses', async () => {
      await store().set('k', 'text');
      await expect(store().runScript(countText, ['k'], [])).rejects.toThrow('ERR value is not an integer');
      await store().del('k');
      await store().sadd('k', 'x');
      await expect(store().runScript(countText, ['k'], [])).rejects.toThrow('WRONGTYPE');
    });
  });
}
