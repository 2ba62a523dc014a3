import { scanObject } from '@crs/json-scan';
import { type JsonRecord, parseJson } from './untyped-json.js';

/** These top-level members of a large JSON object, without parsing the rest of it; null for what is no object. */
export function readMembers(body: Buffer, names: readonly string[]): JsonRecord | null {
  const scan = scanObject(body, names);
  if (scan.kind === 'invalid') return null;
  return Object.fromEntries(
    [...scan.spans].map(([name, { start, end }]) => [name, parseJson(body.toString('utf8', start, end))]),
  );
}
