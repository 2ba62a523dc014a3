import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteStore, RedisStore, type StoreClient } from '@crs/store';
import { type BuiltGateway, startBuiltGateway } from '../built-gateway.ts';
import { type ClientDialect, DIALECTS } from '../client-dialects.ts';
import { type AskedRequest, keepAsking, NUMBER_HEADER, type StormKey } from './storm-client.ts';
import type { UpstreamRequest } from './storm-judge.ts';

/** A simulated upstream, in whatever process. */
interface StormUpstream {
  readonly url: string;
}

export interface StormOptions {
  readonly upstream: StormUpstream;
  readonly clients: number;
  /** Null: the embedded store. */
  readonly redis: { readonly host: string; readonly port: number } | null;
}

interface LoggedRequest extends Omit<UpstreamRequest, 'number'> {
  readonly headers: Readonly<Record<string, string>>;
  readonly outcome: string;
}

const ADMIN_PASSWORD = 'a password of this run';
/** Accounts of each platform at different speeds: streams of one to four seconds, answers of a quarter to one. */
const EVENT_DELAYS_MS = [90, 150, 210, 270];
const HEAD_DELAY_FACTOR = 3;
const TEXT = 'A whole answer takes its time, and comes in many small pieces. '.repeat(2);
const DELTA_CHARS = 24;
/** Of both kinds of answers, as the upstream works it out. */
export const FINAL_OUTPUT_TOKENS = Math.ceil(TEXT.length / 4);
/** One client of so many wants whole answers. */
const WHOLE_EVERY = 5;
const CLIENTS_PER_KEY = 20;
/** On a busy machine. */
const STARTED_WITHIN_MS = 30_000;
const ENDED_WITHIN_MS = 10_000;
const POLL_MS = 20;
/** The replay of a few hundred requests takes about as long. */
const REPLAY_MS = 120;

