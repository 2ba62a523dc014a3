import type { AccountId, ApiKeyId } from './ids.js';
import type { ServiceName } from './principal.js';

/** Tokens as the upstream reported them. `cacheCreateTokens` is the sum of the 5 minute and the 1 hour class. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheCreateTokens: number;
  readonly cacheReadTokens: number;
  readonly ephemeral5mTokens: number;
  readonly ephemeral1hTokens: number;
  /** The upstream split cache writes into 5 m and 1 h; decides which price rules apply. */
  readonly hasCacheSplit: boolean;
}

export const NO_TOKENS: TokenUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheCreateTokens: 0,
  cacheReadTokens: 0,
  ephemeral5mTokens: 0,
  ephemeral1hTokens: 0,
  hasCacheSplit: false,
};

/** What an admitted request holds in the store. All of it ends in the same atomic step that books the request. */
export interface AdmissionTicket {
  /** Members of sorted sets (slot of the key, hold, slot of the account) that are taken out. */
  readonly leases: readonly LeaseRef[];
  /** The model under which the cost is learned: as the client asked for it. */
  readonly model: string;
}

/** A member of a sorted set of the store whose score is the epoch ms at which it expires. */
export interface LeaseRef {
  readonly set: string;
  readonly member: string;
}

/**
 * What one client request used, before it is priced. One per client request that reached an upstream, whatever ended
 * it.
 */
export interface UsageReport {
  readonly requestId: string;
  readonly at: Date;
  readonly keyId: ApiKeyId;
  /** From the key: week of the weekly cost, own price multipliers, fixed window. */
  readonly weeklyResetDay: number;
  readonly weeklyResetHour: number;
  readonly rateLimitWindowMinutes: number;
  readonly keyServiceRates: Readonly<Record<string, number>>;
  readonly accountId: AccountId;
  /** v1's name of the account's kind in counters and marks: `claude-console`, `openai-responses`. */
  readonly accountType: string;
  /** Prefix of the account's record, so that `lastUsedAt` can be written. */
  readonly accountRecordPrefix: string;
  readonly quotaResetTime: string;
  readonly service: ServiceName;
  /** The model that the upstream named; what is booked. */
  readonly model: string;
  readonly endpoint: string;
  readonly method: string;
  readonly statusCode: number;
  readonly stream: boolean;
  readonly durationMs: number;
  readonly usage: TokenUsage;
  /** The stream broke or the client left: the figures are a floor, not the upstream's final ones. */
  readonly estimated: boolean;
  /** `anthropic-beta` of the request and the answer's `speed`, for the fast-mode price rule. */
  readonly betaHeader: string | null;
  readonly speed: string | null;
  readonly serviceTier: string | null;
  /** Null: nothing was held. */
  readonly admission: AdmissionTicket | null;
}
