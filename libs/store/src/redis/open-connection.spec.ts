import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { useFakeRedis } from '../testing/use-fake-redis.js';

describe('RedisStore.open', () => {
  const bench = useFakeRedis();

  it('connects', async () => {
    const sut = bench.createStore();
    expect(bench.redis.connections).toBe(0);
    await sut.open();
    expect(await sut.ping()).toBe('PONG');
    expect(sut.address).toBe(`127.0.0.1:${bench.port}`);
  });

  it('waits for a Redis that is still starting', async () => {
    await bench.redis.close();
    const waits: string[] = [];
    const sut = bench.createStore(
      {},
      {
        onError: () => void bench.restart(),
        onWait: (address) => waits.push(address),
      },
    );
    await sut.open();
    expect(await sut.ping()).toBe('PONG');
    expect(waits).toEqual([sut.address]);
  });

  it('says once that it waits, whether Redis refuses or is silent', async () => {
    bench.redis.answers['INFO'] = () => null;
    const waits: string[] = [];
    const sut = bench.createStore(
      {},
      {
        onWait: (address) => {
          waits.push(address);
          sut.emit('error', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
        },
        limits: { startTimeoutMs: 1_200 },
      },
    );
    await expect(sut.open()).rejects.toThrow('cannot be used: refused.');
    expect(waits).toEqual([`127.0.0.1:${bench.port}`]);
  });

  it('gives up in time on one that does not come, with the last reason', async () => {
    await bench.redis.close();
    const sut = bench.createStore({}, { limits: { startTimeoutMs: 30 } });
    await expect(sut.open()).rejects.toThrow(
      `Redis at 127.0.0.1:${bench.port} cannot be used: connect ECONNREFUSED 127.0.0.1:${bench.port}.`,
    );
  });

  it('gives up in time on one that says nothing', async () => {
    bench.redis.answers['INFO'] = () => null;
    const sut = bench.createStore({}, { limits: { startTimeoutMs: 30 } });
    await expect(sut.open()).rejects.toThrow('cannot be used: no answer.');
  });

  it('gives up in time on sentinels that know no master', async () => {
    const { port } = bench;
    bench.redis.answers['SENTINEL'] = () => '-IDONTKNOW\r\n';
    const sentinels = [{ host: '127.0.0.1', port }];
    const sut = bench.createStore({ sentinels, sentinelName: 'relay' }, { limits: { startTimeoutMs: 50 } });
    const ended = new Promise((resolve) => sut.once('end', resolve));
    await expect(sut.open()).rejects.toThrow(
      `Redis at relay of the sentinels 127.0.0.1:${port} cannot be used: All sentinels are unreachable`,
    );
    await ended;
  });

  it('names a fault that has a code only', async () => {
    bench.redis.answers['INFO'] = () => null;
    const sut = bench.createStore({}, { limits: { startTimeoutMs: 30 } });
    const opened = sut.open();
    sut.emit('error', Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }));
    await expect(opened).rejects.toThrow('cannot be used: ECONNREFUSED.');
  });

  it.each([
    ['WRONGPASS invalid username-password pair or user is disabled.', 'AUTH'],
    ['ERR DB index is out of range', 'SELECT'],
    ['NOAUTH Authentication required.', 'INFO'],
  ])('gives up at once on "%s", without a word of the password', async (reason, command) => {
    bench.redis.answers[command] = () => `-${reason}\r\n`;
    const sut = bench.createStore({ db: 5, password: 'the-password' });
    const failure: unknown = await sut.open().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'StoreConnectionError',
      message: `Redis at 127.0.0.1:${bench.port} cannot be used: ${reason.replace(/\.$/, '')}.`,
    });
    expect(inspect([failure, bench.errors], { depth: 9, showHidden: true })).not.toContain('the-password');
  });
});
