import { openSqliteStore, type StoreClient } from '@crs/store';
import type { Type } from '@nestjs/common';
import { accountMetadata } from './account-app.js';
import { startHttpApp } from './http-app.js';
import { testConfig } from './test-config.js';

export type Json = Record<string, unknown>;

interface ApiAnswer {
  readonly status: number;
  readonly body: Json;
}

/** A console account as an administrator sends it. */
export const NEW_CONSOLE_ACCOUNT = {
  name: 'console-one',
  apiUrl: 'https://console.example/v1/messages',
  apiKey: 'sk-ant-secret-1',
};

/** The account routes over HTTP, with a clock that is set by hand. */
export interface AccountApi {
  /** Epoch ms. */
  now: number;
  readonly url: string;
  readonly store: StoreClient;
  /** `path` begins with the platform. */
  send(method: string, path: string, body?: unknown): Promise<ApiAnswer>;
  /** `path` stands below `/api/v2`. */
  call(method: string, path: string, body?: unknown): Promise<ApiAnswer>;
  /** Creates a console account and gives its id. */
  create(change?: Json): Promise<string>;
  /** The stored record of a console account. */
  record(id: string): Promise<Record<string, string>>;
  get<T>(type: Type<T>): T;
  close(): Promise<void>;
}

/**
 * Upstreams on private addresses are refused. Without a store there is one in memory, where time is the clock's, too; a
 * given one is left open.
 */
export async function startAccountApi(given?: StoreClient): Promise<AccountApi> {
  const clock = { at: Date.parse('2026-11-23T04:00:00.000Z') };
  const now = (): number => clock.at;
  const store = given ?? openSqliteStore(':memory:', { now });
  const config = testConfig({ egress: { allowPrivateUpstreams: false } });
  const http = await startHttpApp({ ...accountMetadata, config, store, clock: { now } });

  const call = async (method: string, path: string, body?: unknown): Promise<ApiAnswer> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${http.url}/api/v2${path}`, {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: text }),
    });
    return { status: response.status, body: (await response.json()) as Json };
  };
  const send: AccountApi['send'] = (method, path, body) => call(method, `/accounts/${path}`, body);
  return {
    get now() {
      return clock.at;
    },
    set now(at: number) {
      clock.at = at;
    },
    url: http.url,
    store,
    send,
    call,
    async create(change = {}) {
      const answer = await send('POST', 'claude-console', { ...NEW_CONSOLE_ACCOUNT, ...change });
      if (answer.status !== 201) throw new Error(`The account was not created: ${JSON.stringify(answer.body)}`);
      return String(answer.body['id']);
    },
    record: (id) => store.hgetall(`claude_console_account:${id}`),
    get: (type) => http.app.get(type),
    close: () => (given === undefined ? http.close() : http.app.close()),
  };
}
