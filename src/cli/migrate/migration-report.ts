/** How many keys of a class met which fate. */
export interface ClassCounts {
  added: number;
  changed: number;
  removed: number;
  /** Only the target has changed: left as it is there. */
  kept: number;
  /** Both have changed: left as it is in the target. */
  conflicts: number;
  same: number;
}
export type Fate = keyof ClassCounts;

export interface ClassReport extends Readonly<ClassCounts> {
  readonly name: string;
  readonly note: string | null;
  /** The first keys of each fate but `same`. */
  readonly names: Readonly<Partial<Record<Fate, readonly string[]>>>;
}

/** What the target has, and what the source has, of one field of a client key. Null = nothing. */
export interface FieldDifference {
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface ApiKeyDifference {
  readonly id: string;
  readonly name: string;
  readonly fate: Fate;
  readonly fields: readonly FieldDifference[];
}

/** USD as both databases have it. */
export interface CostDifference {
  readonly day: string;
  /** Null = all keys together. */
  readonly keyId: string | null;
  readonly source: number;
  readonly target: number;
}

/** What a run did, or would do. */
export interface MigrationReport {
  readonly direction: 'v1-to-v2' | 'v2-to-v1';
  readonly dryRun: boolean;
  readonly from: string;
  readonly to: string;
  /** False: it was stopped on the way. */
  readonly isComplete: boolean;
  /** Why only a dry run may do this; null = nothing stands against it. */
  readonly refusal: string | null;
  readonly keys: number;
  readonly classes: readonly ClassReport[];
  readonly leftOut: readonly { readonly what: string; readonly reason: string; readonly keys: number }[];
  /** Keys that cannot be carried; not all when there are many, `notCarriedTotal` counts them. */
  readonly notCarried: readonly { readonly key: string; readonly reason: string }[];
  readonly notCarriedTotal: number;
  /** The names of conflicts and of what was kept; not all when there are many. */
  readonly conflicts: readonly string[];
  readonly kept: readonly string[];
  readonly apiKeys: readonly ApiKeyDifference[];
  /** Per day the sum of all keys, then each key that differs. As both were before this run. */
  readonly costs: readonly CostDifference[];
  readonly notes: readonly string[];
}
