import { AppConfig, type ConfigValues } from '../../src/core/config/app-config.js';

type Leaf = readonly unknown[] | string | number | boolean | null;

/** Single fields of a section may be given; `store` is replaced as a whole. */
export type ConfigOverrides = {
  readonly [K in keyof ConfigValues]?: K extends 'store'
    ? ConfigValues[K]
    : ConfigValues[K] extends Leaf
      ? ConfigValues[K]
      : Partial<ConfigValues[K]>;
};

const DAY_MS = 86_400_000;

const defaults: ConfigValues = {
  env: 'test',
  http: {
    host: '127.0.0.1',
    port: 0,
    trustProxy: false,
    cors: false,
    bodyLimitBytes: 100 * 1024 * 1024,
    drainMs: 25_000,
  },
  swaggerEnabled: true,
  logLevel: 'silent',
  dataDir: '/nowhere',
  store: { kind: 'embedded', file: ':memory:' },
  encryptionKey: 'test-encryption-key-32-characters',
  jwtSecret: 'test-jwt-secret-of-32-characters!',
  apiKeyPrefix: 'cr_',
  admin: { username: null, password: null, sessionTtlMs: DAY_MS },
  zoneOffsetHours: 8,
  metricsWindowMinutes: 5,
  metricsToken: null,
  pricesFile: null,
  relay: {
    maxAttempts: 5,
    requestTimeoutMs: 600_000,
    firstByteTimeoutMs: 120_000,
    idleTimeoutMs: 60_000,
    holdMs: 10_000,
    rateLimitWaitMs: 2000,
    dedicatedFallback: false,
    codexInstructionsFile: null,
  },
  limits: { slotMaxLifeMs: 600_000 },
  session: { ttlMs: 15 * DAY_MS, renewBelowMs: 14 * DAY_MS },
  marks: {
    connectionSeconds: 60,
    serviceUnavailableSeconds: 60,
    serverErrorSeconds: 300,
    overloadSeconds: 600,
    authSeconds: 1800,
    timeoutSeconds: 300,
    rateLimitSeconds: 300,
    maxCustomSeconds: 1800,
    blockedMinutes: 10,
    accountFaultTexts: [],
  },
  egress: {
    allowPrivateUpstreams: true,
    proxyTimeoutMs: 600_000,
    proxyKeepAlive: false,
    proxyMaxSockets: null,
    proxyUseIpv4: true,
    maxSockets: 65_535,
    freeSocketTimeoutMs: 30_000,
  },
  notes: [],
};

/**
 * A valid configuration for specs: the defaults of the service with an embedded store in memory, upstreams on loopback
 * allowed, dates at UTC+8, no logs.
 */
export const testConfig = (overrides: ConfigOverrides = {}): AppConfig =>
  new AppConfig({
    ...defaults,
    ...overrides,
    http: { ...defaults.http, ...overrides.http },
    admin: { ...defaults.admin, ...overrides.admin },
    relay: { ...defaults.relay, ...overrides.relay },
    limits: { ...defaults.limits, ...overrides.limits },
    session: { ...defaults.session, ...overrides.session },
    marks: { ...defaults.marks, ...overrides.marks },
    egress: { ...defaults.egress, ...overrides.egress },
  });
