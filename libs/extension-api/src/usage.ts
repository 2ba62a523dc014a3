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

/** The most tokens of one class that are believed of one request. What an upstream tells beyond it is no figure. */
export const MOST_TOKENS_TOLD = 100_000_000;

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
  /** The figures are a floor or an estimate, not the upstream's final ones: the stream broke, the client left, ... */
  readonly estimated: boolean;
  /** The input, or the output of a whole answer, was never told as a number of tokens: it is taken from the length. */
  readonly usageMissing: boolean;
  /** `anthropic-beta` of the request and the answer's `speed`, for the fast-mode price rule. */
  readonly betaHeader: string | null;
  readonly speed: string | null;
  readonly serviceTier: string | null;
  /** Null: nothing was held. */
  readonly admission: AdmissionTicket | null;
}

/** USD by class of tokens. `cacheCreate` and `cacheWrite` are the same sum: v1 stored it under both names. */
export interface CostBreakdown {
  readonly input: number;
  readonly output: number;
  readonly cacheCreate: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
  /** Parts of `cacheCreate`; 0 when the upstream did not split cache writes. */
  readonly ephemeral5m: number;
  readonly ephemeral1h: number;
  readonly total: number;
}

/** Which of a model's prices a request was billed at; '' = the plain ones. */
export type PriceTier = '' | 'fast' | 'priority' | 'long' | 'fast-long' | 'priority-long';

/** What one client request used and what that costs: computed once, with the prices in force, then only passed on. */
export interface UsageRecord {
  readonly report: UsageReport;
  /** What the upstream charges. */
  readonly real: CostBreakdown;
  /** What counts against the key: the real cost times the rates of the service. */
  readonly rated: CostBreakdown;
  readonly usedFallbackPricing: boolean;
  readonly tier: PriceTier;
}

/** An attempt that an upstream was paid for and that led to no answer. Booked against the account, never the key. */
export interface WastedAttempt {
  readonly at: Date;
  readonly accountId: AccountId;
  /** Of the account: which of its quota days the waste counts in. */
  readonly quotaResetTime: string;
  readonly service: ServiceName;
  /** As booked: the name that the upstream gave, else the mapped one. */
  readonly model: string;
  readonly usage: TokenUsage;
  readonly betaHeader: string | null;
  readonly speed: string | null;
  readonly serviceTier: string | null;
}

export interface WasteRecord {
  readonly attempt: WastedAttempt;
  readonly real: CostBreakdown;
}

/** Everything that one client request leaves for the books; the unit that is settled exactly once. */
export interface Settlement {
  readonly requestId: string;
  /** Null: nothing is booked against the key. */
  readonly record: UsageRecord | null;
  readonly waste: readonly WasteRecord[];
}
