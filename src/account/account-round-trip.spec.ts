import type { AccountKind } from '@crs/extension-api';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AccountApi, type Json, startAccountApi } from '../../test/support/account-api.js';
import { CODEX_KIND, CONSOLE_KIND } from '../../test/support/account-fixture.js';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { SecretBox } from '../core/crypto/secret-box.js';
import { isMetadataHost } from './upstream-url.js';

/** One setting: what may be sent for it, how v1 stores that, and how it is answered. */
interface Setting {
  readonly values: fc.Arbitrary<unknown>;
  /** Under which name it is stored, where that is another. */
  readonly storedAs?: string;
  readonly stored: (value: never) => string;
  readonly answered?: (value: never) => unknown;
  /** What null stands for; absent: null is refused. */
  readonly fallback?: unknown;
}

const text = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: 'grapheme', maxLength: 40 })
    .map((given) => given.replace(/\p{Cc}/gu, '').trim())
    .filter((given) => given.length <= maxLength);
const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) });
const asText = (value: string): string => value;
const model = fc.oneof(
  fc.constantFrom('toString', 'valueOf', 'hasOwnProperty', '1', 'claude-opus-5-5', 'Claude Opus'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
);
const models = model.filter((name) => name.trim() !== '' && !['__proto__', 'constructor'].includes(name));
const two = (count: number): string => String(count).padStart(2, '0');

const credential = fc.string({ unit: 'binary', maxLength: 20 }).map((given) => given.replace(/\p{Cc}/gu, ''));
type Proxy = Readonly<Record<string, unknown>>;
const proxies: fc.Arbitrary<Proxy | null> = fc.option(
  fc.record(
    {
      type: fc.constantFrom('http', 'https', 'socks5'),
      host: fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()).filter((host) => !isMetadataHost(host)),
      port: fc.integer({ min: 1, max: 65_535 }),
      username: credential.map((given) => given.replaceAll(':', '')),
      password: credential,
    },
    { requiredKeys: ['type', 'host', 'port'], noNullPrototype: true },
  ),
);
const isFilled = (value: unknown): boolean => value !== undefined && value !== '';

const flag = (fallback: boolean): Setting => ({ values: fc.boolean(), stored: String, fallback });
const count = (min: number, max: number, fallback: number): Setting => ({
  values: fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max })),
  stored: String,
  fallback,
});

const COMMON: Readonly<Record<string, Setting>> = {
  name: { values: text(200).filter((given) => given !== ''), stored: asText },
  description: { values: text(2000), stored: asText, fallback: '' },
  priority: count(1, 100, 50),
  userAgent: {
    values: fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) }),
    stored: asText,
  },
  rateLimitDuration: count(0, 525_600, 60),
  proxy: {
    values: proxies,
    // v1's order of fields; empty ones are left out.
    stored: (given: Proxy | null) =>
      given === null
        ? ''
        : JSON.stringify({
            type: given['type'],
            host: given['host'],
            port: given['port'],
            ...(isFilled(given['username']) && { username: given['username'] }),
            ...(isFilled(given['password']) && { password: given['password'] }),
          }),
    answered: (given: Proxy | null) =>
      given && {
        type: given['type'],
        host: given['host'],
        port: given['port'],
        username: isFilled(given['username']) ? given['username'] : null,
        hasPassword: isFilled(given['password']),
      },
  },
  isActive: flag(true),
  schedulable: flag(true),
  disableAutoProtection: flag(false),
  accountType: { values: fc.constantFrom('shared', 'dedicated', 'group'), stored: asText, fallback: 'shared' },
  dailyQuota: {
    values: fc.oneof(fc.constantFrom(0, 0.1, 1e-7, 1e9), fc.double({ min: 0, max: 1e9, noNaN: true })),
    stored: (value: number) => String(value + 0),
    answered: (value: number) => value + 0,
    fallback: 0,
  },
  quotaResetTime: {
    values: fc.tuple(fc.nat(23), fc.nat(59)).map(([hours, minutes]) => `${two(hours)}:${two(minutes)}`),
    stored: asText,
    fallback: '00:00',
  },
  subscriptionExpiresAt: {
    values: fc.option(
      fc
        .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
        .map((at) => at.toISOString()),
    ),
    stored: (value: string | null) => value ?? '',
  },
};

const CONSOLE: Readonly<Record<string, Setting>> = {
  ...COMMON,
  apiUrl: {
    values: fc.constantFrom('https://a.example', 'https://a.example/', 'http://b.example:8080/v1/messages'),
    stored: asText,
  },
  supportedModels: {
    values: fc.oneof(
      fc.uniqueArray(models, { maxLength: 5 }),
      fc.dictionary(models, models, { maxKeys: 5, noNullPrototype: true }),
    ),
    stored: (value: object) => JSON.stringify(toMap(value)),
    answered: (value: object) => toMap(value),
    fallback: {},
  },
  maxConcurrentTasks: count(0, 100_000, 0),
  interceptWarmup: flag(false),
};

