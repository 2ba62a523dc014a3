import { afterAll, beforeAll, describe } from '@jest/globals';
import { STORE_CLIENT, type StoreClient } from '@crs/store';
import { describeOnEachStoreConfig, type StoreOfRun } from './each-store-config.js';
import { type Simulator, startSimulator } from './simulator/simulator.js';
import { type ApiAnswer, TestApp } from './test-app.js';
import { TestClock } from './test-clock.js';
import type { ConfigOverrides } from './test-config.js';
import { putKey, readGolden, readMade, type StoredKey, V1_HOUR, V1_SETTINGS, V1_VERSIONS } from './v1-golden.js';
import type { V1Made, V1Version } from './v1-golden.js';

type Fields = Readonly<Record<string, string>>;
/** Puts something into the database of v1 before the gateway starts on it. */
export type Addition = (store: StoreClient, upstream: string) => Promise<void>;

/** A gateway that was started on a database that v1 has left, at the hour in which v1 stopped. */
export class GoldenApp {
  readonly clock = new TestClock(V1_HOUR.getTime());
  readonly made: V1Made;
  private readonly stored: ReadonlyMap<string, StoredKey>;
  private opened: { readonly app: TestApp; readonly simulator: Simulator; readonly store: StoreOfRun } | null = null;

  constructor(readonly version: V1Version) {
    this.made = readMade(version);
    this.stored = new Map(readGolden(version).map((each) => [each.key, each]));
  }

  async open(startStore: () => Promise<StoreOfRun>, add: Addition, config: ConfigOverrides): Promise<void> {
    const store = await startStore();
    const simulator = await startSimulator();
    const app = await TestApp.start(
      {
        store: store.config,
        encryptionKey: V1_SETTINGS.encryptionKey,
        zoneOffsetHours: V1_SETTINGS.zoneOffsetHours,
        ...config,
        admin: { username: null, password: null },
      },
      [],
      {
        clock: this.clock,
        login: this.made.admin,
        prepare: async (client) => {
          for (const stored of this.stored.values()) await putKey(client, pointedAt(stored, simulator.url));
          await add(client, simulator.url);
        },
      },
    );
    this.opened = { app, simulator, store };
  }

  async close(): Promise<void> {
    await this.opened?.app.close();
    await this.opened?.simulator.close();
    await this.opened?.store.stop();
  }

  get app(): TestApp {
    return this.running.app;
  }

  get simulator(): Simulator {
    return this.running.simulator;
  }

  get store(): StoreClient {
    return this.app.app.get<StoreClient>(STORE_CLIENT);
  }

  /** What v1 had stored under a key; undefined: nothing. */
  hash(key: string): Fields | undefined {
    const stored = this.stored.get(key);
    return stored?.type === 'hash' ? stored.value : undefined;
  }

  /** A number that v1 had stored; 0 where there was none. */
  number(key: string): number {
    const stored = this.stored.get(key);
    return stored?.type === 'string' ? Number(stored.value) : 0;
  }

  /** The keys that begin so. */
  keysOf(prefix: string): readonly string[] {
    return [...this.stored.keys()].filter((key) => key.startsWith(prefix));
  }

  /** A client key by the beginning of its name: `limited` is `limited-a` of one version and `limited-c` of the other. */
  key(name: string): V1Made['keys'][number] {
    const found = this.made.keys.find(
      (each) => each.name.startsWith(`${name}-`) && each.name.length === name.length + 2,
    );
    if (found === undefined) throw new Error(`v1 made no key ${name}`);
    return found;
  }

  /** A call of the administrator's API that must succeed. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into bodies of many shapes
  async get(path: string): Promise<any> {
    const { status, body } = await this.app.api('GET', path);
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** A client's request. */
  send(path: string, secret: string, body?: unknown, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    const method = body === undefined ? 'GET' : 'POST';
    return this.app.call(method, path, body, { 'x-api-key': secret, ...headers });
  }

  private get running(): NonNullable<GoldenApp['opened']> {
    if (this.opened === null) throw new Error('The gateway was not started');
    return this.opened;
  }
}

/** Where v1's accounts had their simulated upstream. */
const V1_UPSTREAM = 'http://127.0.0.1:18090';
const pointedAt = (stored: StoredKey, upstream: string): StoredKey =>
  JSON.parse(JSON.stringify(stored).replaceAll(V1_UPSTREAM, upstream)) as StoredKey;

export interface GoldenOptions {
  readonly add?: Addition;
  readonly config?: ConfigOverrides;
  readonly versions?: readonly V1Version[];
}

/** Runs the cases on the database of each version in each store; one gateway serves all cases of a run. */
export function describeOnGolden(
  name: string,
  suite: (app: GoldenApp) => void,
  { add = () => Promise.resolve(), config = {}, versions = V1_VERSIONS }: GoldenOptions = {},
): void {
  for (const version of versions) {
    describe(`on a database of v${version}`, () => {
      describeOnEachStoreConfig(name, (startStore) => {
        const golden = new GoldenApp(version);
        beforeAll(() => golden.open(startStore, add, config));
        afterAll(() => golden.close());
        suite(golden);
      });
    });
  }
}
