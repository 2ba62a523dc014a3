export type StoredHash = Readonly<Record<string, string>>;

/** What the store holds of one key's usage, untouched. Absent hashes are empty, absent texts null. */
export interface StoredKeyUsage {
  readonly counters: KeyCounters;
  readonly costs: KeyCosts;
  readonly window: KeyWindow;
  readonly running: KeyRunning;
  readonly models: readonly ModelCounters[];
}

export interface KeyCounters {
  readonly total: StoredHash;
  readonly today: StoredHash;
  readonly month: StoredHash;
}

/** USD as text. */
export interface KeyCosts {
  readonly total: string | null;
  readonly realTotal: string | null;
  readonly today: string | null;
  readonly realToday: string | null;
  readonly month: string | null;
  /** Rated cost of Claude models in the current reset week. */
  readonly claudeWeek: string | null;
}

export interface KeyWindow {
  readonly startedAt: string | null;
  readonly requests: string | null;
  readonly tokens: string | null;
  readonly cost: string | null;
}

/** What requests hold while they run: the members that have not expired. */
export interface KeyRunning {
  /** One per request that counts as one at the same time. */
  readonly slots: readonly string[];
  /** See `Hold`. */
  readonly holds: readonly string[];
}

export interface ModelCounters {
  readonly model: string;
  /** Lifetime; v1 up to 1.1.162 had none. */
  readonly total: StoredHash;
  readonly today: StoredHash;
  readonly month: StoredHash;
  /** The months before, as far back as their counters live. */
  readonly earlierMonths: readonly StoredHash[];
}

/** Figures under the names of v1's counters, with both costs. */
export interface UsageFigures {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheCreateTokens: number;
  readonly cacheReadTokens: number;
  readonly ephemeral5mTokens: number;
  readonly ephemeral1hTokens: number;
  readonly allTokens: number;
  /** Rated: what counts against the key's limits. */
  readonly costUsd: number;
  /** What the upstream charges. */
  readonly realCostUsd: number;
}

export type ModelFigures = UsageFigures & { readonly model: string };

/** How far a limit is used. */
export interface LimitFigures {
  /** 0 = no limit. */
  readonly limit: number;
  readonly used: number;
  /** Never below 0; null where there is no limit. */
  readonly remaining: number | null;
  /** When `used` starts again from 0; null = never, or no window is running. */
  readonly resetAt: Date | null;
}

/** The same for a limit of which requests in flight hold a part: what is used and held does not remain. */
export interface HeldLimitFigures extends LimitFigures {
  readonly held: number;
}