const CODEX: Readonly<Record<string, Setting>> = {
  ...COMMON,
  apiUrl: {
    values: fc.constantFrom('https://a.example', 'https://a.example/v1/', 'http://b.example:8080/v1//'),
    storedAs: 'baseApi',
    stored: withoutSlash,
    answered: withoutSlash,
  },
  providerEndpoint: { values: fc.constantFrom('responses', 'auto'), stored: asText, fallback: 'responses' },
};

function withoutSlash(value: string): string {
  return value.replace(/\/+$/, '');
}

const toMap = (value: object): object =>
  Array.isArray(value) ? Object.fromEntries(value.map((name: string) => [name, name])) : value;

const KINDS = [
  ['claude-console', CONSOLE_KIND, CONSOLE, 'claude-cli/1.0.69 (external, cli)'],
  ['codex', CODEX_KIND, CODEX, ''],
] as const satisfies readonly (readonly [string, AccountKind, Readonly<Record<string, Setting>>, string])[];

describeOnEachStore('an account from the API to the store and back', (storeOf) => {
  const runs = async (property: (api: AccountApi) => fc.IAsyncProperty<unknown>): Promise<void> => {
    const api = await startAccountApi(storeOf());
    try {
      await fc.assert(property(api), { numRuns: 60 });
    } finally {
      await api.close();
    }
  };

  it.each(KINDS)(
    '%s: keeps every setting through creation, changes and clearing',
    async (platform, kind, settings, agent) => {
      const withNull = (setting: Setting): fc.Arbitrary<unknown> =>
        Object.hasOwn(setting, 'fallback') ? fc.option(setting.values, { freq: 4 }) : setting.values;
      const apiKey = visible.filter((given) => given !== '');
      const fields: Record<string, fc.Arbitrary<unknown>> = { apiKey };
      for (const [name, setting] of Object.entries(settings)) fields[name] = withNull(setting);
      const bodies = (requiredKeys: string[]): fc.Arbitrary<Json> =>
        fc.record(fields, { requiredKeys, noNullPrototype: true });

      await runs((api) => {
        const expectKept = async (id: string, given: Json): Promise<void> => {
          const { body } = await api.send('GET', `${platform}/${id}`);
          const record = await api.store.hgetall(`${kind.recordPrefix}:${id}`);
          for (const [name, setting] of Object.entries(settings)) {
            if (!Object.hasOwn(given, name)) continue;
            const value = (given[name] === null && 'fallback' in setting ? setting.fallback : given[name]) as never;
            const storedAs = setting.storedAs ?? name;
            expect({ [name]: record[storedAs] }).toEqual({ [name]: setting.stored(value) });
            expect({ [name]: body[name] }).toEqual({ [name]: setting.answered ? setting.answered(value) : value });
          }
          expect(api.get(SecretBox).open(record['apiKey'] ?? '', kind.secretSalt, 'empty')).toBe(given['apiKey']);
          const isShared = (given['accountType'] ?? 'shared') === 'shared';
          expect(await api.store.sismember(kind.sharedSet, id)).toBe(isShared ? 1 : 0);
        };
        return fc.asyncProperty(bodies(['name', 'apiUrl', 'apiKey']), bodies([]), async (first, change) => {
          const { status, body } = await api.send('POST', platform, first);
          expect({ status, body }).toMatchObject({ status: 201 });
          const id = String(body['id']);
          await expectKept(id, first);

          const proxy = { proxy: change['proxy'] ?? null };
          expect((await api.send('PUT', `${platform}/${id}`, { ...change, ...proxy })).status).toBe(200);
          await expectKept(id, withKeptPassword({ ...first, ...change, ...proxy }, first));

          await api.send('PUT', `${platform}/${id}`, { userAgent: null, apiKey: first['apiKey'] });
          await expectKept(
            id,
            withKeptPassword({ ...first, ...change, ...proxy, userAgent: agent, apiKey: first['apiKey'] }, first),
          );
          await api.send('DELETE', `${platform}/${id}`);
        });
      });
    },
  );
});

/** A proxy that was given without a password keeps the one of the same proxy. */
function withKeptPassword(given: Json, before: Json): Json {
  const [now, then] = [given['proxy'], before['proxy']] as (Proxy | null | undefined)[];
  if (!now || !then || Object.hasOwn(now, 'password')) return given;
  const isSame =
    ['host', 'port'].every((name) => now[name] === then[name]) && (now['username'] ?? '') === (then['username'] ?? '');
  return isSame ? { ...given, proxy: { ...now, password: then['password'] } } : given;
}
