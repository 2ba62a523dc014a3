import { describeError } from '../http/error-log.js';

const REDACTED = '[redacted]';
/** Deeper than anything that is logged on purpose; also what ends a cycle. */
const MAX_DEPTH = 6;
const MAX_ITEMS = 50;

/** Names of secrets and of bodies, in lower case and without `-` and `_`. */
const HIDDEN = new Set([
  'authorization',
  'proxyauthorization',
  'xapikey',
  'apikey',
  'xgoogapikey',
  'xadmintoken',
  'cookie',
  'setcookie',
  'rawheaders',
  'password',
  'currentpassword',
  'newpassword',
  'passwordhash',
  'secret',
  'clientsecret',
  'jwtsecret',
  'encryptionkey',
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'credentials',
  'body',
  'rawbody',
]);

/** Whether a value has this name is looked up for every field of every line, and there are few names. */
const hiddenByName = new Map<string, boolean>();
const MAX_NAMES = 2000;

const isHidden = (name: string): boolean => {
  const known = hiddenByName.get(name);
  if (known !== undefined) return known;
  const hidden = HIDDEN.has(name.toLowerCase().replaceAll(/[-_]/g, ''));
  if (hiddenByName.size < MAX_NAMES) hiddenByName.set(name, hidden);
  return hidden;
};

/**
 * A copy that is fit for a log: secrets and bodies by name, bytes by their number, errors by their plain facts. Instead of
 * pino's own `redact`, whose wildcard paths know no letter case and cost some 40 us a line.
 */
export const redact = (fields: object): Record<string, unknown> => redactFields(fields, 0);

const redactFields = (fields: object, depth: number): Record<string, unknown> => {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    copy[name] = isHidden(name) && isPresent(value) ? REDACTED : redactValue(value, depth + 1);
  }
  return copy;
};

/** That a secret is missing is no secret. */
const isPresent = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

const redactValue = (value: unknown, depth: number): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '[deep]';
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return redactFields(describeError(value), depth);
  if (value instanceof Date || value instanceof URL) return value instanceof URL ? value.origin : value;
  if (!Array.isArray(value)) return redactFields(value, depth);
  const items = value.slice(0, MAX_ITEMS).map((item: unknown) => redactValue(item, depth + 1));
  return value.length > MAX_ITEMS ? [...items, `[${value.length - MAX_ITEMS} more]`] : items;
};
