import { describe, expect, it } from '@jest/globals';
import { testConfig } from '../../../test/support/test-config.js';
import { AppConfig } from './app-config.js';
import { buildConfig } from './build-config.js';
import { type EnvSource, loadEnv } from './env.dto.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const extras = { dataDir: '/data', encryptionKey: 'key', jwtSecret: 'jwt', notes: ['earlier'] };
const build = (source: EnvSource = {}) => buildConfig(loadEnv(source).env, extras);
const notesOf = (source: EnvSource) => build(source).notes.slice(1);

describe('buildConfig', () => {
  it('makes a configuration of nothing but defaults', () => {
    const sut = build();
    expect(sut).toBeInstanceOf(AppConfig);
    expect(sut).toMatchObject({
      env: 'development',
      http: { host: '0.0.0.0', port: 3000 },
      logLevel: 'info',
      dataDir: '/data',
      store: { kind: 'embedded', file: '/data/relay.db' },
      encryptionKey: 'key',
      jwtSecret: 'jwt',
      egress: { allowPrivateUpstreams: false },
      notes: ['earlier'],
    });
  });

  it('has the defaults that specs elsewhere assume', () => {
    const { http, egress, ...rest } = build();
    const { http: testHttp, egress: testEgress, ...testRest } = testConfig();
    expect({ ...http, host: testHttp.host, port: testHttp.port }).toEqual(testHttp);
    expect({ ...egress, allowPrivateUpstreams: true }).toEqual(testEgress);
    for (const name of [
      'swaggerEnabled',
      'apiKeyPrefix',
      'admin',
      'zoneOffsetHours',
      'metricsWindowMinutes',
      'pricesFile',
    ] as const) {
      expect({ [name]: rest[name] }).toEqual({ [name]: testRest[name] });
    }
    for (const name of ['relay', 'limits', 'session', 'marks'] as const) {
      expect({ [name]: rest[name] }).toEqual({ [name]: testRest[name] });
    }
  });

  it('carries every variable to its place', () => {
    const sut = build({
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: '1',
      TRUST_PROXY: 'true',
      ENABLE_CORS: 'true',
      REQUEST_MAX_SIZE_MB: '2',
      SWAGGER_ENABLED: 'false',
      LOG_LEVEL: 'verbose',
      API_KEY_PREFIX: 'ck-',
      ADMIN_USERNAME: 'root',
      ADMIN_PASSWORD: 'pass',
      ADMIN_SESSION_TIMEOUT: '3000',
      METRICS_WINDOW: '4',
      PRICES_FILE: ' prices.json ',
      RELAY_MAX_ATTEMPTS: '6',
      REQUEST_TIMEOUT: '7',
      UPSTREAM_FIRST_BYTE_TIMEOUT: '8',
      UPSTREAM_IDLE_TIMEOUT: '9',
      RELAY_HOLD_MS: '10',
      RATE_LIMIT_WAIT_MS: '24',
      CODEX_INSTRUCTIONS_FILE: ' codex.md ',
      CONCURRENCY_MAX_LIFETIME_MINUTES: '23',
      UPSTREAM_ERROR_503_TTL_SECONDS: '11',
      UPSTREAM_ERROR_5XX_TTL_SECONDS: '12',
      UPSTREAM_ERROR_OVERLOAD_TTL_SECONDS: '13',
      UPSTREAM_ERROR_AUTH_TTL_SECONDS: '14',
      UPSTREAM_ERROR_TIMEOUT_TTL_SECONDS: '15',
      UPSTREAM_ERROR_MAX_CUSTOM_TTL_SECONDS: '16',
      CLAUDE_CONSOLE_BLOCKED_HANDLING_MINUTES: '17',
      ACCOUNT_FAULT_TEXTS: 'Key revoked, sorry|Tenant is suspended',
      ALLOW_PRIVATE_UPSTREAMS: 'true',
      DEFAULT_PROXY_TIMEOUT: '18',
      PROXY_KEEP_ALIVE: 'true',
      PROXY_MAX_SOCKETS: '19',
      PROXY_USE_IPV4: 'false',
      HTTPS_MAX_SOCKETS_STREAM: '20',
      HTTPS_MAX_SOCKETS_NON_STREAM: '21',
      HTTPS_FREE_SOCKET_TIMEOUT: '22',
    });
    expect(sut).toMatchObject({
      env: 'production',
      http: { host: '127.0.0.1', port: 1, trustProxy: true, cors: true, bodyLimitBytes: 2_097_152 },
      swaggerEnabled: false,
      logLevel: 'debug',
      apiKeyPrefix: 'ck-',
      admin: { username: 'root', password: 'pass', sessionTtlMs: 3000 },
      metricsWindowMinutes: 4,
      pricesFile: 'prices.json',
      relay: {
        maxAttempts: 6,
        requestTimeoutMs: 7,
        firstByteTimeoutMs: 8,
        idleTimeoutMs: 9,
        holdMs: 10,
        rateLimitWaitMs: 24,
        codexInstructionsFile: 'codex.md',
      },
      limits: { slotMaxLifeMs: 1_380_000 },
      marks: {
        connectionSeconds: 60,
        rateLimitSeconds: 300,
        accountFaultTexts: ['key revoked, sorry', 'tenant is suspended'],
        serviceUnavailableSeconds: 11,
        serverErrorSeconds: 12,
        overloadSeconds: 13,
        authSeconds: 14,
        timeoutSeconds: 15,
        maxCustomSeconds: 16,
        blockedMinutes: 17,
      },
      egress: {
        allowPrivateUpstreams: true,
        proxyTimeoutMs: 18,
        proxyKeepAlive: true,
        proxyMaxSockets: 19,
        proxyUseIpv4: false,
        maxSockets: 21,
        freeSocketTimeoutMs: 22,
      },
    });
  });

  describe('the store', () => {
    it.each([
      [{ REDIS_HOST: 'cache' }, { url: null, host: 'cache', port: 6379, sentinels: [] }],
      [{ REDIS_URL: 'rediss://u:p@cache:1/2' }, { url: 'rediss://u:p@cache:1/2', host: '127.0.0.1' }],
      [
        { REDIS_SENTINELS: 'a,[::1]:2', REDIS_SENTINEL_NAME: 'main', REDIS_SENTINEL_PASSWORD: 's' },
        {
          sentinels: [
            { host: 'a', port: 26_379 },
            { host: '::1', port: 2 },
          ],
          sentinelName: 'main',
          sentinelPassword: 's',
        },
      ],
      [
        {
          REDIS_HOST: 'cache',
          REDIS_PORT: '1',
          REDIS_USERNAME: 'u',
          REDIS_PASSWORD: 'p',
          REDIS_DB: '3',
          REDIS_ENABLE_TLS: 'true',
        },
        { host: 'cache', port: 1, username: 'u', password: 'p', db: 3, tls: true, sentinelName: 'mymaster' },
      ],
    ])('is Redis with %j', (source: EnvSource, expected) => {
      const { store, notes } = build(source);
      expect(store).toMatchObject({ kind: 'redis', ...expected });
      expect(notes).toEqual(['earlier']);
    });

    it.each<EnvSource>([
      { REDIS_PASSWORD: 'p' },
      { REDIS_USERNAME: 'u' },
      { REDIS_DB: '1' },
      { REDIS_ENABLE_TLS: 'true' },
    ])('stays embedded without an address, and says so with %j', (source) => {
      expect(build(source).store.kind).toBe('embedded');
      expect(notesOf(source)).toEqual([expect.stringContaining('the embedded store is used')]);
    });

    it.each<EnvSource>([{ REDIS_HOST: 'h' }, { REDIS_SENTINELS: 'h' }])(
      'says that REDIS_URL wins over %j',
      (source) => {
        expect(notesOf({ ...source, REDIS_URL: 'redis://cache' })).toEqual([
          'REDIS_URL is used; REDIS_HOST and REDIS_SENTINELS are not',
        ]);
      },
    );
  });

  describe('a database shared with v1', () => {
    it('lets bound keys fall back to the pool unless told otherwise', () => {
      expect(build().relay.dedicatedFallback).toBe(false);
      expect(build({ V1_SHARED: 'true' }).relay.dedicatedFallback).toBe(true);
      expect(build({ DEDICATED_ACCOUNT_FALLBACK: 'true' }).relay.dedicatedFallback).toBe(true);
      const both = { V1_SHARED: 'true', DEDICATED_ACCOUNT_FALLBACK: 'false' };
      expect(build(both).relay.dedicatedFallback).toBe(false);
    });
  });

  describe('the zone', () => {
    it.each([
      ['8', false, 8, []],
      ['-12', false, -12, []],
      ['+14', false, 14, []],
      ['5.5', false, 5, ['TIMEZONE_OFFSET=5.5 is read as 5, as in v1: whole hours only']],
      ['-3.5', false, -3, ['TIMEZONE_OFFSET=-3.5 is read as -3, as in v1: whole hours only']],
      ['0', false, 0, ['TIMEZONE_OFFSET=0 means UTC; v1 reads it as 8 (V1_SHARED=true does so, too)']],
      ['0', true, 8, ['TIMEZONE_OFFSET=0 is read as 8, as in v1, because V1_SHARED=true']],
      [
        '-0.5',
        true,
        8,
        [
          'TIMEZONE_OFFSET=-0.5 is read as 0, as in v1: whole hours only',
          'TIMEZONE_OFFSET=0 is read as 8, as in v1, because V1_SHARED=true',
        ],
      ],
    ])('of %s (shared with v1: %s) is %d hours', (TIMEZONE_OFFSET, shared, hours, notes) => {
      const source = { TIMEZONE_OFFSET, V1_SHARED: String(shared) };
      expect(Object.is(build(source).zoneOffsetHours, hours)).toBe(true);
      expect(notesOf(source)).toEqual(notes);
    });
  });

  describe('sessions', () => {
    it('live 15 days and are renewed below 14', () => {
      expect(build().session).toEqual({ ttlMs: 15 * DAY_MS, renewBelowMs: 14 * DAY_MS });
    });

    it('keep the proportion when only their time to live is set', () => {
      const source = { STICKY_SESSION_TTL_HOURS: '720' };
      expect(build(source).session).toEqual({ ttlMs: 30 * DAY_MS, renewBelowMs: 28 * DAY_MS });
      expect(notesOf(source)).toEqual([]);
    });

    it('are shortened by the settings of v1, which is noted', () => {
      const source = { STICKY_SESSION_TTL_HOURS: '1', STICKY_SESSION_RENEWAL_THRESHOLD_MINUTES: '15' };
      expect(build(source).session).toEqual({ ttlMs: HOUR_MS, renewBelowMs: HOUR_MS / 4 });
      expect(notesOf(source)).toEqual([
        'STICKY_SESSION_TTL_HOURS shortens sessions to 1 h; the default is 15 days',
        expect.stringContaining('one in use is renewed only in its last 15 minutes'),
      ]);
    });

    it('are never renewed with a threshold of 0, which is noted', () => {
      const source = { STICKY_SESSION_RENEWAL_THRESHOLD_MINUTES: '0' };
      expect(build(source).session).toEqual({ ttlMs: 15 * DAY_MS, renewBelowMs: 0 });
      expect(notesOf(source)).toEqual([expect.stringContaining('one in use is never renewed')]);
    });

    it('live whole seconds, and are renewed at each use at the most', () => {
      const source = { STICKY_SESSION_TTL_HOURS: '0.0169', STICKY_SESSION_RENEWAL_THRESHOLD_MINUTES: '525600' };
      expect(build(source).session).toEqual({ ttlMs: 60_000, renewBelowMs: 60_000 });
    });
  });
});
