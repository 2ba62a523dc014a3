import type { AccountProxy } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CODEX_KIND, CONSOLE_KIND, v1CodexRecord, v1ConsoleRecord } from '../../test/support/account-fixture.js';
import {
  ACCOUNT_TYPES,
  type AccountSettings,
  decodeAccount,
  defaultSettings,
  encodeSettings,
  hasSetting,
  INVALID_PROXY_STATUS,
  MISSING_KEY_STATUS,
  newRecord,
  PROVIDER_ENDPOINTS,
  toUpstreamAccount,
} from './account-record.js';
import { isMetadataHost } from './upstream-url.js';

const { ownSettings: _, ...ALL_SETTINGS_KIND } = CONSOLE_KIND;

const text = fc.string({ unit: 'grapheme' });
const filled = fc.string({ minLength: 1 });
const proxies: fc.Arbitrary<AccountProxy> = fc.record(
  {
    type: fc.constantFrom('http', 'https', 'socks5'),
    host: fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.constant('[::1]')).filter((host) => !isMetadataHost(host)),
    port: fc.integer({ min: 1, max: 65_535 }),
    username: filled,
    password: filled,
  },
  { requiredKeys: ['type', 'host', 'port'] },
);
const settings: fc.Arbitrary<AccountSettings> = fc.record({
  name: text,
  description: text,
  apiUrl: text,
  apiKey: text,
  priority: fc.integer({ min: 1, max: 100 }),
  supportedModels: fc
    .uniqueArray(fc.tuple(fc.oneof(filled, fc.constantFrom('__proto__', 'constructor')), filled), {
      selector: ([name]) => name,
    })
    .map((pairs) => Object.fromEntries(pairs)),
  userAgent: text,
  rateLimitDuration: fc.nat(),
  proxy: fc.option(proxies),
  isActive: fc.boolean(),
  accountType: fc.constantFrom(...ACCOUNT_TYPES),
  schedulable: fc.boolean(),
  dailyQuota: fc.double({ min: 0, max: 1e9, noNaN: true }).map(Math.abs),
  quotaResetTime: fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 })).map(toTime),
  maxConcurrentTasks: fc.nat(),
  disableAutoProtection: fc.boolean(),
  interceptWarmup: fc.boolean(),
  subscriptionExpiresAt: fc.option(fc.date({ noInvalidDate: true })),
  providerEndpoint: fc.constantFrom(...PROVIDER_ENDPOINTS),
});

