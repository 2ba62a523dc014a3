import { describe, expect, it } from '@jest/globals';
import type { StoreClient } from '../store-client.js';
import { scanAll } from './store-harness.js';
import type { StoreHarness } from './store-harness.js';

/** Long enough to be measured, short enough to be waited for. */
const SHORT_MS = 60;

export function describeKeys(store: () => StoreClient, harness: () => StoreHarness): void {
  describe('keys', () => {
    it('answers a ping', async () => {
      expect(await store().ping()).toBe('PONG');
    });

    it('names the type of a key', async () => {
      await store().set('s', 'x');
      await store().hset('h', { a: '1' });
      await store().sadd('m', 'a');
      await store().zadd('z', 1, 'a');
      await store().lpush('l', 'a');
      const types = await Promise.all(['s', 'h', 'm', 'z', 'l', 'absent'].map((key) => store().type(key)));
      expect(types).toEqual(['string', 'hash', 'set', 'zset', 'list', 'none']);
    });

    it('counts a key as often as it is named, and deletes it once', async () => {
      await store().set('a', 'x');
      await store().hset('b', { f: '1' });
      expect(await store().exists('a', 'a', 'b', 'absent')).toBe(3);
      expect(await store().del('a', 'a', 'b', 'absent')).toBe(2);
      expect(await store().exists('a', 'b')).toBe(0);
    });

    it('starts anew with another type where a collection was deleted', async () => {
      await store().sadd('k', 'a', 'b');
      await store().del('k');
      expect(await store().sadd('k', 'c')).toBe(1);
      expect(await store().smembers('k')).toEqual(['c']);
    });

    it.each([
      ['exists', (sut: StoreClient) => sut.exists()],
      ['del', (sut: StoreClient) => sut.del()],
      ['mget', (sut: StoreClient) => sut.mget()],
      ['hmget', (sut: StoreClient) => sut.hmget('k')],
      ['hset', (sut: StoreClient) => sut.hset('k', {})],
      ['hdel', (sut: StoreClient) => sut.hdel('k')],
      ['sadd', (sut: StoreClient) => sut.sadd('k')],
      ['srem', (sut: StoreClient) => sut.srem('k')],
      ['zrem', (sut: StoreClient) => sut.zrem('k')],
      ['lpush', (sut: StoreClient) => sut.lpush('k')],
    ])('refuses %s with nothing to act on', async (name, act) => {
      await expect(act(store())).rejects.toThrow(`ERR wrong number of arguments for '${name}' command`);
      expect(await store().exists('k')).toBe(0);
    });
  });

  describe('expiry', () => {
    it('tells a key without an end from one that is absent', async () => {
      await store().set('k', 'x');
      expect([await store().pttl('k'), await store().pttl('absent')]).toEqual([-1, -2]);
    });

    it.each([
      ['expire in seconds', (sut: StoreClient) => sut.expire('k', 100)],
      ['pexpire in milliseconds', (sut: StoreClient) => sut.pexpire('k', 100_000)],
    ])('sets an end by %s', async (_, act) => {
      await store().set('k', 'x');
      expect(await act(store())).toBe(1);
      const left = await store().pttl('k');
      expect(left).toBeGreaterThan(90_000);
      expect(left).toBeLessThanOrEqual(100_000);
    });

    it('sets no end for a key that is absent', async () => {
      expect([await store().expire('k', 1), await store().pexpire('k', 1)]).toEqual([0, 0]);
    });

    it.each([0, -1])('deletes a key whose end is %d ms from now', async (ms) => {
      await store().sadd('k', 'a');
      expect(await store().pexpire('k', ms)).toBe(1);
      expect(await store().exists('k')).toBe(0);
    });

    it('refuses an end that is no whole number', async () => {
      await store().set('k', 'x');
      await expect(store().expire('k', 1.5)).rejects.toThrow('ERR value is not an integer or out of range');
      await expect(store().pexpire('k', Number.NaN)).rejects.toThrow('ERR value is not an integer or out of range');
      expect(await store().pttl('k')).toBe(-1);
    });

    it('takes an end beyond all time', async () => {
      expect(await store().set('k', 'x', 'PX', Number.MAX_SAFE_INTEGER)).toBe('OK');
      expect(await store().pexpire('k', Number.MAX_SAFE_INTEGER)).toBe(1);
      expect(await store().pttl('k')).toBeGreaterThan(1e15);
    });

    it('keeps a key of any type until its end and not beyond', async () => {
      await store().hset('h', { a: '1' });
      await store().lpush('l', 'a');
      const replies = await store()
        .multi([
          ['set', 's', 'x', 'PX', SHORT_MS],
          ['pexpire', 'h', SHORT_MS],
          ['pexpire', 'l', SHORT_MS],
          ['exists', 's', 'h', 'l'],
        ])
        .exec();
      expect(replies?.at(-1)).toEqual([null, 3]);

      await harness().advance(SHORT_MS + 1);

      expect(await store().exists('s', 'h', 'l')).toBe(0);
      expect([await store().type('h'), await store().get('s'), await store().llen('l')]).toEqual(['none', null, 0]);
      expect(await scanAll(store(), '*')).toEqual([]);
    });

    it('makes a new collection where an old one has ended', async () => {
      await store().hset('k', { old: '1' });
      await store().pexpire('k', SHORT_MS);
      await harness().advance(SHORT_MS + 1);

      expect(await store().hincrby('k', 'new', 2)).toBe(2);
      expect(await store().hgetall('k')).toEqual({ new: '2' });
      expect(await store().pttl('k')).toBe(-1);
    });

    it('makes a new string where an old one has ended, without its end', async () => {
      await store().set('k', '5', 'PX', SHORT_MS);
      await harness().advance(SHORT_MS + 1);

      expect(await store().incrby('k', 1)).toBe(1);
      expect(await store().pttl('k')).toBe(-1);
    });

    it('keeps the end of a key that is changed, and drops it when it is set', async () => {
      await store().set('k', '5', 'PX', 100_000);
      await store().incrby('k', 1);
      await store().incrbyfloat('k', 0.5);
      expect(await store().pttl('k')).toBeGreaterThan(0);
      await store().set('k', '5');
      expect(await store().pttl('k')).toBe(-1);
    });
  });

  describe('scan', () => {
    it('gives every key that is there throughout, whatever the step', async () => {
      const names = Array.from({ length: 57 }, (_, number) => `key:${number}`).sort();
      await Promise.all(names.map((name) => store().set(name, 'x')));
      for (const count of [1, 10, 1000]) expect(await scanAll(store(), '*', count)).toEqual(names);
    });

    it('still gives the others when keys vanish and appear on the way', async () => {
      const names = Array.from({ length: 40 }, (_, number) => `old:${number}`);
      await Promise.all(names.map((name) => store().set(name, 'x')));
      const found = new Set<string>();
      let cursor = '0';
      for (let step = 0; step === 0 || cursor !== '0'; step += 1) {
        const [next, some] = await store().scan(cursor, 'MATCH', '*', 'COUNT', 5);
        some.forEach((name) => found.add(name));
        if (some[0] !== undefined) await store().del(some[0]);
        await store().set(`new:${step}`, 'x');
        cursor = next;
      }
      expect(names.filter((name) => !found.has(name))).toEqual([]);
    });

    it('gives only what matches', async () => {
      await Promise.all(['apikey:1', 'apikey:2', 'apikey:idx:all', 'api', 'other'].map((key) => store().set(key, 'x')));
      expect(await scanAll(store(), 'apikey:*')).toEqual(['apikey:1', 'apikey:2', 'apikey:idx:all']);
      expect(await scanAll(store(), 'apikey:?')).toEqual(['apikey:1', 'apikey:2']);
      expect(await scanAll(store(), 'apikey:[^1i]*')).toEqual(['apikey:2']);
      expect(await scanAll(store(), 'api')).toEqual(['api']);
      expect(await scanAll(store(), 'absent*')).toEqual([]);
    });

    it('refuses a cursor that it never gave, and a step of nothing', async () => {
      await expect(store().scan('no cursor', 'MATCH', '*', 'COUNT', 10)).rejects.toThrow('ERR invalid cursor');
      await expect(store().scan('0', 'MATCH', '*', 'COUNT', 0)).rejects.toThrow('ERR syntax error');
      await expect(store().scan('0', 'MATCH', '*', 'COUNT', 1.5)).rejects.toThrow('ERR value is not an integer');
    });
  });
}
