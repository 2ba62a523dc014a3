import { describe, expect, it } from '@jest/globals';
import type { BatchReplies, StoreBatch, StoreClient, StoreCommand } from '../store-client.js';

/** `[text of the error, reply]` of each command. */
const outcomes = (replies: BatchReplies): unknown[] =>
  (replies ?? []).map(([error, reply]) => (error === null ? reply : `error: ${error.message}`));

export function describeBatches(store: () => StoreClient): void {
  describe.each([
    ['multi', (commands: StoreCommand[]): StoreBatch => store().multi(commands)],
    ['pipeline', (commands: StoreCommand[]): StoreBatch => store().pipeline(commands)],
  ])('%s', (_, batch) => {
    it('answers each command in order', async () => {
      const replies = await batch([
        ['set', 'a', '1'],
        ['incrby', 'a', 4],
        ['incrbyfloat', 'f', 0.5],
        ['hset', 'h', 'x', '1', 'y', 2],
        ['hgetall', 'h'],
        ['zadd', 'z', 1.5, 'm'],
        ['zscore', 'z', 'm'],
        ['get', 'absent'],
        ['set', 'a', '9', 'PX', 100, 'NX'],
      ]).exec();
      expect(outcomes(replies)).toEqual(['OK', 5, '0.5', 2, { x: '1', y: '2' }, 1, '1.5', null, null]);
    });

    it('does nothing before it is sent', async () => {
      const unsent = batch([['set', 'a', '1']]);
      expect(await store().exists('a')).toBe(0);
      await unsent.exec();
      expect(await store().exists('a')).toBe(1);
    });

    it('answers an empty batch with nothing', async () => {
      expect(await batch([]).exec()).toEqual([]);
    });

    it('carries out what stands around a command that fails', async () => {
      const replies = await batch([
        ['set', 'a', 'text'],
        ['incrby', 'a', 1],
        ['sadd', 'a', 'm'],
        ['hset', 'h', 'odd', '1', 'no value'],
        ['set', 'b', 'x', 'PX', 'soon'],
        ['expire', 'a', 'later'],
        ['zadd', 'z', 'high', 'm'],
        ['set', 'c', 'after'],
      ]).exec();
      expect(outcomes(replies)).toEqual([
        'OK',
        'error: ERR value is not an integer or out of range',
        'error: WRONGTYPE Operation against a key holding the wrong kind of value',
        "error: ERR wrong number of arguments for 'hset' command",
        'error: ERR value is not an integer or out of range',
        'error: ERR value is not an integer or out of range',
        'error: ERR value is not a valid float',
        'OK',
      ]);
      expect(await store().mget('a', 'b', 'c')).toEqual(['text', null, 'after']);
    });

    it.each([
      [['set', 'k', 'v', 'PX']],
      [['set', 'k', 'v', 'ZZ', 5]],
      [['set', 'k', 'v', 'PX', 5, 'MAYBE']],
      [['set', 'k', 'v', 'PX', 5, 'NX', 'NX', 'more']],
    ] satisfies [StoreCommand][])('refuses the options of %j', async (command) => {
      expect(outcomes(await batch([command]).exec())).toEqual(['error: ERR syntax error']);
      expect(await store().exists('k')).toBe(0);
    });

    it('takes scores without end, as text too', async () => {
      const scores = [Infinity, -Infinity, 'inf', '-inf', '+inf', '1e3'];
      await batch(scores.map((score, index) => ['zadd', 'z', score, String(index)])).exec();
      const printed = await Promise.all(scores.map((_, index) => store().zscore('z', String(index))));
      expect(printed).toEqual(['inf', '-inf', 'inf', '-inf', 'inf', '1000']);
    });
  });

  describe('a command with too few arguments', () => {
    const commands: StoreCommand[] = [['set', 'a', '1'], ['get'], ['set', 'b', '2']];

    it('fails alone in a pipeline', async () => {
      const replies = await store().pipeline(commands).exec();
      expect(outcomes(replies)).toEqual(['OK', "error: ERR wrong number of arguments for 'get' command", 'OK']);
    });

    it('fails a whole multi, of which nothing is carried out', async () => {
      await expect(store().multi(commands).exec()).rejects.toThrow('EXECABORT Transaction discarded');
      expect(await store().exists('a', 'b')).toBe(0);
    });
  });
}
