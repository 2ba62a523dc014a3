/** What a stored text, or a value in a JSON text, looks like; `accepts` says which of these stand for one another. */
export type Format =
  | 'empty'
  | 'flag'
  | 'integer'
  | 'decimal'
  | 'instant'
  | 'day'
  | 'month'
  | 'time'
  | 'id'
  | 'id of a kind'
  | 'id with text'
  | 'name with id'
  | 'hash'
  | 'cipher'
  | 'bcrypt'
  | 'array'
  | 'object'
  | 'number'
  | 'boolean'
  | 'null'
  | 'text';

/** Where a value stands (`proxy.port`, `[].timestamp`), and its format. */
export type FormatAt = readonly [path: string, format: Format];

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const DATE = String.raw`\d{4}-\d\d-\d\d`;

const FORMATS: readonly (readonly [Format, RegExp])[] = [
  ['empty', /^$/],
  ['flag', /^(?:true|false)$/],
  ['integer', /^-?(?:0|[1-9]\d*)$/],
  ['decimal', /^-?(?:0|[1-9]\d*)\.\d+$/],
  ['instant', new RegExp(String.raw`^${DATE}T\d\d:\d\d:\d\d\.\d{3}Z$`)],
  ['day', new RegExp(`^${DATE}$`)],
  ['month', /^\d{4}-\d\d$/],
  ['time', /^\d\d:\d\d$/],
  ['id', new RegExp(`^${UUID}$`)],
  ['id of a kind', new RegExp(`^[a-z]+:${UUID}$`)],
  ['id with text', new RegExp(`^${UUID}:.+$`)],
  ['name with id', new RegExp(String.raw`^[^\0]+\0${UUID}$`)],
  ['hash', /^[0-9a-f]{64}$/],
  ['cipher', /^[0-9a-f]{32}:(?:[0-9a-f]{32})+$/],
  ['bcrypt', /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/],
];

/** Formats that a stored text may have where the other is allowed. */
export const accepts = (allowed: ReadonlySet<Format>, found: Format): boolean =>
  allowed.has(found) || (found === 'integer' && allowed.has('decimal'));

/** All values of a stored text: itself and, where it is JSON, what is in it. */
export function formatsOf(text: string, path = ''): FormatAt[] {
  if (!/^[[{]/.test(text)) return [[path, FORMATS.find(([, looks]) => looks.test(text))?.[0] ?? 'text']];
  try {
    return formatsOfJson(JSON.parse(text), path);
  } catch {
    return [[path, 'text']];
  }
}

function formatsOfJson(value: unknown, path: string): FormatAt[] {
  if (typeof value === 'string') return [[path, /^[[{]/.test(value) ? 'text' : (formatsOf(value)[0]?.[1] ?? 'text')]];
  if (typeof value === 'number') return [[path, 'number']];
  if (typeof value === 'boolean') return [[path, 'boolean']];
  if (Array.isArray(value))
    return [[path, 'array'], ...value.flatMap((item: unknown) => formatsOfJson(item, `${path}[]`))];
  if (typeof value !== 'object' || value === null) return [[path, 'null']];
  const inside = Object.entries(value).flatMap(([name, item]) =>
    formatsOfJson(item, path === '' ? name : `${path}.${name}`),
  );
  return [[path, 'object'], ...inside];
}

const MODEL_KEYS: readonly (readonly [RegExp, string])[] = [
  [/^(apikey:tag:).+$/, '$1{tag}'],
  [/^(unified_claude_session_mapping:).+$/, '$1{session}'],
  [/^(usage:model:(?:daily|monthly|hourly):)(?!index:).+?(:\d{4}-.+)$/, '$1{model}$2'],
  [/^(usage:[^:]+:model:alltime:).+$/, '$1{model}'],
  [/^(usage:[^:]+:model:(?:daily|monthly|hourly):).+?(:\d{4}-.+)$/, '$1{model}$2'],
  [/^(account_usage:model:(?:daily|monthly|hourly):)(?!index:)([^:]+:).+?(:\d{4}-.+)$/, '$1$2{model}$3'],
];
const VARIABLES: readonly (readonly [RegExp, string])[] = [
  [new RegExp(UUID, 'g'), '{id}'],
  [/[0-9a-f]{64}/g, '{hash}'],
  [new RegExp(`:${DATE}:\\d\\d(?=:|$)`, 'g'), ':{hour}'],
  [new RegExp(`:${DATE}T\\d\\d(?=:|$)`, 'g'), ':{week}'],
  [/:\d{4}-W\d\d(?=:|$)/g, ':{week}'],
  [new RegExp(`:${DATE}(?=:|$)`, 'g'), ':{day}'],
  [/:\d{4}-\d\d(?=:|$)/g, ':{month}'],
  [/:\d+$/, ':{number}'],
];

/** The name of a key with a word in braces for each of its variable parts. */
export const patternOf = (key: string): string =>
  [...MODEL_KEYS, ...VARIABLES].reduce((name, [part, word]) => name.replace(part, word), key);
