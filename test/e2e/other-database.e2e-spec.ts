import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keys, RedisStore } from '@crs/store';
import { type BuiltGateway, startBuiltGateway } from '../support/built-gateway.ts';
import { findRedisServer, type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';

const MESSAGE = { model: 'claude-opus-5-5', messages: [{ role: 'user', content: 'Hello' }] };

describe('a gateway that is killed, and started on another database with the same data folder', () => {
  const program = findRedisServer();
  if (program === null) {
    it.todo('books there nothing of before (there is no redis-server on this machine)');
    return;
  }
  let simulator: Simulator;
  let dataDir: string;
  let redis: RedisServer;
  const gateways: BuiltGateway[] = [];
  const stores: RedisStore[] = [];

  beforeEach(async () => {
    simulator = await startSimulator();
    redis = await startRedisServer(program);
    dataDir = await mkdtemp(join(tmpdir(), 'crs-other-'));
  });
  afterEach(async () => {
    for (const gateway of gateways.splice(0)) await gateway.kill();
    for (const store of stores.splice(0)) await store.quit();
    await redis.stop();
    await simulator.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = async (db: number): Promise<BuiltGateway> => {
    const gateway = await startBuiltGateway({ dataDir, redis, env: { REDIS_DB: String(db) } });
    gateways.push(gateway);
    return gateway;
  };
  const open = async (db: number): Promise<RedisStore> => {
    const nobody = { username: null, password: null, sentinelName: '', sentinelPassword: null };
    const { host, port } = redis;
    const store = new RedisStore({ host, port, db, tls: false, sentinels: [], ...nobody });
    await store.open();
    stores.push(store);
    return store;
  };
  const requestsIn = async (db: number): Promise<number> =>
    Number((await (await open(db)).hget(keys.usage.globalTotal, 'requests')) ?? 0);

  it('books nothing there, and goes on with its own', async () => {
    const trial = await start(0);
    const account = { name: 'a', apiUrl: simulator.url, apiKey: 'up-a', priority: 1 };
    await trial.admin.createAccount('claude-console', account);
    const { key } = await trial.admin.createKey({ name: 'trial' });
    for (let at = 0; at < 2; at += 1) {
      const headers = { 'content-type': 'application/json', 'x-api-key': key };
      const body = JSON.stringify(MESSAGE);
      const answer = await fetch(`${trial.url}/api/v1/messages`, { method: 'POST', headers, body });
      expect(answer.status).toBe(200);
      await answer.text();
    }
    await trial.kill();
    const left = await readdir(join(dataDir, 'journal'));
    expect(left).toHaveLength(1);

    await (await open(1)).hset(keys.apiKey.hashMap, { hash: 'of-another-key' });
    const other = await start(1);
    expect(await requestsIn(1)).toBe(0);
    expect(await readdir(join(dataDir, 'journal'))).toEqual(expect.arrayContaining(left));
    expect(other.output()).toContain('A journal was written for another database');
    await other.kill();

    await start(0);
    expect(await requestsIn(0)).toBe(2);
    expect(await readdir(join(dataDir, 'journal'))).not.toEqual(expect.arrayContaining(left));
  });
});
