import type { ApiKeyId } from './ids.js';

/** The services that a key may be allowed: v1's `openai` is called `codex` here. */
export type ServiceName = 'claude' | 'codex';

/** Which models a key may ask for. `deny`: all but the listed. `allow`: only the listed. `null`: any. */
export interface ModelRestriction {
  readonly mode: 'allow' | 'deny';
  readonly models: readonly string[];
}

/** What a key may spend, under v1's names. 0 = no limit; costs are rated USD. */
export interface KeyLimitSettings {
  /** Requests at the same time. */
  readonly concurrencyLimit: number;
  /** Minutes of the fixed window; 0 = none, whatever its limits say. */
  readonly rateLimitWindow: number;
  /** Per window. */
  readonly rateLimitRequests: number;
  /** Tokens of every class, per window. */
  readonly tokenLimit: number;
  /** Per window. */
  readonly rateLimitCost: number;
  readonly dailyCostLimit: number;
  readonly totalCostLimit: number;
  /** Cost of Claude models per reset week. */
  readonly weeklyOpusCostLimit: number;
}

/** A change that an option of the key makes to a Responses request: `value` is written at the dotted `path`. */
export interface PayloadRule {
  readonly path: string;
  readonly valueType: 'string' | 'number' | 'boolean' | 'json';
  readonly value: unknown;
}

/** Who calls: what the rest of the gateway may know of an authenticated client key. */
export interface Principal {
  readonly keyId: ApiKeyId;
  readonly name: string;
  /** Services that the key may use; empty means all. Names that this gateway does not serve are kept. */
  readonly permissions: readonly string[];
  /** The raw binding fields of the key's record, by field name (`claudeConsoleAccountId`, `openaiAccountId`, ...). */
  readonly bindings: Readonly<Record<string, string>>;
  readonly modelRestriction: ModelRestriction | null;
  /** Whether the pool may serve the key when its bound account is unavailable; null = as configured. */
  readonly dedicatedFallback: boolean | null;
  /** The key's own price multipliers per service; missing means 1. */
  readonly serviceRates: Readonly<Record<string, number>>;
  /** 1 = Monday to 7 = Sunday. */
  readonly weeklyResetDay: number;
  /** 0 to 23. */
  readonly weeklyResetHour: number;
  readonly limits: KeyLimitSettings;
  /** Ids of the clients that may use the key (`claude_code`, `codex_cli`, ...); null = any. */
  readonly allowedClients: readonly string[] | null;
  /** What the key changes in every Responses request, in this order; empty = nothing. */
  readonly responsesRules: readonly PayloadRule[];
  /** Responses requests of clients that are not Codex are made to look like Codex's. */
  readonly adaptsForeignClients: boolean;
  /** The life of the key begins with the first request that is let through. */
  readonly awaitsActivation: boolean;
}
