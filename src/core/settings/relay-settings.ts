/** What an administrator sets for all keys, under our names; stored as v1's `claude_relay_config`. */
export interface RelaySettings {
  /** Only Claude Code may use the Anthropic paths. */
  readonly claudeCodeOnly: boolean;
  readonly queue: QueueSettings;
}

/** Waiting instead of refusing where a key has too many requests at once. */
export interface QueueSettings {
  readonly enabled: boolean;
  /** Requests of a key that may wait; at least `maxSizeMultiplier` times its concurrency limit. */
  readonly maxSize: number;
  readonly maxSizeMultiplier: number;
  readonly timeoutMs: number;
  /** Failures of the store in a row after which a wait is given up. */
  readonly maxStoreFailures: number;
  /** Refuse at once where recent waits came close to the timeout. */
  readonly healthCheckEnabled: boolean;
  /** Share of the timeout. */
  readonly healthThreshold: number;
}

export const DEFAULT_RELAY_SETTINGS: RelaySettings = {
  claudeCodeOnly: false,
  queue: {
    enabled: false,
    maxSize: 3,
    maxSizeMultiplier: 0,
    timeoutMs: 10_000,
    maxStoreFailures: 5,
    healthCheckEnabled: true,
    healthThreshold: 0.8,
  },
};
