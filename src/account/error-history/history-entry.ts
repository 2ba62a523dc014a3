/** One error of an upstream, as version 1 notes it, too. */
export interface HistoryEntry {
  readonly at: Date;
  /** What the upstream answered; null = nothing. */
  readonly status: number | null;
  readonly errorType: string;
  /** What else was noted; version 1 and this gateway note different things. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** An entry `{time,status,errorType,context}`; null for a text that is none. Never throws. */
export function parseHistoryEntry(text: string): HistoryEntry | null {
  const entry = toObject(parseJson(text));
  const { time, status, errorType } = entry;
  const at = new Date(typeof time === 'string' || typeof time === 'number' ? time : Number.NaN);
  if (Number.isNaN(at.getTime())) return null;
  return {
    at,
    status: typeof status === 'number' && status > 0 ? status : null,
    errorType: typeof errorType === 'string' ? errorType : 'unknown',
    context: toObject(entry['context']),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const toObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
