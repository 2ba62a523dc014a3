import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { STORE_CLIENT, type StoreClient } from '@crs/store';
import { createRelayApp, type RelayAppOptions } from '../../src/bootstrap.js';
import { Clock } from '../../src/core/time/clock.js';
import { SettlementQueue } from '../../src/stats/ledger/settlement-queue.js';
import { type ConfigOverrides, testConfig } from './test-config.ts';

/** Who is logged in. */
export const TEST_ADMIN = { username: 'admin', password: 'correct horse battery' } as const;

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The connection ended before the body did. */
  readonly isCut: boolean;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into bodies of many shapes
  readonly body: any;
}

export interface TestAppSetUp {
  /** What the application takes for the time; without one it is the system's. Tokens and times to live keep the latter. */
  readonly clock?: Clock;
  /** Fills the store and the data folder before the application begins its work. */
  readonly prepare?: (store: StoreClient, folder: string) => Promise<void>;
  /** Who logs in; without one the administrator of the configuration. */
  readonly login?: { readonly username: string; readonly password: string };
}

/**
 * The whole application on a real port, and an administrator who is logged in. One at a time in a process: passport keeps
 * its strategies in one place, so the application that was started last checks everybody's tokens.
 */
export class TestApp {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly url: string,
    private readonly token: string,
    private readonly folder: string,
  ) {}

  static async start(
    config: ConfigOverrides = {},
    extensions: RelayAppOptions['extensions'] = [],
    { clock, prepare, login }: TestAppSetUp = {},
  ): Promise<TestApp> {
    const folder = mkdtempSync(join(tmpdir(), 'crs-app-'));
    const merged = testConfig({
      dataDir: folder,
      ...config,
      admin: { username: TEST_ADMIN.username, password: TEST_ADMIN.password, ...config.admin },
    });
    const app = await createRelayApp({ config: merged, extensions });
    if (clock !== undefined) Object.assign(app.get(Clock), { now: () => clock.now() });
    await prepare?.(app.get<StoreClient>(STORE_CLIENT), folder);
    await app.listen(0, '127.0.0.1');
    const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    const answer = await fetch(`${url}/api/v2/auth/admin/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(login ?? { username: merged.admin.username, password: merged.admin.password }),
    });
    const { token } = (await answer.json()) as { token: string };
    return new TestApp(app, url, token, folder);
  }

  /** A call of the admin API; `body` is sent as JSON. */
  async api(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    return this.call(method, `/api/v2${path}`, body, { authorization: `Bearer ${this.token}` });
  }

  /** A call on a connection of its own; a body that is cut off is answered as far as it came. */
  call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const outgoing = request(this.url + path, { method, agent: false, headers: { ...type, ...headers } });
      // Node frames the body of this method only when it is told to.
      if (method === 'DELETE' && body !== undefined) outgoing.useChunkedEncodingByDefault = true;
      outgoing.once('error', reject);
      outgoing.once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => undefined);
        response.once('close', () => {
          resolve(toAnswer(response, Buffer.concat(chunks).toString()));
        });
      });
      outgoing.end(isRaw ? body : JSON.stringify(body));
    });
  }

  /** Creates an account; answers its id. */
  async account(
    apiUrl: string,
    apiKey: string,
    change: Record<string, unknown> = {},
    platform = 'claude-console',
  ): Promise<string> {
    const { status, body } = await this.api('POST', `/accounts/${platform}`, {
      name: `account ${apiKey}`,
      apiUrl,
      apiKey,
      ...change,
    });
    if (status !== 201) throw new Error(`The account was refused: ${JSON.stringify(body)}`);
    return body.id;
  }

  /** Creates a client key; answers its id and its secret. */
  async key(change: Record<string, unknown> = {}): Promise<{ id: string; key: string }> {
    const { status, body } = await this.api('POST', '/keys', { name: 'test key', ...change });
    if (status !== 201) throw new Error(`The key was refused: ${JSON.stringify(body)}`);
    return body;
  }

  /** Resolves when everything that was used is in the store. */
  async flushed(): Promise<void> {
    await this.app.get(SettlementQueue).flushed();
  }

  async close(): Promise<void> {
    await this.app.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function toAnswer(response: IncomingMessage, text: string): ApiAnswer {
  const headers = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
  return { status: response.statusCode ?? 0, headers, body: parse(text), isCut: !response.complete };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
