import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import type { StoreScript } from '../script.js';
import { bulk, OK } from '../testing/fake-redis.js';
import { LOCAL, useFakeRedis } from '../testing/use-fake-redis.js';
import { StoreUnavailableError } from '../store-unavailable.error.js';
import { RedisStore } from './redis-store.js';

const script: StoreScript<unknown> = {
  name: 'test',
  lua: 'return 1',
  transaction: () => 1,
  parse: (reply) => ['parsed', reply],
};
/** What `printf 'return 1' | sha1sum` prints. */
const DIGEST = 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db';

describe('RedisStore', () => {
  const bench = useFakeRedis();

  const ready = (store: RedisStore): Promise<void> => new Promise((resolve) => store.once('ready', resolve));

  describe('scripts', () => {
    it('sends the text once and the digest from then on', async () => {
      let isKnown = false;
      bench.redis.answers['EVALSHA'] = () => (isKnown ? ':2\r\n' : '-NOSCRIPT No matching script.\r\n');
      bench.redis.answers['EVAL'] = () => {
        isKnown = true;
        return ':1\r\n';
      };
      const sut = await bench.openStore();
      expect(await sut.runScript(script, ['k'], ['a', 5])).toEqual(['parsed', 1]);
      expect(await sut.runScript(script, ['k'], ['a', 5])).toEqual(['parsed', 2]);
      const sent = bench.redis.received.filter(([name]) => name?.startsWith('EVAL'));
      expect(sent).toEqual([
        ['EVALSHA', DIGEST, '1', 'k', 'a', '5'],
        ['EVAL', 'return 1', '1', 'k', 'a', '5'],
        ['EVALSHA', DIGEST, '1', 'k', 'a', '5'],
      ]);
    });

    it('passes any other refusal on', async () => {
      bench.redis.answers['EVALSHA'] = () => '-WRONGTYPE Operation against a key\r\n';
      const sut = await bench.openStore();
      await expect(sut.runScript(script, [], [])).rejects.toThrow('WRONGTYPE');
      expect(bench.redis.count('EVAL')).toBe(0);
    });

    it('hands text, numbers, nothing and lists to the parser', async () => {
      bench.redis.answers['EVALSHA'] = () => `*4\r\n${bulk('a')}:7\r\n$-1\r\n*1\r\n+OK\r\n`;
      const sut = await bench.openStore();
      expect(await sut.runScript(script, [], [])).toEqual(['parsed', ['a', 7, null, ['OK']]]);
    });

    it('refuses a reply with an error inside', async () => {
      bench.redis.answers['EVALSHA'] = () => '*1\r\n-ERR inside\r\n';
      const sut = await bench.openStore();
      await expect(sut.runScript(script, [], [])).rejects.toThrow('Script test answered a object');
    });
  });

  it('keeps what a command carried out of its error', async () => {
    bench.redis.answers['HSET'] = () => '-WRONGTYPE Operation against a key\r\n';
    const sut = await bench.openStore();
    const direct: unknown = await sut.hset('k', { secret: 'sealed-text' }).catch((error: unknown) => error);
    const piped = await sut.pipeline([['hset', 'k', 'secret', 'sealed-text']]).exec();
    expect(inspect(direct)).toContain('WRONGTYPE');
    expect(inspect([direct, piped], { depth: 9, showHidden: true })).not.toContain('sealed-text');
  });

  describe('a connection that breaks', () => {
    it('fails what was under way, once, and sends it no second time', async () => {
      bench.redis.answers['INCRBY'] = (_, socket) => {
        socket.destroy();
        return null;
      };
      const sut = await bench.openStore();
      await expect(sut.incrby('k', 1)).rejects.toThrow(StoreUnavailableError);
      await ready(sut);
      expect(await sut.ping()).toBe('PONG');
      expect(bench.redis.count('INCRBY')).toBe(1);
    });

    it('fails at once what comes before it is back', async () => {
      const sut = await bench.openStore();
      await bench.redis.close();
      await new Promise((resolve) => sut.once('close', resolve));
      await expect(sut.get('k')).rejects.toThrow(StoreUnavailableError);
      await expect(sut.multi([['get', 'k']]).exec()).rejects.toThrow(StoreUnavailableError);
      expect(await sut.pipeline([['get', 'k']]).exec()).toEqual([[expect.any(StoreUnavailableError), undefined]]);
      await bench.restart();
      await ready(sut);
      expect(bench.redis.count('GET')).toBe(0);
    });

    it('fails what is not answered in time, and what a Redis that loads or only reads refuses', async () => {
      const sut = await bench.openStore({ limits: { commandTimeoutMs: 20 } });
      bench.redis.answers['GET'] = () => null;
      await expect(sut.get('k')).rejects.toThrow(StoreUnavailableError);
      bench.redis.answers['SET'] = () => '-MISCONF Redis is configured to save RDB snapshots\r\n';
      await expect(sut.set('k', 'x')).rejects.toThrow(StoreUnavailableError);
      bench.redis.answers['EVALSHA'] = () => '-LOADING Redis is loading the dataset in memory\r\n';
      await expect(sut.runScript(script, [], [])).rejects.toThrow(StoreUnavailableError);
    });

    it('is reported once in ten seconds', async () => {
      let now = 0;
      const reports: [string, number][] = [];
      const sut = await bench.openStore({
        now: () => now,
        onError: (error, more) => reports.push([error.message, more]),
      });
      sut.emit('error', new Error('one'));
      sut.emit('error', new Error('two'));
      now = 9_999;
      sut.emit('error', new Error('three'));
      now = 10_000;
      sut.emit('error', new Error('four'));
      expect(reports).toEqual([
        ['one', 0],
        ['four', 2],
      ]);
    });
  });

  describe('a Redis that is frozen', () => {
    it('costs one wait: what is asked from then on fails at once, and is not sent', async () => {
      const sut = await bench.openStore({ limits: { commandTimeoutMs: 50 } });
      for (const command of ['GET', 'INFO', 'PING']) bench.redis.answers[command] = () => null;
      await expect(sut.get('k')).rejects.toThrow(StoreUnavailableError);
      for (let i = 0; i < 20; i += 1) await expect(sut.get('k')).rejects.toThrow(StoreUnavailableError);
      expect(bench.redis.count('GET')).toBe(1);
    });

    it('is used again when it answers', async () => {
      const sut = await bench.openStore({ limits: { commandTimeoutMs: 50 } });
      bench.redis.answers['GET'] = () => null;
      const many = Array.from({ length: 20 }, () => sut.get('k'));
      for (const each of many) await expect(each).rejects.toThrow(StoreUnavailableError);
      bench.redis.answers['GET'] = () => OK;
      await ready(sut);
      expect(await sut.get('k')).toBe('OK');
      expect(bench.redis.connections).toBe(2);
    });
  });

  describe('the heartbeat', () => {
    it('replaces a connection on which nothing comes back', async () => {
      const sut = await bench.openStore({ limits: { commandTimeoutMs: 20 } });
      bench.redis.answers['PING'] = (_, socket) => {
        bench.redis.answers['PING'] = () => '+PONG\r\n';
        socket.pause();
        return null;
      };
      bench.beat();
      await ready(sut);
      expect(bench.redis.connections).toBe(2);
      expect(await sut.ping()).toBe('PONG');
    });

    it('leaves a connection alone that answers', async () => {
      const sut = await bench.openStore();
      bench.beat();
      await sut.ping();
      expect([bench.redis.count('PING'), bench.redis.connections]).toEqual([2, 1]);
    });

    it('leaves to the client a connection that is already lost, and asks nothing of none', async () => {
      const sut = await bench.openStore();
      bench.redis.answers['PING'] = (_, socket) => {
        bench.redis.answers['PING'] = () => '+PONG\r\n';
        socket.destroy();
        return null;
      };
      bench.beat();
      await new Promise((resolve) => sut.once('close', resolve));
      bench.beat();
      await ready(sut);
      expect([bench.redis.count('PING'), bench.redis.connections]).toEqual([1, 2]);
    });
  });

  describe('quit', () => {
    it('says goodbye, stops the heartbeat and can be said twice', async () => {
      const sut = await bench.openStore();
      expect([await sut.quit(), await sut.quit()]).toEqual(['OK', 'OK']);
      expect(bench.redis.count('QUIT')).toBe(1);
      expect(bench.isBeating).toBe(false);
      await expect(sut.get('k')).rejects.toThrow(StoreUnavailableError);
    });

    it('hangs up on a server that does not answer', async () => {
      bench.redis.answers['QUIT'] = () => null;
      const sut = await bench.openStore({ limits: { commandTimeoutMs: 20 } });
      const ended = new Promise((resolve) => sut.once('end', resolve));
      expect(await sut.quit()).toBe('OK');
      await ended;
    });

    it('ends one that was never opened', async () => {
      const sut = bench.createStore();
      expect(await sut.quit()).toBe('OK');
      expect(bench.redis.connections).toBe(0);
    });
  });

  it('needs no settings', async () => {
    const sut = new RedisStore({ ...LOCAL, port: bench.port });
    bench.stores.push(sut);
    bench.redis.answers['GET'] = () => OK;
    await sut.open();
    expect(await sut.get('k')).toBe('OK');
  });
});
