import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys, openSqliteStore, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { dumpStore } from '../../../test/support/store-dump.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { loadGolden, readGolden } from '../../../test/support/v1-golden.js';
import type { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { V1IndexBuild } from './v1-index-build.js';
import { V1IndexRepository } from './v1-index.repository.js';

Logger.overrideLogger(false);

const NOW = Date.parse('2026-11-23T04:30:00Z');
const kinds = ['claude_console_account', 'openai_responses_account'];
const platforms = {
  list: () => kinds.map((recordPrefix) => ({ name: recordPrefix, platform: { account: { recordPrefix } } })),
} as unknown as PlatformRegistry;

const buildOf = (store: StoreClient, clock = new TestClock(NOW)): V1IndexBuild =>
  new V1IndexBuild(new V1IndexRepository(store), platforms, clock);

async function build(store: StoreClient): Promise<void> {
  const sut = buildOf(store);
  sut.onApplicationBootstrap();
  await sut.finished();
}

const isIndex = (key: string): boolean => /:index(:|$)|:months$/.test(key) && !/^apikey:|:empty$/.test(key);

describeOnEachStore('V1IndexBuild', (storeOfCase) => {
  const indexesIn = async () =>
    Object.fromEntries(
      Object.entries(await dumpStore(storeOfCase()))
        .filter(([key]) => isIndex(key))
        .map(([key, { value }]) => [key, value]),
    );

  it('makes all sets that a newer v1 keeps from what an old one wrote', async () => {
    await loadGolden(storeOfCase(), '1.1.162');
    expect(await indexesIn()).toEqual({});
    await build(storeOfCase());
    const built = await indexesIn();
    const ofNewerV1 = readGolden('1.1.314').filter(({ key }) => isIndex(key));
    expect(Object.keys(built).sort()).toEqual(ofNewerV1.map(({ key }) => key).sort());
    const sizes = (of: readonly unknown[]) => of.length;
    for (const { key, value } of ofNewerV1) expect([key, sizes(built[key] as [])]).toEqual([key, sizes(value as [])]);
    expect(await storeOfCase().exists('system:migration:usage_index_v2')).toBe(0);
  });

  it('leaves the database of a newer v1 as it is, but for its own mark', async () => {
    await loadGolden(storeOfCase(), '1.1.314');
    const before = await dumpStore(storeOfCase());
    await build(storeOfCase());
    const { [keys.indexBuild.done]: mark, ...after } = await dumpStore(storeOfCase());
    expect(mark).toMatchObject({ value: '1', ttlSeconds: null });
    const valuesOf = (dump: typeof before) => Object.entries(dump).map(([key, { value }]) => [key, value]);
    expect(valuesOf(after)).toEqual(valuesOf(before));
  });

  it('is done once', async () => {
    await build(storeOfCase());
    await storeOfCase().hset(keys.usage.daily('k1', '2026-11-23'), { requests: '1' });
    await build(storeOfCase());
    expect(await indexesIn()).toEqual({});
  });

  it('completes what a build that was broken off has left', async () => {
    await loadGolden(storeOfCase(), '1.1.162');
    await build(storeOfCase());
    const whole = await indexesIn();
    const [some = ''] = Object.keys(whole);
    await storeOfCase().del(some, keys.indexBuild.done);
    await build(storeOfCase());
    expect(await indexesIn()).toEqual(whole);
    expect(await storeOfCase().exists(keys.indexBuild.lock)).toBe(0);
  });
});

describe('V1IndexBuild', () => {
  let store: StoreClient;

  beforeEach(() => {
    store = openSqliteStore(':memory:');
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
  });
  afterEach(async () => {
    jest.useRealTimers();
    jest.restoreAllMocks();
    await store.quit();
  });

  const fill = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) await store.hset(keys.usage.daily(`k${at}`, '2026-11-23'), { requests: '1' });
  };
  const indexed = () => store.scard(keys.usage.index.daily('2026-11-23'));
  /** Lets time pass until the build has ended. */
  const finish = async (sut: V1IndexBuild): Promise<void> => {
    const state = { isOver: false };
    void sut.finished().then(() => {
      state.isOver = true;
    });
    while (!state.isOver) await jest.advanceTimersByTimeAsync(1000);
  };
  /** Lets a build go on between its pauses. */
  const turn = async (): Promise<void> => {
    for (let at = 0; at < 30; at += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  it('rests between its pages, and keeps nobody from starting', async () => {
    await fill(450);
    const sut = buildOf(store);
    sut.onApplicationBootstrap();
    await turn();
    expect(await indexed()).toBe(200);
    await jest.advanceTimersByTimeAsync(10);
    await turn();
    expect(await indexed()).toBe(400);
    await finish(sut);
    expect(await indexed()).toBe(450);
  });

  it('stops at the end of the process, and the next one does the rest at once', async () => {
    await fill(450);
    const sut = buildOf(store);
    sut.onApplicationBootstrap();
    await turn();
    await sut.onApplicationShutdown();
    expect(await indexed()).toBe(200);
    expect(await store.exists(keys.indexBuild.done, keys.indexBuild.lock)).toBe(0);
    const next = buildOf(store);
    next.onApplicationBootstrap();
    await finish(next);
    expect(await indexed()).toBe(450);
  });

  it('waits for another process that builds, and goes on when that one has died', async () => {
    await fill(1);
    await store.set(keys.indexBuild.lock, 'another');
    const sut = buildOf(store);
    sut.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(await indexed()).toBe(0);
    await store.del(keys.indexBuild.lock);
    await finish(sut);
    expect(await indexed()).toBe(1);
  });

  it('keeps its right while it works, and stops when another process has taken it', async () => {
    await fill(450);
    const clock = new TestClock(NOW);
    const sut = buildOf(store, clock);
    sut.onApplicationBootstrap();
    await turn();
    const hold = jest.spyOn(V1IndexRepository.prototype, 'hold');
    clock.ms += 20_000;
    await jest.advanceTimersByTimeAsync(10);
    await turn();
    expect(hold).toHaveBeenCalledWith(expect.any(String), 60_000);
    await store.set(keys.indexBuild.lock, 'another');
    clock.ms += 20_000;
    await jest.advanceTimersByTimeAsync(10);
    await turn();
    expect([await store.get(keys.indexBuild.lock), await store.exists(keys.indexBuild.done)]).toEqual(['another', 0]);
    await sut.onApplicationShutdown();
  });

  it('tries again when the store was away, and says so', async () => {
    await fill(1);
    const warn = jest.spyOn(Logger.prototype, 'warn');
    jest.spyOn(store, 'get').mockRejectedValueOnce(new Error('The store is away.'));
    const sut = buildOf(store);
    sut.onApplicationBootstrap();
    await finish(sut);
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ msg: expect.stringContaining('tried again') }));
    expect(await indexed()).toBe(1);
  });

  it('says nothing about a store that goes away with the process', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn');
    jest.spyOn(store, 'scan').mockReturnValue(
      new Promise((_, reject) =>
        setTimeout(() => {
          reject(new Error('x'));
        }, 5),
      ),
    );
    const sut = buildOf(store);
    sut.onApplicationBootstrap();
    await turn();
    const ended = sut.onApplicationShutdown();
    await jest.advanceTimersByTimeAsync(5);
    await ended;
    expect(warn).not.toHaveBeenCalled();
  });

  it('tells how far it is, and what it has done', async () => {
    const log = jest.spyOn(Logger.prototype, 'log');
    const names = Array.from({ length: 60_000 }, (_, at) => `name:${at}`);
    await fill(1);
    jest
      .spyOn(store, 'scan')
      .mockResolvedValueOnce(['1', names])
      .mockResolvedValueOnce(['2', names])
      .mockResolvedValueOnce(['0', [keys.usage.daily('k0', '2026-11-23')]]);
    const sut = buildOf(store);
    sut.onApplicationBootstrap();
    await finish(sut);
    expect(log.mock.calls.map(([facts]): unknown => facts)).toEqual([
      { msg: 'Completing the index sets of the database', keys: 120_000, added: 0 },
      { msg: 'Completed the index sets of the database', keys: 120_001, added: 1, ms: 0 },
    ]);
  });
});
