import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { AdminClient } from './admin-client.ts';

export interface GatewayOptions {
  /** A free one when left out. */
  readonly port?: number;
  /** Kept when given; a temporary one that goes with the process otherwise. */
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The store instead of its own; every instance on it gets the same secrets. */
  readonly redis?: { readonly host: string; readonly port: number };
  /** Of the first instance on a store; made up when left out. */
  readonly adminPassword?: string;
  /** Show what it writes instead of keeping it. */
  readonly showOutput?: boolean;
  /** Kills it when it is aborted, also while it starts; the start rejects then. */
  readonly signal?: AbortSignal;
}

/** The built gateway (`dist/main.js` below the working directory), running as a process of its own. */
export interface BuiltGateway {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly adminPassword: string;
  readonly admin: AdminClient;
  /** Resolves with the exit code when it has ended, null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** The end of what it has written. */
  output(): string;
  /** Asks it to end, waits until it has. */
  stop(): Promise<number | null>;
  /** Ends it without a chance to tidy up. */
  kill(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;
const POLL_MS = 50;
const POLL_TIMEOUT_MS = 2_000;
const KEPT_OUTPUT = 20_000;

/** With any of these set the gateway would use somebody's Redis instead of its own store. */
const STORE_VARIABLES = ['REDIS_URL', 'REDIS_HOST', 'REDIS_SENTINELS'];

/** The port when it is free, any free one for 0; rejects when it is taken. */
async function freePort(wanted: number): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}

/** What instances on one Redis have in common. */
const redisEnvironment = ({ host, port }: NonNullable<GatewayOptions['redis']>): Record<string, string> => ({
  REDIS_HOST: host,
  REDIS_PORT: String(port),
  ENCRYPTION_KEY: 'a-key-of-thirty-two-characters!!',
});

function environment(
  options: GatewayOptions,
  own: Readonly<Record<string, string>>,
): Record<string, string | undefined> {
  const shared = options.redis === undefined ? {} : redisEnvironment(options.redis);
  const inherited = Object.entries(process.env).filter(([name]) => !STORE_VARIABLES.includes(name));
  return { ...Object.fromEntries(inherited), ALLOW_PRIVATE_UPSTREAMS: 'true', ...own, ...shared, ...options.env };
}

async function untilHealthy(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  while (performance.now() < giveUpAt) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`The gateway ended instead of starting.\n${output()}`);
    }
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(POLL_TIMEOUT_MS) }).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    await sleep(POLL_MS);
  }
  child.kill('SIGKILL');
  throw new Error(`The gateway was not healthy within ${READY_WITHIN_MS} ms.\n${output()}`);
}

function spawnGateway(options: GatewayOptions, own: Readonly<Record<string, string>>): ChildProcess {
  const guard = pathToFileURL(resolve('scripts/lib/end-with-parent.mjs')).href;
  return spawn(process.execPath, ['--import', guard, resolve('dist/main.js')], {
    env: environment(options, own),
    stdio: ['ignore', options.showOutput ? 'inherit' : 'pipe', options.showOutput ? 'inherit' : 'pipe', 'ipc'],
    detached: process.platform !== 'win32',
  });
}

/**
 * Starts the gateway with the embedded store, unless a Redis is given, and waits until it serves. It ends when this
 * process dies. Rejects when the port is taken, when it ends instead of serving, and after half a minute.
 */
export async function startBuiltGateway(options: GatewayOptions = {}): Promise<BuiltGateway> {
  const port = await freePort(options.port ?? 0);
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'crs-gateway-'));
  const adminPassword = options.adminPassword ?? randomBytes(12).toString('base64url');
  const url = `http://127.0.0.1:${port}`;
  const child = spawnGateway(options, {
    PORT: String(port),
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    ADMIN_USERNAME: 'admin',
    ADMIN_PASSWORD: adminPassword,
  });
  options.signal?.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
  let kept = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      kept = (kept + text).slice(-KEPT_OUTPUT);
    });
  }
  const ended = new Promise<number | null>((done) => {
    child.once('exit', (code) => {
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
      done(code);
    });
  });
  await untilHealthy(url, child, () => kept);
  return {
    url,
    port,
    pid: child.pid ?? 0,
    adminPassword,
    admin: new AdminClient(url, { username: 'admin', password: adminPassword }),
    ended,
    output: () => kept,
    stop: async () => {
      child.kill('SIGTERM');
      return await ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
