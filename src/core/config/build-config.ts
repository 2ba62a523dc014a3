import { join } from 'node:path';
import { AppConfig, type StoreConfig } from './app-config.js';
import type { Env } from './env.dto.js';
import { parseHostPort } from './env/address.js';
import { LOG_LEVELS } from './env/server-env.dto.js';
import { SENTINEL_PORT, type StoreEnv } from './env/store-env.dto.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const MIB = 1024 * 1024;
const DAY_MS = 24 * HOUR_MS;
const SESSION_TTL_MS = 15 * DAY_MS;
/** v1 has no variable for these two. */
const CONNECTION_SECONDS = 60;
const RATE_LIMIT_SECONDS = 300;

/** The file of the embedded store inside DATA_DIR. */
export const EMBEDDED_FILE = 'relay.db';

/** What the environment alone does not say. */
export interface ConfigExtras {
  /** DATA_DIR as an absolute path. */
  readonly dataDir: string;
  readonly encryptionKey: string;
  readonly jwtSecret: string;
  /** Lines that were noted before. */
  readonly notes: readonly string[];
}

/** A decided value and what the administrator should know about it. */
interface Decided<T> {
  readonly value: T;
  readonly notes: readonly string[];
}

/** Turns the variables into the configuration. Pure. */
export const buildConfig = (env: Env, extras: ConfigExtras): AppConfig => {
  const { server, security, relay, limits, egress } = env;
  const zone = decideZone(server.TIMEZONE_OFFSET, server.V1_SHARED);
  const session = decideSession(relay.STICKY_SESSION_TTL_HOURS, relay.STICKY_SESSION_RENEWAL_THRESHOLD_MINUTES);
  const store = decideStore(env.store, extras.dataDir);
  return new AppConfig({
    env: server.NODE_ENV,
    http: {
      host: server.HOST,
      port: server.PORT,
      trustProxy: server.TRUST_PROXY,
      cors: server.ENABLE_CORS,
      bodyLimitBytes: server.REQUEST_MAX_SIZE_MB * MIB,
      drainMs: server.SHUTDOWN_TIMEOUT,
    },
    swaggerEnabled: server.SWAGGER_ENABLED,
    logLevel: LOG_LEVELS[server.LOG_LEVEL],
    dataDir: extras.dataDir,
    store: store.value,
    encryptionKey: extras.encryptionKey,
    jwtSecret: extras.jwtSecret,
    apiKeyPrefix: security.API_KEY_PREFIX,
    admin: {
      username: security.ADMIN_USERNAME,
      password: security.ADMIN_PASSWORD,
      sessionTtlMs: security.ADMIN_SESSION_TIMEOUT,
    },
    zoneOffsetHours: zone.value,
    metricsWindowMinutes: server.METRICS_WINDOW,
    metricsToken: security.METRICS_TOKEN,
    pricesFile: server.PRICES_FILE,
    relay: {
      maxAttempts: relay.RELAY_MAX_ATTEMPTS,
      requestTimeoutMs: relay.REQUEST_TIMEOUT,
      firstByteTimeoutMs: relay.UPSTREAM_FIRST_BYTE_TIMEOUT,
      idleTimeoutMs: relay.UPSTREAM_IDLE_TIMEOUT,
      holdMs: relay.RELAY_HOLD_MS,
      rateLimitWaitMs: relay.RATE_LIMIT_WAIT_MS,
      dedicatedFallback: relay.DEDICATED_ACCOUNT_FALLBACK ?? server.V1_SHARED,
      codexInstructionsFile: relay.CODEX_INSTRUCTIONS_FILE,
    },
    limits: { slotMaxLifeMs: limits.CONCURRENCY_MAX_LIFETIME_MINUTES * MINUTE_MS },
    session: session.value,
    marks: cooldowns(env),
    egress: {
      allowPrivateUpstreams: egress.ALLOW_PRIVATE_UPSTREAMS,
      proxyTimeoutMs: egress.DEFAULT_PROXY_TIMEOUT,
      proxyKeepAlive: egress.PROXY_KEEP_ALIVE,
      proxyMaxSockets: egress.PROXY_MAX_SOCKETS,
      proxyUseIpv4: egress.PROXY_USE_IPV4,
      // v1 had one agent for streams and one for the rest; here both share the connections of an upstream.
      maxSockets: Math.max(egress.HTTPS_MAX_SOCKETS_STREAM, egress.HTTPS_MAX_SOCKETS_NON_STREAM),
      freeSocketTimeoutMs: egress.HTTPS_FREE_SOCKET_TIMEOUT,
    },
    notes: [...extras.notes, ...store.notes, ...zone.notes, ...session.notes],
  });
};

