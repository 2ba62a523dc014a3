import { afterEach, beforeEach } from '@jest/globals';
import type { RedisStoreOptions } from '../redis/redis-options.js';
import { RedisStore } from '../redis/redis-store.js';
import type { RedisStoreSettings } from '../redis/redis-store.js';
import { FakeRedis } from './fake-redis.js';

/** Long waits for what must come, and short ones between attempts. */
const LIMITS = { startTimeoutMs: 10_000, connectTimeoutMs: 5_000, commandTimeoutMs: 5_000, maxReconnectDelayMs: 5 };

/** Plain Redis on this machine. */
export const LOCAL: Omit<RedisStoreOptions, 'port'> = {
  host: '127.0.0.1',
  username: null,
  password: null,
  db: 0,
  tls: false,
  sentinels: [],
  sentinelName: '',
  sentinelPassword: null,
};

/** A fake Redis for each case of the suite, stores on it, and their heartbeat and errors. */
export class FakeRedisBench {
  redis = new FakeRedis();
  port = 0;
  /** Makes the newest store's heart beat once. */
  beat: () => void = () => undefined;
  isBeating = false;
  errors: string[] = [];
  readonly stores: RedisStore[] = [];

  createStore(options: Partial<RedisStoreOptions> = {}, settings: RedisStoreSettings = {}): RedisStore {
    const store = new RedisStore(
      { ...LOCAL, port: this.port, ...options },
      {
        onError: (error) => this.errors.push(error.message),
        now: () => 0,
        repeat: (work) => this.hold(work),
        ...settings,
        limits: { ...LIMITS, ...settings.limits },
      },
    );
    this.stores.push(store);
    return store;
  }

  async openStore(settings: RedisStoreSettings = {}): Promise<RedisStore> {
    const store = this.createStore({}, settings);
    await store.open();
    return store;
  }

  /** Listens on the same port once more, with nothing remembered. */
  async restart(): Promise<void> {
    this.redis = new FakeRedis();
    await this.redis.listen(this.port);
  }

  private hold(work: () => void): () => void {
    this.beat = work;
    this.isBeating = true;
    return () => {
      this.isBeating = false;
    };
  }
}

export function useFakeRedis(): FakeRedisBench {
  const bench = new FakeRedisBench();
  beforeEach(async () => {
    bench.redis = new FakeRedis();
    bench.port = await bench.redis.listen();
    bench.errors = [];
  });
  afterEach(async () => {
    await Promise.all(bench.stores.splice(0).map((store) => store.quit()));
    await bench.redis.close();
  });
  return bench;
}
