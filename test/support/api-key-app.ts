import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { keys, type StoreClient } from '@crs/store';
import { ApiKeyModule } from '../../src/api-key/api-key.module.js';
import type { ApiKeyDto } from '../../src/api-key/dto/api-key.dto.js';
import type { CreatedApiKeyDto } from '../../src/api-key/dto/created-api-key.dto.js';
import { CryptoModule } from '../../src/core/crypto/crypto.module.js';
import type { FieldError } from '../../src/core/http/problem-details.js';
import { LeaseModule } from '../../src/core/lease/lease.module.js';
import { SettingsModule } from '../../src/core/settings/settings.module.js';
import { type HttpApp, startHttpApp } from './http-app.js';
import { TestClock } from './test-clock.js';

/** Every body that the routes of keys answer, in one. */
export interface ApiKeyBody extends Readonly<CreatedApiKeyDto> {
  readonly items: readonly Readonly<CreatedApiKeyDto>[];
  readonly total: number;
  readonly detail: string;
  readonly errors: readonly FieldError[];
}

export interface ApiKeyAnswer {
  readonly status: number;
  readonly body: ApiKeyBody;
}

/** Stands in for the admin login, which has specs of its own. */
class AdaIsAdmin implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    Object.assign(context.switchToHttp().getRequest<object>(), { user: { username: 'ada' } });
    return true;
  }
}

/** The routes of keys on a real port, called by an administrator named ada. */
export class ApiKeyApp {
  private constructor(
    private readonly server: HttpApp,
    readonly clock: TestClock,
    private readonly ownsStore: boolean,
  ) {}

  /** With an embedded store of its own unless one is given, which stays open. */
  static async start(store?: StoreClient): Promise<ApiKeyApp> {
    const clock = new TestClock(0);
    const server = await startHttpApp({
      ...(store && { store }),
      imports: [CryptoModule, LeaseModule, SettingsModule, ApiKeyModule],
      providers: [{ provide: APP_GUARD, useClass: AdaIsAdmin }],
      clock,
    });
    return new ApiKeyApp(server, clock, store === undefined);
  }

  /** `body` is sent as JSON, text as it is. */
  async call(method: string, path = '', body?: unknown): Promise<ApiKeyAnswer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const { status, body: answer } = await this.send(method, `/keys${path}`, text);
    return { status, body: answer as ApiKeyBody };
  }

  /** Calls any route below `/api/v2`; the body is JSON. */
  async send(
    method: string,
    path: string,
    body?: string,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(`${this.server.url}/api/v2${path}`, {
      method,
      ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
    });
    return { status: response.status, body: await response.json() };
  }

  /** A new key, with its secret in `key`. */
  async create(settings: object): Promise<ApiKeyBody> {
    return (await this.call('POST', '', settings)).body;
  }

  /** Puts what the settings bind a key to into the store, so that they can be accepted. */
  async addTargets(settings: object): Promise<void> {
    const { claudeAccountId, claudeConsoleAccountId, codexAccountId } = settings as Record<string, string | null>;
    const targets = [
      [claudeAccountId, 'claude_console_account', 'claude'],
      [claudeConsoleAccountId, 'claude_console_account', 'claude'],
      [codexAccountId, 'openai_responses_account', 'openai'],
    ] as const;
    for (const [target, prefix, platform] of targets) {
      if (!target) continue;
      const id = target.toLowerCase();
      if (id.startsWith('group:')) await this.store.hset(keys.group.record(id.slice(6)), { platform });
      else await this.store.hset(keys.account.record(prefix, id), { id });
    }
  }

  /** The key's hash as it is stored. */
  stored(id: string): Promise<Record<string, string>> {
    return this.server.store.hgetall(keys.apiKey.record(id));
  }

  async write(id: string, fields: Record<string, string>): Promise<void> {
    await this.server.store.hset(keys.apiKey.record(id), fields);
  }

  /** The schemas of the document, by name. */
  async schemas(): Promise<Record<string, { properties: Record<string, unknown>; required?: string[] }>> {
    const response = await fetch(`${this.server.url}/docs-json`);
    const document = (await response.json()) as { components: { schemas: Awaited<ReturnType<ApiKeyApp['schemas']>> } };
    return document.components.schemas;
  }

  /** The store behind the routes. */
  get store(): StoreClient {
    return this.server.store;
  }

  /** Forgets all keys and tags. */
  async clear(): Promise<void> {
    const { apiKey } = keys;
    const ids = await this.store.smembers(apiKey.all);
    const tags = await this.store.smembers(apiKey.allTags);
    await this.store.del(
      ...ids.flatMap((id) => [apiKey.record(id), apiKey.extra(id)]),
      ...tags.map((tag) => apiKey.tag(tag)),
      ...[apiKey.all, apiKey.byCreatedAt, apiKey.byLastUsedAt, apiKey.byName, apiKey.active, apiKey.deleted],
      ...[apiKey.allTags, apiKey.hashMap],
    );
  }

  close(): Promise<void> {
    return this.ownsStore ? this.server.close() : this.server.app.close();
  }
}

/** The names of the refused fields. */
export const refusedFields = ({ body }: ApiKeyAnswer): readonly string[] => body.errors.map((error) => error.field);

/** An answer without the secret, which only a creation shows. */
export function withoutSecret(body: ApiKeyBody): Readonly<ApiKeyDto> {
  return Object.fromEntries(Object.entries(body).filter(([field]) => field !== 'key')) as unknown as ApiKeyDto;
}
