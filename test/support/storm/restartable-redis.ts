import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisServer, startRedisServer } from '../redis-server.ts';

const SAVE_WITHIN_MS = 10_000;

/** A redis-server that can be killed and started again on the same port and files. */
export class RestartableRedis {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly #program: string;
  readonly #options: readonly string[];
  readonly #folder: string;
  #server: RedisServer | null;

  private constructor(program: string, options: readonly string[], folder: string, server: RedisServer) {
    this.#program = program;
    this.#options = options;
    this.#folder = folder;
    this.#server = server;
    this.port = server.port;
  }

  static async start(program: string, options: readonly string[] = []): Promise<RestartableRedis> {
    const folder = mkdtempSync(join(tmpdir(), 'crs-redis-kept-'));
    // Of an option that is given twice the last one holds.
    const all = ['--dir', folder, ...options];
    return new RestartableRedis(program, all, folder, await startRedisServer(program, all));
  }

  /** Ends it without a chance to write anything down. */
  async kill(): Promise<void> {
    if (this.#server === null) return;
    process.kill(this.#server.pid, 'SIGKILL');
    await this.#server.stop();
    this.#server = null;
  }

  async startAgain(): Promise<void> {
    this.#server ??= await startRedisServer(this.#program, [...this.#options, '--port', String(this.port)]);
  }

  /** Writes all that it has to its file. */
  async save(): Promise<void> {
    const socket = createConnection(this.port, this.host);
    try {
      await once(socket, 'connect');
      socket.write('SAVE\r\n');
      const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(SAVE_WITHIN_MS) })) as [Buffer];
      if (!answer.toString().startsWith('+OK')) throw new Error(`Redis did not save: ${answer.toString()}`);
    } finally {
      socket.destroy();
    }
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = null;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
