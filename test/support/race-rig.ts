import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { AdminClient, type CreatedKey } from './admin-client.ts';
import { type BuiltGateway, startBuiltGateway } from './built-gateway.ts';
import { openRedisStore } from './each-store.ts';
import { eventually } from './eventually.ts';
import { startRedisServer } from './redis-server.ts';
import { type Answer, type Call, call } from './simulator/raw-call.ts';
import { type Simulator, startSimulator } from './simulator/simulator.ts';
import { TEST_ADMIN, TestApp } from './test-app.ts';

/** The one upstream account. */
export const UPSTREAM = 'up';

const QUESTION = { model: 'claude-opus-5-5', max_tokens: 64, messages: [{ role: 'user', content: 'Hello' }] };

export interface AskOptions {
  /** Members of the body beside, or instead of, those of a plain question. */
  readonly body?: object;
  /** Which instance is asked; all in turn when left out. */
  readonly instance?: number;
}

interface Instance {
  readonly url: string;
  readonly admin: AdminClient;
  /** Ends it without a chance to tidy up. */
  kill(): Promise<void>;
}

interface Parts {
  readonly store: StoreClient;
  readonly instances: readonly Instance[];
}

type Closer = () => Promise<unknown>;

/** Instances of the gateway on one store, before one upstream that counts. */
export class RaceRig {
  private asked = 0;

  private constructor(
    readonly simulator: Simulator,
    readonly store: StoreClient,
    readonly instances: readonly Instance[],
    private readonly closers: readonly Closer[],
  ) {}

  /** One process, the embedded store. */
  static inProcess(): Promise<RaceRig> {
    return RaceRig.start(async (closers) => {
      const app = await TestApp.start();
      closers.unshift(() => app.close());
      const instance = { url: app.url, admin: new AdminClient(app.url, TEST_ADMIN), kill: () => app.close() };
      return { store: app.app.get<StoreClient>(STORE_CLIENT), instances: [instance] };
    });
  }

  /** Two processes of the built gateway on one Redis. */
  static onRedis(program: string): Promise<RaceRig> {
    return RaceRig.start(async (closers) => {
      const redis = await startRedisServer(program);
      closers.unshift(() => redis.stop());
      const store = await openRedisStore(redis);
      closers.unshift(() => store.quit());
      const instances: BuiltGateway[] = [];
      // One after the other: the first one makes the administrator.
      for (let count = 0; count < 2; count += 1) {
        const gateway = await startBuiltGateway({ redis, adminPassword: TEST_ADMIN.password });
        closers.unshift(() => gateway.kill());
        instances.push(gateway);
      }
      return { store, instances };
    });
  }

  private static async start(startParts: (closers: Closer[]) => Promise<Parts>): Promise<RaceRig> {
    const simulator = await startSimulator();
    const closers: Closer[] = [() => simulator.close()];
    try {
      const { store, instances } = await startParts(closers);
      const rig = new RaceRig(simulator, store, instances, closers);
      const account = { name: 'the upstream', apiUrl: simulator.url, apiKey: UPSTREAM };
      await rig.instance(0).admin.createAccount('claude-console', account);
      return rig;
    } catch (error: unknown) {
      await closeAll(closers);
      throw error;
    }
  }

  /** Calls the admin API of the first instance, or of another one. */
  async api<T>(method: string, path: string, body?: unknown, instance = 0): Promise<T> {
    return (await this.instance(instance).admin.request(method, path, body)) as T;
  }

  key(fields: Readonly<Record<string, unknown>>): Promise<CreatedKey> {
    return this.instance(0).admin.createKey({ name: 'racer', ...fields });
  }

  /** One question, on a connection of its own; the client leaves when its request is destroyed. */
  call(key: CreatedKey, { body, instance }: AskOptions = {}): Call {
    this.asked += 1;
    const { url } = this.instance(instance ?? this.asked % this.instances.length);
    const type = { 'content-type': 'application/json' };
    return call(`${url}/api/v1/messages`, key.key, { ...QUESTION, ...body }, 'POST', type);
  }

  ask(key: CreatedKey, options: AskOptions = {}): Promise<Answer> {
    return this.call(key, options).answer;
  }

  /** All at once, over all instances; half of them ask for streams. */
  askMany(key: CreatedKey, count: number): Promise<Answer>[] {
    return Array.from({ length: count }, (_, at) => this.ask(key, { body: { stream: at % 4 > 1 } }));
  }

  /** Resolves when nothing is held in the name of the key any more. */
  async untilNothingIsHeld({ id }: CreatedKey): Promise<void> {
    await eventually(async () => {
      const sets = [keys.limits.concurrency(id), keys.limits.holds(id), keys.limits.queue(id)];
      const sizes = await Promise.all(sets.map((set) => this.store.zcard(set)));
      return sizes.every((size) => size === 0) ? true : null;
    });
  }

  /** A new case: what an earlier one has left behind goes on without it. */
  reset(): void {
    this.simulator.release(UPSTREAM);
    this.simulator.reset();
  }

  async stop(): Promise<void> {
    await closeAll(this.closers);
  }

  instance(at: number): Instance {
    const instance = this.instances[at];
    if (instance === undefined) throw new Error(`There is no instance ${String(at)}`);
    return instance;
  }
}

async function closeAll(closers: readonly Closer[]): Promise<void> {
  for (const close of closers) await close();
}
