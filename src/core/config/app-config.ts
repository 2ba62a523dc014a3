/** Where data is kept. */
export type StoreConfig =
  | { readonly kind: 'embedded'; readonly file: string }
  | {
      readonly kind: 'redis';
      /** Overrides host, port, user, password, db and TLS when set (`redis://`, `rediss://`). */
      readonly url: string | null;
      readonly host: string;
      readonly port: number;
      readonly username: string | null;
      readonly password: string | null;
      readonly db: number;
      readonly tls: boolean;
      readonly sentinels: readonly { readonly host: string; readonly port: number }[];
      readonly sentinelName: string;
      readonly sentinelPassword: string | null;
    };

/** What a configuration is made of. */
export type ConfigValues = Pick<AppConfig, keyof AppConfig>;

/**
 * The whole configuration: read once from the environment, validated, never changed. Durations are milliseconds unless
 * the name says otherwise. Inject this class.
 */
export class AppConfig {
  readonly env!: 'development' | 'production' | 'test';
  readonly http!: {
    readonly host: string;
    readonly port: number;
    readonly trustProxy: boolean;
    readonly cors: boolean;
    /** Largest client request body in bytes. */
    readonly bodyLimitBytes: number;
    /** How long requests that run may take to end by themselves once the process was told to stop. */
    readonly drainMs: number;
  };
  readonly swaggerEnabled!: boolean;
  readonly logLevel!: string;
  readonly dataDir!: string;
  readonly store!: StoreConfig;
  readonly encryptionKey!: string;
  readonly jwtSecret!: string;
  readonly apiKeyPrefix!: string;
  readonly admin!: {
    readonly username: string | null;
    readonly password: string | null;
    readonly sessionTtlMs: number;
  };
  /** Whole hours from UTC of every date in keys and statistics. */
  readonly zoneOffsetHours!: number;
  readonly metricsWindowMinutes!: number;
  /** What `/metrics` asks for as bearer token; null = it is open to everybody. */
  readonly metricsToken!: string | null;
  /** A file of prices, relative to the working directory; null = none. */
  readonly pricesFile!: string | null;
  readonly relay!: {
    readonly maxAttempts: number;
    readonly requestTimeoutMs: number;
    readonly firstByteTimeoutMs: number;
    readonly idleTimeoutMs: number;
    readonly holdMs: number;
    /** A rate limit of the session's own account is waited for when it ends that soon; 0 = never. */
    readonly rateLimitWaitMs: number;
    /** A key whose bound account is unavailable may use the pool. */
    readonly dedicatedFallback: boolean;
    /** Instructions for Codex upstreams in place of foreign clients', relative to the working directory; null = none. */
    readonly codexInstructionsFile: string | null;
  };
  readonly limits!: {
    /** A slot of a key or an account is not renewed any more when its request is that old, although it may still run. */
    readonly slotMaxLifeMs: number;
  };
  readonly session!: { readonly ttlMs: number; readonly renewBelowMs: number };
  readonly marks!: {
    readonly connectionSeconds: number;
    readonly serviceUnavailableSeconds: number;
    readonly serverErrorSeconds: number;
    readonly overloadSeconds: number;
    readonly authSeconds: number;
    readonly timeoutSeconds: number;
    readonly rateLimitSeconds: number;
    /** Cap of a reset time that an upstream named. */
    readonly maxCustomSeconds: number;
    /** 0 = a blocked account is left out of the request only. */
    readonly blockedMinutes: number;
    /** Beyond those that a platform knows, in lower case: a 400 or 403 that says one of them blames the account. */
    readonly accountFaultTexts: readonly string[];
  };
  readonly egress!: {
    /** Upstreams on loopback, private and link-local addresses are allowed. */
    readonly allowPrivateUpstreams: boolean;
    readonly proxyTimeoutMs: number;
    readonly proxyKeepAlive: boolean;
    readonly proxyMaxSockets: number | null;
    readonly proxyUseIpv4: boolean;
    readonly maxSockets: number;
    readonly freeSocketTimeoutMs: number;
  };
  /** Lines to log once at start: accepted and ignored variables, derived secrets, v1's readings of 0. */
  readonly notes!: readonly string[];

  constructor(values: ConfigValues) {
    Object.assign(this, values);
  }
}
