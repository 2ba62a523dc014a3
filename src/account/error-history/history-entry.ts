import { redactErrorText } from '../error-text.js';

/** The longest that is shown of an upstream's words, and of any other text. */
const MAX_ERROR_CHARS = 2000;
const MAX_TEXT_CHARS = 200;
/** Shown however long they are; of the rest, what goes by the name of a secret never is. */
const KNOWN_MEMBERS: ReadonlySet<string> = new Set(['requestId', 'model', 'endpoint']);
const SECRET_NAMES = /header|auth|cookie|token|secret|passw|key|credential|proxy/i;

/** One error of an upstream, as version 1 notes it, too. */
export interface HistoryEntry {
  readonly at: Date;
  /** What the upstream answered; null = nothing. */
  readonly status: number | null;
  readonly errorType: string;
  /** What else was noted, without secrets; version 1 and this gateway note different things. */
  readonly context: Readonly<Record<string, string>>;
}

/**
 * An entry `{time,status,errorType,context}`; null for a text that is none. Never throws.
 *
 * @param secret the key of the account, which is shown nowhere; empty = unknown
 */
export function parseHistoryEntry(text: string, secret: string): HistoryEntry | null {
  const entry = toObject(parseJson(text));
  const { time, status, errorType } = entry;
  const at = new Date(typeof time === 'string' || typeof time === 'number' ? time : Number.NaN);
  if (Number.isNaN(at.getTime())) return null;
  return {
    at,
    status: typeof status === 'number' && status > 0 ? status : null,
    errorType: typeof errorType === 'string' ? redactErrorText(errorType, secret, MAX_TEXT_CHARS) : 'unknown',
    context: toContext(toObject(entry['context']), secret),
  };
}

/** The known members and short texts: version 1 notes whatever it has at hand, also headers. */
function toContext(noted: Readonly<Record<string, unknown>>, secret: string): Readonly<Record<string, string>> {
  const shown = Object.entries(noted).flatMap(([name, value]): [string, string][] => {
    if (name === 'errorBody')
      return value === null ? [] : [[name, redactErrorText(toText(value), secret, MAX_ERROR_CHARS)]];
    return isShown(name, value) ? [[name, redactErrorText(value, secret, MAX_TEXT_CHARS)]] : [];
  });
  return Object.fromEntries(shown);
}

function isShown(name: string, value: unknown): value is string {
  if (typeof value !== 'string') return false;
  return KNOWN_MEMBERS.has(name) || (value.length <= MAX_TEXT_CHARS && !SECRET_NAMES.test(name));
}

const toText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const toObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