function toTime([hours, minutes]: readonly [number, number]): string {
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

describe('the codec of account records', () => {
  it('gives back every setting that it was given', () => {
    fc.assert(
      fc.property(settings, (given) => {
        const fields = encodeSettings(ALL_SETTINGS_KIND, given);
        expect(decodeAccount(ALL_SETTINGS_KIND, 'id', fields)).toMatchObject(given);
        expect(encodeSettings(ALL_SETTINGS_KIND, decodeAccount(ALL_SETTINGS_KIND, 'id', fields))).toEqual(fields);
      }),
    );
  });

  it('never throws, whatever the record holds', () => {
    const names = Object.keys({ ...v1ConsoleRecord(), ...v1CodexRecord() });
    const records = fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.string(), fc.json(), fc.constant('true')));
    fc.assert(
      fc.property(records, fc.constantFrom(CONSOLE_KIND, CODEX_KIND), (record, kind) => {
        const stored = decodeAccount(kind, 'id', record);
        expect(stored.priority).toBeGreaterThanOrEqual(1);
        expect(stored.dailyQuota).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('writes only the settings that were given, and only those that the kind has', () => {
    const given = { priority: 7, supportedModels: { a: 'b' }, providerEndpoint: 'auto', name: undefined } as const;
    expect(encodeSettings(CONSOLE_KIND, given)).toEqual({ priority: '7', supportedModels: '{"a":"b"}' });
    expect(encodeSettings(CODEX_KIND, given)).toEqual({ priority: '7', providerEndpoint: 'auto' });
  });

  it.each([
    [CONSOLE_KIND, ['supportedModels', 'maxConcurrentTasks', 'interceptWarmup', 'priority'], ['providerEndpoint']],
    [CODEX_KIND, ['providerEndpoint', 'name'], ['supportedModels', 'maxConcurrentTasks', 'interceptWarmup']],
    [ALL_SETTINGS_KIND, ['supportedModels', 'providerEndpoint'], []],
  ])('knows which settings a kind has', (kind, own, foreign) => {
    expect(own.filter((name) => !hasSetting(kind, name))).toEqual([]);
    expect(foreign.filter((name) => hasSetting(kind, name))).toEqual([]);
  });
});

describe('a new record', () => {
  const created = { at: new Date('2026-11-23T04:05:00.266Z'), day: '2026-11-23' };

  it('is, field by field, what v1 writes for a console account', () => {
    const given = {
      name: 'console-one',
      apiUrl: 'https://console.example/v1/messages',
      apiKey: 'sk-console-plain',
      supportedModels: { 'claude-opus-4-1-20250805': 'vendor-opus' },
      userAgent: 'claude-cli/2.0.0 (external, cli)',
      rateLimitDuration: 30,
      dailyQuota: 25,
      quotaResetTime: '06:30',
      maxConcurrentTasks: 7,
    };
    expect(newRecord(CONSOLE_KIND, 'c1', given, created)).toEqual(v1ConsoleRecord());
  });

  it('has the defaults of v1', () => {
    const given = { name: 'codex-one', apiUrl: 'https://codex.example/v1', apiKey: 'sealed', proxy: undefined };
    expect(newRecord(CODEX_KIND, 'x1', given, created)).toEqual(
      v1CodexRecord({ apiKey: 'sealed', priority: '50', createdAt: '2026-11-23T04:05:00.266Z' }),
    );
    expect(newRecord(CONSOLE_KIND, 'c1', given, created)).toMatchObject({
      supportedModels: '{}',
      userAgent: 'claude-cli/1.0.69 (external, cli)',
      maxConcurrentTasks: '0',
      dailyQuota: '0',
      quotaResetTime: '00:00',
    });
  });
});

describe('decodeAccount', () => {
  it('reads a record of v1', () => {
    const proxy = '{"type":"socks5","host":"127.0.0.1","port":1080,"username":"u","password":"p"}';
    const stored = decodeAccount(
      CONSOLE_KIND,
      'c1',
      v1ConsoleRecord({ proxy, updatedAt: '2026-11-23T04:05:00.337Z', rateLimitedAt: '2026-11-23T05:00:00.000Z' }),
    );
    expect(stored).toEqual({
      id: 'c1',
      name: 'console-one',
      description: '',
      apiUrl: 'https://console.example/v1/messages',
      apiKey: 'sk-console-plain',
      priority: 50,
      supportedModels: { 'claude-opus-4-1-20250805': 'vendor-opus' },
      userAgent: 'claude-cli/2.0.0 (external, cli)',
      rateLimitDuration: 30,
      proxy: { type: 'socks5', host: '127.0.0.1', port: 1080, username: 'u', password: 'p' },
      isActive: true,
      accountType: 'shared',
      schedulable: true,
      dailyQuota: 25,
      quotaResetTime: '06:30',
      maxConcurrentTasks: 7,
      disableAutoProtection: false,
      interceptWarmup: false,
      subscriptionExpiresAt: null,
      providerEndpoint: 'responses',
      status: 'active',
      errorMessage: '',
      rateLimitedAt: new Date('2026-11-23T05:00:00.000Z'),
      rateLimitStatus: '',
      createdAt: new Date('2026-11-23T04:05:00.266Z'),
      updatedAt: new Date('2026-11-23T04:05:00.337Z'),
      lastUsedAt: null,
    });
  });

  it("gives v1's defaults to what an old database lacks", () => {
    const stored = decodeAccount(CONSOLE_KIND, 'c1', { name: 'old', apiUrl: 'https://a.example', isActive: 'true' });
    expect(stored).toMatchObject({ ...defaultSettings(CONSOLE_KIND), name: 'old', status: 'active' });
  });

  it.each([
    ['priority', '0', 'priority', 50],
    ['priority', 'high', 'priority', 50],
    ['rateLimitDuration', '0', 'rateLimitDuration', 0],
    ['rateLimitDuration', '-5', 'rateLimitDuration', 60],
    ['dailyQuota', 'much', 'dailyQuota', 0],
    ['dailyQuota', '-1', 'dailyQuota', 0],
    ['isActive', '', 'isActive', false],
    ['schedulable', '', 'schedulable', true],
    ['schedulable', 'false', 'schedulable', false],
    ['accountType', 'private', 'accountType', 'shared'],
    ['subscriptionExpiresAt', 'soon', 'subscriptionExpiresAt', null],
    ['userAgent', '', 'userAgent', ''],
    ['supportedModels', '["m1","m2"]', 'supportedModels', { m1: 'm1', m2: 'm2' }],
    ['supportedModels', '["m1",2,""]', 'supportedModels', { m1: 'm1' }],
    ['supportedModels', '{"a":"b","c":3,"d":""}', 'supportedModels', { a: 'b', c: 'c', d: 'd' }],
    ['supportedModels', '{broken', 'supportedModels', {}],
    ['supportedModels', '"text"', 'supportedModels', {}],
    ['proxy', 'null', 'proxy', null],
    ['quotaResetTime', '23:59', 'quotaResetTime', '23:59'],
    ['quotaResetTime', '6:30', 'quotaResetTime', '06:30'],
    ['quotaResetTime', 'noon', 'quotaResetTime', '00:00'],
    ['quotaResetTime', '24:00', 'quotaResetTime', '00:00'],
    ['quotaResetTime', '06:30:00', 'quotaResetTime', '00:00'],
    ['proxy', '{"type":"http","host":"h","port":"3128"}', 'proxy', { type: 'http', host: 'h', port: 3128 }],
    [
      'proxy',
      '{"type":"http","host":"h","port":1,"username":"","password":null}',
      'proxy',
      { type: 'http', host: 'h', port: 1 },
    ],
  ])('reads %s = %j as v1 means it', (field, stored, name, expected) => {
    expect(decodeAccount(CONSOLE_KIND, 'c1', v1ConsoleRecord({ [field]: stored }))).toHaveProperty(name, expected);
  });

  it.each([
    '{broken',
    '[]',
    '7',
    '{"type":"socks4","host":"h","port":1}',
    '{"type":"http","host":"","port":1}',
    '{"type":"http","host":1,"port":1}',
    '{"type":"http","host":"http://h","port":1}',
    '{"type":"http","host":"u:p@h","port":1}',
    '{"type":"http","host":"h","port":0}',
    '{"type":"http","host":"h","port":70000}',
    '{"type":"http","host":"h","port":null}',
    '{"type":"http","host":"169.254.169.254","port":80}',
    '{"type":"socks5","host":"[::ffff:a9fe:a9fe]","port":80}',
    '{"type":"https","host":"Metadata.google.internal.","port":443}',
  ])('takes an account out of use whose proxy is %s, instead of going around it', (proxy) => {
    const stored = decodeAccount(CONSOLE_KIND, 'c1', v1ConsoleRecord({ proxy }));
    expect(stored).toMatchObject({ proxy: null, status: INVALID_PROXY_STATUS });
  });

  it('leaves out settings that the kind does not have', () => {
    const stored = decodeAccount(CODEX_KIND, 'x1', v1CodexRecord({ supportedModels: '{"a":"b"}' }));
    expect(stored.supportedModels).toEqual({});
  });
});

describe('toUpstreamAccount', () => {
  it('shows scheduling what it needs, with the opened secret', () => {
    const stored = decodeAccount(CODEX_KIND, 'x1', v1CodexRecord({ rateLimitResetAt: '2026-11-23T06:00:00.000Z' }));
    expect(toUpstreamAccount('codex', stored, 'sk-1')).toEqual({
      id: 'x1',
      platform: 'codex',
      name: 'codex-one',
      apiUrl: 'https://codex.example/v1',
      secret: 'sk-1',
      accountType: 'shared',
      isActive: true,
      schedulable: true,
      status: 'active',
      priority: 10,
      supportedModels: {},
      userAgent: '',
      proxy: null,
      rateLimitedAt: null,
      rateLimitMinutes: 60,
      dailyQuotaUsd: 0,
      quotaResetTime: '00:00',
      subscriptionExpiresAt: null,
      maxConcurrentTasks: 0,
      interceptWarmup: false,
      disableAutoProtection: false,
      providerEndpoint: 'responses',
      createdAt: new Date('2026-11-23T04:05:00.325Z'),
    });
  });

  it('keeps an account without a usable secret out of use', () => {
    const stored = decodeAccount(CODEX_KIND, 'x1', v1CodexRecord());
    expect(toUpstreamAccount('codex', stored, '').status).toBe(MISSING_KEY_STATUS);
  });
});
