import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openSqliteStore, type StoreClient } from '@crs/store';
import { useTemporaryFolder } from '../../libs/store/src/testing/temporary-folder.js';
import { type HttpApp, startHttpApp } from '../../test/support/http-app.js';
import { call } from '../../test/support/http-fixture.js';
import { TestClock } from '../../test/support/test-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { FileJournal } from '../core/journal/file-journal.js';
import { JournalModule } from '../core/journal/journal.module.js';
import { DrainState } from './drain-state.js';
import { HealthModule } from './health.module.js';
import { StoreProbe } from './store-probe.js';

describe('health', () => {
  const clock = new TestClock(Date.parse('2026-11-23T04:22:30.053Z'));
  const dataDir = useTemporaryFolder();
  let store: StoreClient;
  let server: HttpApp;
  const at = (path: string): string => `${server.url}${path}`;

  beforeEach(async () => {
    store = openSqliteStore(':memory:');
    const config = testConfig({ dataDir: dataDir('data') });
    server = await startHttpApp({ imports: [HealthModule, JournalModule], config, store, clock });
  });

  afterEach(async () => {
    await server.close();
  });

  it.each(['/health', '/api/health'])('tells at %s that all is well, without a token', async (path) => {
    clock.ms += 5999;
    const { status, body } = await call(at(path), 'GET');
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'healthy',
      service: 'claude-relay-service',
      version: expect.stringMatching(/^2\./),
      timestamp: new Date(clock.ms).toISOString(),
      uptime: 5,
      memory: {
        used: expect.stringMatching(/^[1-9]\d*MB$/),
        total: expect.stringMatching(/^[1-9]\d*MB$/),
        external: expect.stringMatching(/^\d+MB$/),
      },
      components: {
        store: { status: 'healthy', latencyMs: 0, downSince: null },
        journal: { status: 'healthy' },
        redis: { status: 'healthy', connected: true },
        logger: { status: 'healthy' },
      },
    });
  });

  it('tells that the store is away', async () => {
    store.ping = () => Promise.reject(new Error('secret fault'));
    const { status, body } = await call(at('/health'), 'GET');
    expect(status).toBe(503);
    expect(body).toMatchObject({
      status: 'unhealthy',
      components: {
        store: { status: 'unhealthy', latencyMs: null },
        redis: { status: 'unhealthy', connected: false },
      },
    });
    expect((await call(at('/health/ready'), 'GET')).status).toBe(503);
    expect((await call(at('/health/live'), 'GET')).status).toBe(200);
  });

  it('tells that the disk takes no notes, and goes on', async () => {
    await rm(dataDir('data'), { recursive: true });
    await server.app.get(FileJournal, { strict: false }).keep();
    const { status, body } = await call(at('/health'), 'GET');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'degraded',
      components: { store: { status: 'healthy' }, journal: { status: 'degraded' } },
    });
    expect((await call(at('/health/ready'), 'GET')).status).toBe(200);
    store.ping = () => Promise.reject(new Error('secret fault'));
    expect((await call(at('/health'), 'GET')).status).toBe(503);
  });

  it('is ready until it is on its way out, and alive until the end', async () => {
    expect((await call(at('/health/ready'), 'GET')).body).toEqual({ status: 'healthy' });
    server.app.get(DrainState, { strict: false }).begin();
    const { status, body, headers } = await call(at('/health/ready'), 'GET');
    expect([status, body['detail']]).toEqual([503, 'This process is shutting down.']);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect((await call(at('/health/live'), 'GET')).status).toBe(200);
    expect((await call(at('/health'), 'GET')).status).toBe(200);
  });

  it('answers GET and HEAD of the root', async () => {
    expect((await call(at('/'), 'GET')).body).toEqual({
      service: 'claude-relay-service',
      version: expect.stringMatching(/^2\./),
    });
    const head = await fetch(at('/'), { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('begins to drain when the application closes', () => {
    const sut = new DrainState();
    sut.onModuleDestroy();
    expect(sut.isDraining).toBe(true);
  });
});

describe('StoreProbe', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('gives up on a store that hangs after a second, and asks it once for all who wait', async () => {
    jest.useFakeTimers();
    let pings = 0;
    const hanging = { ping: () => ((pings += 1), new Promise(() => undefined)) } as unknown as StoreClient;
    const sut = new StoreProbe(hanging, new TestClock(Date.parse('2026-11-23T04:22:30.053Z')));
    const both = Promise.all([sut.check(), sut.check()]);
    await jest.advanceTimersByTimeAsync(1000);
    const down = { isUp: false, latencyMs: null, downSince: Date.parse('2026-11-23T04:22:30.053Z') };
    expect(await both).toEqual([down, down]);
    expect(pings).toBe(1);
    const next = sut.check();
    await jest.advanceTimersByTimeAsync(1000);
    expect(await next).toEqual(down);
    expect(pings).toBe(2);
  });

  it('measures how long the store took, and leaves no timer behind', async () => {
    jest.useFakeTimers();
    const clock = new TestClock(Date.parse('2026-11-23T04:22:30.053Z'));
    const slow = { ping: async () => void (clock.ms += 7) } as unknown as StoreClient;
    expect(await new StoreProbe(slow, clock).check()).toEqual({ isUp: true, latencyMs: 7, downSince: null });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('says since when the store does not answer, until it does', async () => {
    const clock = new TestClock(1000);
    let ping = () => Promise.reject<string>(new Error('away'));
    const sut = new StoreProbe({ ping: () => ping() } as unknown as StoreClient, clock);
    await sut.check();
    clock.ms += 5000;
    expect(await sut.check()).toMatchObject({ downSince: 1000 });
    ping = () => Promise.resolve('PONG');
    expect(await sut.check()).toMatchObject({ downSince: null });
  });
});
