import type { RedisOptions } from 'ioredis';
import type { ConnectionOptions } from 'node:tls';

interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** What a TLS connection needs beyond the system's own trust. */
type RedisTlsOptions = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;

/** How to reach Redis. */
export interface RedisStoreOptions {
  /**
   * `redis://[user:password@]host[:port][/db]`, `rediss://` for TLS. Host, port and TLS are then the URL's; user,
   * password and db where it names them.
   */
  readonly url?: string | null;
  readonly host: string;
  readonly port: number;
  readonly username: string | null;
  readonly password: string | null;
  readonly db: number;
  readonly tls: boolean | RedisTlsOptions;
  /** When not empty, the sentinels are asked for the master's address, and host and port are not used. */
  readonly sentinels: readonly RedisAddress[];
  readonly sentinelName: string;
  readonly sentinelPassword: string | null;
}

/** Bounds of every wait, in milliseconds. */
export interface RedisLimits {
  /** One attempt to connect. */
  readonly connectTimeoutMs: number;
  /** One command, from the call to its reply. */
  readonly commandTimeoutMs: number;
  /** All attempts of the first connection together. */
  readonly startTimeoutMs: number;
  /** Longest pause between two attempts to connect. */
  readonly maxReconnectDelayMs: number;
  /** How often a quiet connection is asked whether it is still there. */
  readonly heartbeatMs: number;
}

export const DEFAULT_REDIS_LIMITS: RedisLimits = {
  connectTimeoutMs: 5_000,
  commandTimeoutMs: 5_000,
  startTimeoutMs: 15_000,
  maxReconnectDelayMs: 2_000,
  heartbeatMs: 5_000,
};

const RECONNECT_STEP_MS = 100;
const TCP_KEEP_ALIVE_MS = 30_000;
/** How long a connection that we end may take to end; also the least delay of an exit while Redis is away. */
const DISCONNECT_TIMEOUT_MS = 500;
const DEFAULT_PORT = 6379;

type Endpoint = Pick<RedisStoreOptions, 'host' | 'port' | 'username' | 'password' | 'db' | 'tls'>;

/**
 * A command is never kept for later and never sent twice. While there is no connection it fails at once (no offline
 * queue), and when the connection breaks what was under way fails too (no retries per request): whether Redis carried
 * it out is then unknown, and doing an increment again would count twice. Whoever knows that a repeat is harmless
 * repeats it.
 */
export function toRedisOptions(options: RedisStoreOptions, limits: RedisLimits): RedisOptions {
  const endpoint = endpointOf(options);
  return {
    ...(options.sentinels.length === 0 ? { host: endpoint.host, port: endpoint.port } : sentinelOptions(options)),
    ...tlsOptions(endpoint.tls, options.sentinels.length > 0),
    ...(endpoint.username === null ? {} : { username: endpoint.username }),
    ...(endpoint.password === null ? {} : { password: endpoint.password }),
    db: endpoint.db,
    lazyConnect: true,
    connectTimeout: limits.connectTimeoutMs,
    commandTimeout: limits.commandTimeoutMs,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    keepAlive: TCP_KEEP_ALIVE_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * RECONNECT_STEP_MS, limits.maxReconnectDelayMs),
    // After a failover the old master may live on behind the same address as a replica.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/** Where this leads, for messages: never a user or a password. */
export function describeAddress(options: RedisStoreOptions): string {
  const text = ({ host, port }: RedisAddress) => `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (options.sentinels.length === 0) return text(endpointOf(options));
  return `${options.sentinelName} of the sentinels ${options.sentinels.map(text).join(', ')}`;
}

function sentinelOptions({ sentinels, sentinelName, sentinelPassword }: RedisStoreOptions): RedisOptions {
  return {
    sentinels: sentinels.map(({ host, port }) => ({ host, port })),
    name: sentinelName,
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
  };
}

/** With sentinels TLS holds for both: for asking them, and for the master that they name. */
function tlsOptions(tls: boolean | RedisTlsOptions, hasSentinels: boolean): RedisOptions {
  if (tls === false) return {};
  const connection = tls === true ? {} : tls;
  return hasSentinels
    ? { tls: connection, sentinelTLS: connection, enableTLSForSentinelMode: true }
    : { tls: connection };
}

function endpointOf(options: RedisStoreOptions): Endpoint {
  const text = options.url ?? '';
  return text === '' ? options : readUrl(text, options);
}

const URL_SHAPE = 'redis://[user:password@]host[:port][/db], rediss:// for TLS';

/** @throws TypeError that does not repeat the URL, which may hold a password. */
function readUrl(text: string, fallback: RedisStoreOptions): Endpoint {
  const url = URL.parse(text);
  const db = url === null ? '' : url.pathname.slice(1);
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '' || !/^\d*$/.test(db)) {
    throw new TypeError(`The Redis URL must look like ${URL_SHAPE}.`);
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    username: decode(url.username) ?? fallback.username,
    password: decode(url.password) ?? fallback.password,
    db: db === '' ? fallback.db : Number(db),
    tls: url.protocol === 'rediss:' && (fallback.tls === false ? true : fallback.tls),
  };
}

function decode(part: string): string | null {
  try {
    return part === '' ? null : decodeURIComponent(part);
  } catch {
    throw new TypeError('The user or password in the Redis URL is not percent-encoded correctly.');
  }
}