/** A gateway that is killed and started again on one folder and one store, under the load of many clients. */
export class StormRig {
  readonly accountIds: string[] = [];
  keys: readonly StormKey[] = [];
  asked: AskedRequest[] = [];
  #enough = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #number = 0;
  #gateway: BuiltGateway | null = null;
  readonly #options: StormOptions;
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'crs-storm-'));

  private constructor(options: StormOptions) {
    this.#options = options;
  }

  static async create(options: StormOptions): Promise<StormRig> {
    const rig = new StormRig(options);
    try {
      await rig.start();
      for (const dialect of Object.values(DIALECTS)) await rig.createAccounts(dialect);
      return rig;
    } catch (error: unknown) {
      await rig.end();
      throw error;
    }
  }

  async createAccounts({ name, slots }: ClientDialect): Promise<void> {
    const { upstream, clients } = this.#options;
    for (const eventDelayMs of EVENT_DELAYS_MS) {
      const apiKey = `storm-${name}-${eventDelayMs}`;
      const step = { text: TEXT, deltaChars: DELTA_CHARS, eventDelayMs, delayMs: eventDelayMs * HEAD_DELAY_FACTOR };
      await tell(upstream, { key: apiKey, default: step });
      const account = { name: apiKey, apiUrl: upstream.url, apiKey, ...slots(clients) };
      this.accountIds.push((await this.gateway.admin.createAccount(name, account)).id);
    }
  }

  get gateway(): BuiltGateway {
    if (this.#gateway === null) throw new Error('no gateway runs');
    return this.#gateway;
  }

  /** Resolves when it serves, and so has booked what earlier ones have left. */
  async start(signal?: AbortSignal): Promise<void> {
    const { redis } = this.#options;
    this.#gateway = await startBuiltGateway({
      dataDir: this.#dataDir,
      adminPassword: ADMIN_PASSWORD,
      env: { LOG_LEVEL: 'error', ADMIN_PASSWORD },
      ...(redis !== null && { redis }),
      ...(signal !== undefined && { signal }),
    });
  }

  async startIfStopped(): Promise<void> {
    if (this.#gateway === null) await this.start();
  }

  /** Starts one and kills it while it books what the one before has left. `at`: 0 to 1, how far it gets. */
  async killWhileReplaying(at: number): Promise<void> {
    const left = new Set(this.journals());
    const enough = new AbortController();
    const started = this.start(enough.signal).catch(() => undefined);
    // By name: one that is quick has deleted what it was left before anybody counts.
    await eventually(() => this.journals().some((name) => !left.has(name)), STARTED_WITHIN_MS);
    await sleep(at * REPLAY_MS);
    enough.abort();
    await started;
    await this.#gateway?.kill();
    this.#gateway = null;
  }

  /** Fresh keys, and an upstream that remembers nothing, for requests that are told from all earlier ones. */
  async beginRound(): Promise<void> {
    await fetch(`${this.#options.upstream.url}/__log`, { method: 'DELETE' });
    this.asked = [];
    this.#number = 0;
    const { admin } = this.gateway;
    const limits = { concurrencyLimit: this.#options.clients, dailyCostLimit: 1_000_000 };
    const count = Math.ceil(this.#options.clients / CLIENTS_PER_KEY);
    this.keys = await Promise.all(
      Array.from({ length: count }, async (_unused, n) => admin.createKey({ name: `storm ${n}`, ...limits })),
    );
  }

  /** Lets the clients loose; they ask until `calm`. */
  rage(): void {
    this.#enough = new AbortController();
    const { url } = this.gateway;
    this.#running = Promise.all(
      Array.from({ length: this.#options.clients }, async (_unused, n) => {
        const key = this.keys[n % this.keys.length];
        if (key === undefined) return;
        const stream = n % WHOLE_EVERY !== 0;
        // Every second five, so that both kinds of answers are asked for in both ways.
        const dialect = Math.floor(n / WHOLE_EVERY) % 2 === 0 ? DIALECTS['claude-console'] : DIALECTS.codex;
        const nextNumber = (): number => ++this.#number;
        await keepAsking({ url, key, dialect, stream, enough: this.#enough.signal, nextNumber, asked: this.asked });
      }),
    );
  }

  /** Nobody asks again; resolves when all answers have ended. */
  async calm(): Promise<void> {
    this.#enough.abort();
    await this.#running;
  }

  /** The epoch ms at which the gateway was killed under its clients. */
  async kill(): Promise<number> {
    this.#enough.abort();
    const killedAt = Date.now();
    await this.gateway.kill();
    this.#gateway = null;
    await this.#running;
    return killedAt;
  }

  /** What the upstream has seen of this round; all of it has ended. */
  async upstreamLog(): Promise<readonly UpstreamRequest[]> {
    let entries: readonly LoggedRequest[] = [];
    await eventually(async () => {
      const answer = await fetch(`${this.#options.upstream.url}/__log`);
      ({ entries } = (await answer.json()) as { entries: readonly LoggedRequest[] });
      return entries.every(({ outcome }) => outcome !== 'open');
    });
    return entries.map((entry) => ({ ...entry, number: Number(entry.headers[NUMBER_HEADER]) }));
  }

  /** Names of the journals that are there; a living gateway has one. */
  journals(): readonly string[] {
    return readdirSync(join(this.#dataDir, 'journal'));
  }

  /** Looks into the store. The embedded one is looked into while no gateway runs. */
  async withStore<T>(look: (store: StoreClient) => Promise<T>): Promise<T> {
    const { redis } = this.#options;
    if (redis === null) await this.stop();
    const store = redis === null ? openSqliteStore(join(this.#dataDir, 'relay.db')) : await openRedis(redis);
    try {
      return await look(store);
    } finally {
      await store.quit();
    }
  }

  async stop(): Promise<void> {
    await this.#gateway?.stop();
    this.#gateway = null;
  }

  async end(): Promise<void> {
    this.#enough.abort();
    await this.#gateway?.kill();
    await this.#running;
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

async function tell({ url }: StormUpstream, order: unknown): Promise<void> {
  const answer = await fetch(`${url}/__control`, { method: 'POST', body: JSON.stringify(order) });
  if (!answer.ok) throw new Error(`The simulator refused an order: ${await answer.text()}`);
}

async function openRedis({ host, port }: NonNullable<StormOptions['redis']>): Promise<RedisStore> {
  const nobody = { username: null, password: null, sentinelName: '', sentinelPassword: null };
  const store = new RedisStore({ host, port, db: 0, tls: false, sentinels: [], ...nobody });
  await store.open();
  return store;
}

/** @throws Error when it does not hold in time; ten seconds, unless told */
async function eventually(holds: () => boolean | Promise<boolean>, withinMs = ENDED_WITHIN_MS): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error('The storm does not come to its end');
    await sleep(POLL_MS);
  }
}
