import type { PayloadRule } from '@crs/extension-api';
import type { PathEdit } from '@crs/json-scan';

type Path = PathEdit['path'];

/** Names that every object has by nature; a database of v1 may hold rules with them. */
const UNSAFE_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const MOST_NAMES = 100;

/**
 * What a rule writes, and where. The path goes through objects, which are made where they are missing or `null`. A list, a
 * text, a number or a truth in its way is the client's content, which no rule breaks. Null when the rule cannot be applied
 * to any body.
 */
export function editOf(rule: PayloadRule): PathEdit | null {
  const path = namesOf(rule.path);
  const json = jsonOf(rule);
  return path === null || json === null || breaksRequest(path, json) ? null : { path, json };
}

/** The names of a dotted path, without the blanks around them; null for a path that must not or cannot be followed. */
export function namesOf(path: string): Path | null {
  const names = path.split('.', MOST_NAMES + 1).map((name) => name.trim());
  return isPath(names) ? names : null;
}

const isPath = (names: readonly string[]): names is Path =>
  names.length <= MOST_NAMES && names.every((name) => name !== '' && !UNSAFE_NAMES.has(name));

const JSON_OF: Readonly<Record<PayloadRule['valueType'], (value: unknown) => string | null>> = {
  string: (value) => (typeof value === 'string' ? JSON.stringify(value) : null),
  number: (value) => (typeof value === 'string' && value.trim() !== '' ? numberJson(Number(value)) : numberJson(value)),
  boolean: (value) => FLAGS.get(value) ?? null,
  json: checkedJson,
};

const FLAGS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [true, 'true'],
  ['true', 'true'],
  [false, 'false'],
  ['false', 'false'],
]);

/** What a rule writes; null when its value is none of its type. Any value may be stored as text. */
const jsonOf = ({ value, valueType }: PayloadRule): string | null => JSON_OF[valueType](value);

const numberJson = (value: unknown): string | null => (Number.isFinite(value) ? JSON.stringify(value) : null);

/** Text is JSON already, and must be. A value may also be nested deeper than the stack is. */
function checkedJson(value: unknown): string | null {
  try {
    return JSON.stringify(typeof value === 'string' ? JSON.parse(value) : value);
  } catch {
    return null;
  }
}

/** A request without the name of a model is none, and neither is one whose stream is neither true nor false. */
function breaksRequest([name, ...below]: Path, json: string): boolean {
  if (name === 'model') return below.length === 0 && (!json.startsWith('"') || json === '""');
  return name === 'stream' && (below.length > 0 || !STREAM_VALUES.has(json));
}

const STREAM_VALUES: ReadonlySet<string> = new Set(['true', 'false', 'null']);
