import type { ApiKeyId } from './ids.js';

/** The services that a key may be allowed: v1's `openai` is called `codex` here. */
export type ServiceName = 'claude' | 'codex';

/** Which models a key may ask for. `deny`: all but the listed. `allow`: only the listed. `null`: any. */
export interface ModelRestriction {
  readonly mode: 'allow' | 'deny';
  readonly models: readonly string[];
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
  /** Minutes of the fixed rate window; 0 = none. */
  readonly rateLimitWindowMinutes: number;
}
