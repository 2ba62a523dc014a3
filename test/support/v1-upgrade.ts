import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { openSqliteStore, RedisStore, STORE_CLIENT, type StoreClient } from '@crs/store';
import type { AppConfig } from '../../src/core/config/app-config.js';
import { eventually } from './eventually.ts';
import { findRedisServer, startRedisServer } from './redis-server.ts';
import { type Simulator, startSimulator } from './simulator/simulator.ts';
import { type DumpedKey, dumpStore } from './store-dump.ts';
import { TestApp } from './test-app.ts';
import { loadGolden, readGolden, readMade, V1_HOUR, V1_SETTINGS, type V1Made, type V1Version } from './v1-golden.ts';

export type StoreKind = AppConfig['store']['kind'];
export type Dump = Readonly<Record<string, DumpedKey>>;

/** Where the tests run; Redis only where the machine has it. */
export const STORE_KINDS: readonly StoreKind[] = findRedisServer() === null ? ['embedded'] : ['embedded', 'redis'];

const SESSION_MS = 3_600_000;

/** What is made has an id; a key shows its secret. */
export interface MadeAnswer {
  readonly id: string;
  readonly key: string;
}

export interface ListAnswer<T = Readonly<Record<string, unknown>>> {
  readonly items: readonly T[];
}

interface Parts {
  readonly app: TestApp;
  readonly simulator: Simulator;
  readonly made: V1Made;
  readonly before: Dump;
  readonly config: AppConfig['store'];
  readonly time: TimeOfV1;
  readonly end: () => Promise<void>;
}

/** This gateway, started on a database that v1 left, whose accounts have an upstream again. */
export class V1Upgrade {
  private stopped: Promise<void> | null = null;

  private constructor(private readonly parts: Parts) {}

  static async start(version: V1Version, kind: StoreKind): Promise<V1Upgrade> {
    const folder = mkdtempSync(join(tmpdir(), 'crs-v1-'));
    const time = new TimeOfV1();
    const { config, stop } = await prepareStore(kind, folder);
    const before = await withStore(config, async (store) => {
      await loadGolden(store, version);
      // What is not written again must not look as if it had been.
      for (const { key, ttlMs } of readGolden(version)) if (ttlMs > 0) await store.pexpire(key, Math.ceil(ttlMs / 2));
      return dumpStore(store);
    });
    const made = readMade(version);
    const simulator = await startSimulator();
    const app = await TestApp.start({
      store: config,
      encryptionKey: V1_SETTINGS.encryptionKey,
      zoneOffsetHours: V1_SETTINGS.zoneOffsetHours,
      session: { ttlMs: SESSION_MS, renewBelowMs: 0 },
      relay: { holdMs: 50 },
      admin: made.admin,
    });
    const end = async (): Promise<void> => {
      await simulator.close();
      await stop();
      time.end();
      rmSync(folder, { recursive: true, force: true });
    };
    const sut = new V1Upgrade({ app, simulator, made, before, config, time, end });
    for (const name of ['console-primary', 'console-mapped', 'codex-primary']) await sut.reconnect(name);
    await eventually(async () => (await sut.store.get('apikey:index:version')) === '2');
    return sut;
  }

  get app(): TestApp {
    return this.parts.app;
  }

  get simulator(): Simulator {
    return this.parts.simulator;
  }

  /** What v1 was asked to make. */
  get made(): V1Made {
    return this.parts.made;
  }

  /** What v1 left, with times to live that are half over. */
  get before(): Dump {
    return this.parts.before;
  }

  get store(): StoreClient {
    return this.app.app.get<StoreClient>(STORE_CLIENT);
  }

  account(name: string): { id: string; secret: string; platform: 'claude-console' | 'codex' } {
    const found = this.made.accounts.find(({ created }) => JSON.stringify(created).includes(`"${name}-`));
    if (found === undefined) throw new Error(`v1 made no account ${name}`);
    const { created, secret, platform } = found;
    const { id } = (created['account'] ?? created) as { id: string };
    return { id, secret, platform: platform === 'claude-console' ? 'claude-console' : 'codex' };
  }

  key(name: string): { id: string; key: string } {
    const found = this.made.keys.find((made) => made.name.startsWith(`${name}-`));
    if (found === undefined) throw new Error(`v1 made no key ${name}`);
    return found;
  }

  /** A call of the admin API that must succeed; answers its body. */
  async admin<T = MadeAnswer>(method: string, path: string, body?: unknown): Promise<T> {
    const answer: { status: number; body: unknown } = await this.app.api(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }

  /** So many milliseconds have passed. */
  pass(ms: number): void {
    this.parts.time.pass(ms);
  }

  /** A dump of all that is in the store when nothing is being booked any more. */
  async dump(): Promise<Dump> {
    await this.app.flushed();
    return dumpStore(this.store);
  }

  /** Stops the gateway, but not its store; answers what it leaves. */
  async stop(): Promise<Dump> {
    this.stopped ??= this.app.close();
    await this.stopped;
    return withStore(this.parts.config, dumpStore);
  }

  async close(): Promise<void> {
    await this.stop();
    await this.parts.end();
  }

  private async reconnect(name: string): Promise<void> {
    const { id, platform } = this.account(name);
    await this.admin('PUT', `/accounts/${platform}/${id}`, { apiUrl: this.simulator.url });
  }
}

/** Time of the same hour, day and month as in the database, going on from there. */
class TimeOfV1 {
  private readonly realNow = Date.now.bind(Date);
  private aheadMs = V1_HOUR.getTime() - this.realNow();
  private readonly spy = jest.spyOn(Date, 'now').mockImplementation(() => this.realNow() + this.aheadMs);

  pass(ms: number): void {
    this.aheadMs += ms;
  }

  end(): void {
    this.spy.mockRestore();
  }
}

async function prepareStore(
  kind: StoreKind,
  folder: string,
): Promise<{ config: AppConfig['store']; stop: () => Promise<void> }> {
  const program = findRedisServer();
  if (kind === 'embedded' || program === null)
    return { config: { kind: 'embedded', file: join(folder, 'store.db') }, stop: () => Promise.resolve() };
  const server = await startRedisServer(program);
  const nobody = { username: null, password: null, sentinelName: '', sentinelPassword: null };
  const { host, port } = server;
  return {
    config: { kind: 'redis', url: null, host, port, db: 0, tls: false, sentinels: [], ...nobody },
    stop: () => server.stop(),
  };
}

async function withStore<T>(config: AppConfig['store'], use: (store: StoreClient) => Promise<T>): Promise<T> {
  const store = await openStore(config);
  try {
    return await use(store);
  } finally {
    await store.quit();
  }
}

async function openStore(config: AppConfig['store']): Promise<StoreClient> {
  if (config.kind === 'embedded') return openSqliteStore(config.file);
  const store = new RedisStore(config);
  await store.open();
  return store;
}
