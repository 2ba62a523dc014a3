import type { PayloadRule } from '@crs/extension-api';
import { setPath } from '@crs/json-scan';

type Path = readonly [string, ...string[]];

/** Names that every object has by nature; a database of v1 may hold rules with them. */
const UNSAFE_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const MOST_NAMES = 100;

/**
 * The body with the rule's value at the rule's path; every other byte stays as it is, and a new member stands last. The
 * path goes through objects, which are made where they are missing or `null`. A list, a text, a number or a truth in its
 * way is the client's content, which no rule breaks. The same buffer when the rule cannot be applied.
 */
export function applyRule(body: Buffer, rule: PayloadRule): Buffer {
  const names = namesOf(rule.path);
  const json = jsonOf(rule);
  if (names === null || json === null || breaksModel(names, json)) return body;
  return setPath(body, names, json) ?? body;
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
  json: (value) => (typeof value === 'string' ? checkedJson(value) : JSON.stringify(value)),
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

function checkedJson(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return null;
  }
}

/** A request without the name of a model is none. */
const breaksModel = (names: Path, json: string): boolean =>
  names.length === 1 && names[0] === 'model' && (!json.startsWith('"') || json === '""');
