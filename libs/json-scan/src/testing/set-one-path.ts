import type { ByteSpan } from '../byte-span.js';
import { JSON_BYTE, JsonScanner } from '../json-scanner.js';
import { NameReader } from '../name-reader.js';
import { walkMembers } from '../walk-members.js';

type Path = readonly [string, ...string[]];

/** `setPath`, said in another way: by one walk for each name on the path. Null where nothing can be set. */
export function setOnePath(body: Buffer, path: Path, json: string): Buffer | null {
  const place = findPlace(body, { start: 0, end: body.length }, path);
  if (place === null) return null;
  const { span, prefix, missing } = place;
  const { start, end } = span;
  return Buffer.concat([body.subarray(0, start), Buffer.from(prefix + nest(missing, json)), body.subarray(end)]);
}

interface Place {
  /** What the new text replaces; empty where a member is added. */
  readonly span: ByteSpan;
  /** What a new member needs before its value. */
  readonly prefix: string;
  /** Names of the objects that are still to be made around the value. */
  readonly missing: readonly string[];
}

function findPlace(body: Buffer, object: ByteSpan, [name, ...missing]: Path): Place | null {
  const found = findMember(body, object, name);
  if (found === null) return null;
  if (found.value === null) return { span: found.end, prefix: `${found.separator}${JSON.stringify(name)}:`, missing };
  const [next, ...others] = missing;
  if (next === undefined || isNull(body, found.value)) return { span: found.value, prefix: '', missing };
  return findPlace(body, found.value, [next, ...others]);
}

interface Found {
  /** Null: the object has no such member. */
  readonly value: ByteSpan | null;
  /** Empty span where another member could be written. */
  readonly end: ByteSpan;
  readonly separator: '' | ',';
}

/** Null: no object stands at the span. */
function findMember(body: Buffer, { start, end }: ByteSpan, name: string): Found | null {
  const bytes = body.subarray(start, end);
  const reader = new NameReader(bytes, [name]);
  const values: ByteSpan[] = [];
  let last = 0;
  const isObject = walkMembers(new JsonScanner(bytes), (member) => {
    last = member.value.end;
    // The last one counts.
    if (reader.read(member.name) !== null) values[0] = { start: start + member.value.start, end: start + last };
  });
  if (!isObject) return null;
  const isEmpty = last === 0;
  const at = start + (isEmpty ? bytes.indexOf(JSON_BYTE.OPEN_BRACE) + 1 : last);
  return { value: values[0] ?? null, end: { start: at, end: at }, separator: isEmpty ? '' : ',' };
}

const isNull = (body: Buffer, { start, end }: ByteSpan): boolean => body.toString('latin1', start, end) === 'null';

const nest = (names: readonly string[], json: string): string =>
  names.reduceRight((inner, name) => `{${JSON.stringify(name)}:${inner}}`, json);
