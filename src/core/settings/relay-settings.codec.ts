import { DEFAULT_RELAY_SETTINGS, type RelaySettings } from './relay-settings.js';

/** The settings under v1's names, as they are stored. Members that are not served here are kept and never read. */
export interface RelaySettingFields {
  readonly claudeCodeOnlyEnabled: boolean;
  readonly concurrentRequestQueueEnabled: boolean;
  readonly concurrentRequestQueueMaxSize: number;
  readonly concurrentRequestQueueMaxSizeMultiplier: number;
  readonly concurrentRequestQueueTimeoutMs: number;
  readonly concurrentRequestQueueMaxRedisFailCount: number;
  readonly concurrentRequestQueueHealthCheckEnabled: boolean;
  readonly concurrentRequestQueueHealthThreshold: number;
}

/** Only the fields given; null puts one back to its default. */
export type RelaySettingsChange = {
  readonly [Name in keyof RelaySettingFields]?: RelaySettingFields[Name] | null | undefined;
};

export interface StoredRelaySettings extends RelaySettingFields {
  /** Null: nobody has ever changed them. */
  readonly updatedAt: string | null;
  readonly updatedBy: string | null;
}

/** What a number may be; anything else that is stored counts as the default. */
export const RELAY_SETTING_RANGES = {
  concurrentRequestQueueMaxSize: { min: 1, max: 1000 },
  concurrentRequestQueueMaxSizeMultiplier: { min: 0, max: 100 },
  concurrentRequestQueueTimeoutMs: { min: 1000, max: 300_000 },
  concurrentRequestQueueMaxRedisFailCount: { min: 1, max: 100 },
  /** A share of 0 would refuse everybody. */
  concurrentRequestQueueHealthThreshold: { min: Number.MIN_VALUE, max: 1 },
} as const;

interface Range {
  readonly min: number;
  readonly max: number;
}

type JsonObject = Readonly<Record<string, unknown>>;
type Accepts = (value: unknown) => boolean;

const isFlag: Accepts = (value) => typeof value === 'boolean';
const isNumberIn =
  ({ min, max }: Range): Accepts =>
  (value) =>
    typeof value === 'number' && value >= min && value <= max;
const isCountIn =
  (range: Range): Accepts =>
  (value) =>
    Number.isInteger(value) && isNumberIn(range)(value);

const RANGES = RELAY_SETTING_RANGES;
const FIELDS: Readonly<Record<keyof RelaySettingFields, Accepts>> = {
  claudeCodeOnlyEnabled: isFlag,
  concurrentRequestQueueEnabled: isFlag,
  concurrentRequestQueueMaxSize: isCountIn(RANGES.concurrentRequestQueueMaxSize),
  concurrentRequestQueueMaxSizeMultiplier: isNumberIn(RANGES.concurrentRequestQueueMaxSizeMultiplier),
  concurrentRequestQueueTimeoutMs: isCountIn(RANGES.concurrentRequestQueueTimeoutMs),
  concurrentRequestQueueMaxRedisFailCount: isCountIn(RANGES.concurrentRequestQueueMaxRedisFailCount),
  concurrentRequestQueueHealthCheckEnabled: isFlag,
  concurrentRequestQueueHealthThreshold: isNumberIn(RANGES.concurrentRequestQueueHealthThreshold),
};

const DEFAULTS: RelaySettingFields = toFields(DEFAULT_RELAY_SETTINGS);

/** What is stored, with the default of every member that is missing or cannot be read. */
export function decodeRelaySettings(text: string | null): StoredRelaySettings {
  const stored = parseObject(text) ?? {};
  const fields = Object.entries(FIELDS).map(([name, accepts]) => [name, accepts(stored[name]) ? stored[name] : null]);
  return {
    ...DEFAULTS,
    ...(Object.fromEntries(fields.filter(([, value]) => value !== null)) as Partial<RelaySettingFields>),
    updatedAt: textOrNull(stored['updatedAt']),
    updatedBy: textOrNull(stored['updatedBy']),
  };
}

/** The text to store: what is stored, changed; all other members as they are. A text that nobody can read is replaced. */
export function encodeRelaySettings(
  text: string | null,
  change: RelaySettingsChange,
  event: { readonly at: Date; readonly by: string },
): string {
  const next = new Map(Object.entries(parseObject(text) ?? {}));
  for (const [name, value] of Object.entries(change)) {
    if (value === null) next.delete(name);
    else if (value !== undefined) next.set(name, value);
  }
  next.set('updatedAt', event.at.toISOString()).set('updatedBy', event.by);
  return JSON.stringify(Object.fromEntries(next));
}

/** Whether all of it can be read: there is no text, or it is a JSON object whose members are what they must be. */
export function isReadable(text: string | null): boolean {
  const stored = parseObject(text);
  if (stored === null) return text === null;
  return Object.entries(FIELDS).every(([name, accepts]) => stored[name] === undefined || accepts(stored[name]));
}

export function toRelaySettings(fields: RelaySettingFields): RelaySettings {
  return {
    claudeCodeOnly: fields.claudeCodeOnlyEnabled,
    queue: {
      enabled: fields.concurrentRequestQueueEnabled,
      maxSize: fields.concurrentRequestQueueMaxSize,
      maxSizeMultiplier: fields.concurrentRequestQueueMaxSizeMultiplier,
      timeoutMs: fields.concurrentRequestQueueTimeoutMs,
      maxStoreFailures: fields.concurrentRequestQueueMaxRedisFailCount,
      healthCheckEnabled: fields.concurrentRequestQueueHealthCheckEnabled,
      healthThreshold: fields.concurrentRequestQueueHealthThreshold,
    },
  };
}

function toFields({ claudeCodeOnly, queue }: RelaySettings): RelaySettingFields {
  return {
    claudeCodeOnlyEnabled: claudeCodeOnly,
    concurrentRequestQueueEnabled: queue.enabled,
    concurrentRequestQueueMaxSize: queue.maxSize,
    concurrentRequestQueueMaxSizeMultiplier: queue.maxSizeMultiplier,
    concurrentRequestQueueTimeoutMs: queue.timeoutMs,
    concurrentRequestQueueMaxRedisFailCount: queue.maxStoreFailures,
    concurrentRequestQueueHealthCheckEnabled: queue.healthCheckEnabled,
    concurrentRequestQueueHealthThreshold: queue.healthThreshold,
  };
}

function parseObject(text: string | null): JsonObject | null {
  try {
    const parsed: unknown = JSON.parse(text ?? 'null');
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as JsonObject) : null;
  } catch {
    return null;
  }
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
