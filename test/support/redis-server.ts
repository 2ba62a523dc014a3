import { execFileSync, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 5_000;
const ATTEMPTS = 3;

/** A redis-server of this test run alone: its own port and folder, nothing kept. */
export interface RedisServer {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  /** For signals: SIGSTOP freezes it. */
  readonly pid: number;
  /** Ends it and removes its folder; safe to call twice. */
  stop(): Promise<void>;
}

/** The arguments of a server, made for the folder and port that it gets. */
type Arguments = (folder: string, port: number) => readonly string[];

const NOTHING_KEPT = ['--save', '', '--appendonly', 'no', '--bind', '127.0.0.1'];

/**
 * The redis-server of this machine: `REDIS_SERVER_BIN`, else the first on PATH; null when there is none.
 *
 * @throws Error when REDIS_SERVER_BIN names no program, or REQUIRE_REDIS=1 and there is none.
 */
export function findRedisServer(): string | null {
  const named = process.env['REDIS_SERVER_BIN'] ?? '';
  if (named !== '' && !isProgram(named)) throw new Error(`REDIS_SERVER_BIN names no program: ${named}`);
  if (named !== '') return named;
  const found = onPath('redis-server');
  if (found === null && process.env['REQUIRE_REDIS'] === '1') {
    throw new Error('REQUIRE_REDIS=1, but there is no redis-server on PATH and REDIS_SERVER_BIN is not set.');
  }
  return found;
}

/** Why no TLS server can be started here, or null when one can. */
export function whyNoTls(program: string): string | null {
  if (onPath('openssl') === null) return 'there is no openssl on this machine';
  // Without a certificate it ends at once, and complains about that only if it knows of TLS at all.
  const { stdout, stderr } = spawnSync(program, ['--port', '0', '--tls-port', '1'], {
    encoding: 'utf8',
    timeout: STOP_TIMEOUT_MS,
  });
  return `${stdout}${stderr}`.includes('tls-cert-file') ? null : 'this redis-server was built without TLS';
}

/** Starts a redis-server on a free port and waits until it takes connections. */
export function startRedisServer(program: string, more: readonly string[] = []): Promise<RedisServer> {
  return start(program, (folder, port) => ['--port', String(port), ...NOTHING_KEPT, '--dir', folder, ...more]);
}

/** One that speaks TLS only, with the self-signed certificate `cert.pem` in its folder. Needs openssl. */
export function startTlsRedisServer(program: string): Promise<RedisServer> {
  return start(program, (folder, port) => {
    writeCertificate(folder);
    const files = ['--tls-cert-file', join(folder, 'cert.pem'), '--tls-key-file', join(folder, 'key.pem')];
    const tls = ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', ...files];
    return [...tls, ...NOTHING_KEPT, '--dir', folder];
  });
}

/** A sentinel that knows one master under a name. */
export function startSentinel(
  program: string,
  watch: { readonly name: string; readonly master: RedisServer; readonly password: string },
): Promise<RedisServer> {
  return start(program, (folder, port) => {
    const file = join(folder, 'sentinel.conf');
    const monitor = `sentinel monitor ${watch.name} ${watch.master.host} ${watch.master.port} 1`;
    const lines = [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, `requirepass ${watch.password}`, monitor, ''];
    writeFileSync(file, lines.join('\n'));
    return [file, '--sentinel'];
  });
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function writeCertificate(folder: string): void {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...files], { stdio: 'ignore' });
}

/** Another process may take the port between its choice and the start, so one failure proves nothing. */
async function start(program: string, args: Arguments): Promise<RedisServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(program, args);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function launch(program: string, args: Arguments): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'crs-redis-'));
  let child: ChildProcess | null = null;
  try {
    const port = await freePort();
    const server = spawn(program, args(folder, port), { stdio: ['ignore', 'pipe', 'inherit'] });
    child = server;
    await untilReady(server);
    return { host: '127.0.0.1', port, folder, pid: server.pid ?? 0, stop: () => end(server, folder) };
  } catch (error) {
    await end(child, folder);
    throw error;
  }
}

/** @throws Error with what the server said, when it ends or stays silent. */
async function untilReady(child: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => {
      reject(new Error(`redis-server ${why}: ${said.trim()}`));
    };
    const timer = setTimeout(fail, START_TIMEOUT_MS, 'did not start in time');
    child.once('error', (error) => {
      fail(error.message);
    });
    child.once('exit', () => {
      clearTimeout(timer);
      fail('ended at its start');
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (!/Ready to accept connections|\+monitor master/.test(said)) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

async function end(child: ChildProcess | null, folder: string): Promise<void> {
  if (child !== null && child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
  rmSync(folder, { recursive: true, force: true });
}

function onPath(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
