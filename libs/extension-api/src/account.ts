import type { AccountId } from './ids.js';

export type AccountType = 'shared' | 'dedicated' | 'group';

/** A proxy between the gateway and an upstream. */
export interface AccountProxy {
  readonly type: 'http' | 'https' | 'socks5';
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

/**
 * Requested model -> upstream model. Empty: every model is accepted and none is renamed. v1 also stored a plain list,
 * which is read as an identity map.
 */
export type ModelMap = Readonly<Record<string, string>>;

/** An upstream account as scheduling and relaying see it: the stored record, typed. Its secret is opened only to send. */
export interface UpstreamAccount {
  readonly id: AccountId;
  /** The name of the platform that serves it (`claude-console`, `codex`). */
  readonly platform: string;
  readonly name: string;
  /** Base address of the upstream, as stored. */
  readonly apiUrl: string;
  /** The upstream key in plain text. Never logged, never answered. */
  readonly secret: string;
  readonly accountType: AccountType;
  readonly isActive: boolean;
  readonly schedulable: boolean;
  /** v1's status text in v1's spelling (`active`, `rate_limited`, `rateLimited`, ...). */
  readonly status: string;
  /** 1 to 100, lower is asked first. */
  readonly priority: number;
  readonly supportedModels: ModelMap;
  readonly userAgent: string;
  readonly proxy: AccountProxy | null;
  /** When a rate limit was last noted; informative, what holds the account back are its marks. */
  readonly rateLimitedAt: Date | null;
  /** v1's `rateLimitDuration` in minutes; 0 = rate limits leave no mark on this account. */
  readonly rateLimitMinutes: number;
  /** USD per quota day; 0 = none. */
  readonly dailyQuotaUsd: number;
  /** `HH:mm` in the configured zone. */
  readonly quotaResetTime: string;
  readonly subscriptionExpiresAt: Date | null;
  /** Requests that it may have at the same time; 0 = no limit. */
  readonly maxConcurrentTasks: number;
  /** Warm-up and title requests of clients are answered here, without the upstream. */
  readonly interceptWarmup: boolean;
  /** `auto`: the upstream also answers chat completions by itself. `responses`: it is asked for responses only. */
  readonly providerEndpoint: 'responses' | 'auto';
  /** No automatic marks are set on this account. */
  readonly disableAutoProtection: boolean;
  readonly createdAt: Date | null;
}