const cooldowns = ({ marks }: Env): AppConfig['marks'] => ({
  connectionSeconds: CONNECTION_SECONDS,
  serviceUnavailableSeconds: marks.UPSTREAM_ERROR_503_TTL_SECONDS,
  serverErrorSeconds: marks.UPSTREAM_ERROR_5XX_TTL_SECONDS,
  overloadSeconds: marks.UPSTREAM_ERROR_OVERLOAD_TTL_SECONDS,
  authSeconds: marks.UPSTREAM_ERROR_AUTH_TTL_SECONDS,
  timeoutSeconds: marks.UPSTREAM_ERROR_TIMEOUT_TTL_SECONDS,
  rateLimitSeconds: RATE_LIMIT_SECONDS,
  maxCustomSeconds: marks.UPSTREAM_ERROR_MAX_CUSTOM_TTL_SECONDS,
  blockedMinutes: marks.CLAUDE_CONSOLE_BLOCKED_HANDLING_MINUTES,
  accountFaultTexts: marks.ACCOUNT_FAULT_TEXTS.map((text) => text.toLowerCase()),
});

/** Redis as soon as an address of one is given; the embedded store otherwise. */
export const usesRedis = (store: StoreEnv): boolean =>
  store.REDIS_URL !== null || store.REDIS_HOST !== null || store.REDIS_SENTINELS.length > 0;

const decideStore = (store: StoreEnv, dataDir: string): Decided<StoreConfig> => {
  if (!usesRedis(store)) {
    return { value: { kind: 'embedded', file: join(dataDir, EMBEDDED_FILE) }, notes: notesOnLonelyRedis(store) };
  }
  const overridden = store.REDIS_URL !== null && (store.REDIS_HOST !== null || store.REDIS_SENTINELS.length > 0);
  return {
    value: {
      kind: 'redis',
      url: store.REDIS_URL,
      host: store.REDIS_HOST ?? '127.0.0.1',
      port: store.REDIS_PORT,
      username: store.REDIS_USERNAME,
      password: store.REDIS_PASSWORD,
      db: store.REDIS_DB,
      tls: store.REDIS_ENABLE_TLS,
      sentinels: store.REDIS_SENTINELS.map((text) => parseHostPort(text, SENTINEL_PORT)).filter(
        (sentinel) => sentinel !== null,
      ),
      sentinelName: store.REDIS_SENTINEL_NAME,
      sentinelPassword: store.REDIS_SENTINEL_PASSWORD,
    },
    notes: overridden ? ['REDIS_URL is used; REDIS_HOST and REDIS_SENTINELS are not'] : [],
  };
};

/** v1 would have asked a Redis on this machine. */
const notesOnLonelyRedis = ({ REDIS_PASSWORD, REDIS_USERNAME, REDIS_ENABLE_TLS, REDIS_DB }: StoreEnv): string[] =>
  REDIS_PASSWORD !== null || REDIS_USERNAME !== null || REDIS_ENABLE_TLS || REDIS_DB !== 0
    ? ['Redis is set up in part, but none of REDIS_URL, REDIS_HOST and REDIS_SENTINELS is: the embedded store is used']
    : [];

/** v1 cuts a fraction off and takes 0 for 8; the latter only matters where both versions write the same dates. */
const decideZone = (offset: number, v1Shared: boolean): Decided<number> => {
  const hours = Math.trunc(offset);
  const notes =
    hours === offset ? [] : [`TIMEZONE_OFFSET=${offset} is read as ${hours + 0}, as in v1: whole hours only`];
  if (hours !== 0) return { value: hours, notes };
  return v1Shared
    ? { value: 8, notes: [...notes, 'TIMEZONE_OFFSET=0 is read as 8, as in v1, because V1_SHARED=true'] }
    : { value: 0, notes: [...notes, 'TIMEZONE_OFFSET=0 means UTC; v1 reads it as 8 (V1_SHARED=true does so, too)'] };
};

/** 15 days, renewed when less than 14 remain; v1's variables override both. */
const decideSession = (ttlHours: number | null, renewMinutes: number | null): Decided<AppConfig['session']> => {
  const ttlMs = ttlHours === null ? SESSION_TTL_MS : Math.floor(ttlHours * 3600) * 1000;
  const usualRenewMs = Math.round((ttlMs * 14) / 15);
  const renewBelowMs = renewMinutes === null ? usualRenewMs : Math.min(renewMinutes * MINUTE_MS, ttlMs);
  const notes: string[] = [];
  if (ttlMs < SESSION_TTL_MS) {
    notes.push(`STICKY_SESSION_TTL_HOURS shortens sessions to ${ttlMs / HOUR_MS} h; the default is 15 days`);
  }
  if (renewBelowMs < usualRenewMs) {
    const when = renewBelowMs === 0 ? 'never renewed' : `renewed only in its last ${renewBelowMs / MINUTE_MS} minutes`;
    notes.push(
      `STICKY_SESSION_RENEWAL_THRESHOLD_MINUTES shortens sessions: one in use is ${when}; ` +
        'the default is whenever a fifteenth of its time to live is over',
    );
  }
  return { value: { ttlMs, renewBelowMs }, notes };
};
