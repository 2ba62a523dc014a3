import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Clock } from '../../src/core/time/clock.js';
import { eventually } from '../support/eventually.ts';
import { findRedisServer, type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { TestApp } from '../support/test-app.ts';

/** Some 5000 tokens, so that a few of them are worth a twentieth of a dollar. */
const LONG = { content: 'word '.repeat(4000) };
const KEPT = ['--appendonly', 'yes', '--appendfsync', 'always'];

interface Key {
  readonly id: string;
  readonly key: string;
}

describe('a gateway whose Redis is away', () => {
  const program = findRedisServer();
  if (program === null) {
    it.todo('goes on for a while (there is no redis-server on this machine)');
    return;
  }
  let simulator: Simulator;
  let redis: RedisServer;
  let successor: RedisServer | null;
  let dataDir: string;
  let app: TestApp;
  /** The first has no limits, the second a dollar, the third was never used. */
  let free: Key;
  let poor: Key;
  let unseen: Key;

  beforeEach(async () => {
    simulator = await startSimulator();
    redis = await startRedisServer(program, KEPT);
    successor = null;
    dataDir = mkdtempSync(join(tmpdir(), 'crs-away-'));
    const nobody = { username: null, password: null, sentinelName: '', sentinelPassword: null };
    const { host, port } = redis;
    const store = { kind: 'redis' as const, url: null, host, port, db: 0, tls: false, sentinels: [], ...nobody };
    app = await TestApp.start({ store, dataDir });
    await app.account(simulator.url, 'up');
    [free, poor, unseen] = await Promise.all([app.key(), app.key({ totalCostLimit: 1 }), app.key()]);
    for (const key of [free, poor]) expect((await ask(key)).status).toBe(200);
    await eventually(async () => ((await requestsOf(poor)) === 1 ? true : null));
    // Only now the gateway knows what is left behind the first one.
    expect((await ask(poor)).status).toBe(200);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    signal('SIGCONT');
    await app.close();
    await simulator.close();
    await successor?.stop();
    await redis.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(redis.pid, name);
    } catch {
      // It has been killed before.
    }
  };
  const ask = ({ key }: Key, message: object = { content: 'Hello' }) =>
    app.call(
      'POST',
      '/api/v1/messages',
      { model: 'claude-opus-5-5', max_tokens: 64, messages: [{ role: 'user', ...message }] },
      { 'x-api-key': key },
    );
  /** What is booked; nothing can be told while Redis is away. */
  const totalOf = async ({ id }: Key): Promise<{ requests: number; costUsd: number }> =>
    (await app.api('GET', `/keys/${id}/stats`)).body.total ?? { requests: 0, costUsd: 0 };
  const requestsOf = async (key: Key): Promise<number> => (await totalOf(key)).requests;
  const unavailable = {
    status: 503,
    body: { type: 'error', error: { type: 'api_error', message: expect.stringContaining('store') } },
  };
  const later = (ms: number): void => {
    jest.spyOn(app.app.get(Clock), 'now').mockImplementation(() => Date.now() + ms);
  };
  /** Asks until it is refused; answers how many were served. */
  const askForAll = async (key: Key): Promise<number> => {
    for (let served = 0; served < 50; served += 1) {
      const answer = await ask(key, LONG);
      if (answer.status !== 200) {
        expect(answer).toMatchObject(unavailable);
        expect(answer.headers.get('retry-after')).toBe('1');
        return served;
      }
    }
    throw new Error('Nothing is refused');
  };

  it('serves whom it knows while Redis is frozen, and waits for it once', async () => {
    signal('SIGSTOP');
    // If each of these waited as the first one does, the case would not end in time.
    for (let i = 0; i < 20; i += 1) expect((await ask(free)).status).toBe(200);
    const refused = await ask(unseen);
    expect(refused).toMatchObject(unavailable);
    expect(refused.body.error.message).toContain('cannot check API keys');
    expect(refused.headers.get('retry-after')).toBe('1');

    later(61_000);
    expect(await ask(free)).toMatchObject(unavailable);
    expect(await app.call('GET', '/health')).toMatchObject({
      status: 503,
      body: { components: { store: { status: 'unhealthy', downSince: expect.any(String) } } },
    });

    jest.restoreAllMocks();
    signal('SIGCONT');
    await eventually(async () => ((await ask(unseen)).status === 200 ? true : null));
    await eventually(async () => ((await requestsOf(free)) === 21 ? true : null));
  });

  it('lets a key with a dollar left have five cents of it, and books them when Redis is there again', async () => {
    await eventually(async () => ((await requestsOf(poor)) === 2 ? true : null));
    const before = await totalOf(poor);
    signal('SIGKILL');
    const served = await askForAll(poor);
    expect(served).toBeGreaterThan(0);
    expect((await ask(free)).status).toBe(200);

    successor = await startRedisServer(program, [...KEPT, '--port', String(redis.port), '--dir', redis.folder]);
    await eventually(async () => ((await requestsOf(poor)) === 2 + served ? true : null));
    const used = (await totalOf(poor)).costUsd - before.costUsd;
    expect(used).toBeGreaterThan(0.02);
    expect(used).toBeLessThanOrEqual(0.05);
    // What was left is known anew, and is asked of the store again.
    expect((await ask(poor, LONG)).status).toBe(200);
    await eventually(async () => ((await requestsOf(free)) === 2 ? true : null));
  });
});
