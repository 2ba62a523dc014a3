import type { ByteSpan } from './byte-span.js';
import { JSON_BYTE, JsonScanner } from './json-scanner.js';
import { NameReader } from './name-reader.js';
import { walkMembers } from './walk-members.js';

/** One value to be written. */
export interface PathEdit {
  readonly path: readonly [string, ...string[]];
  /** One JSON value, as text. */
  readonly json: string;
}

/**
 * The object `body` after all edits, each made on what the ones before have left, with one walk over each object that they
 * lead into. What is missing on the way is made; a `null` there counts as missing. An edit is skipped whose path leads into
 * a list or a scalar. Every byte that does not belong to a value stays as it is; new members stand last, in the order of
 * their first edits. The same buffer where no edit can be made, also where the JSON does not hold together.
 */
export function setPaths(body: Buffer, edits: readonly PathEdit[]): Buffer {
  const byName = groupByName(edits);
  const members = findMembers(body, [...byName.keys()]);
  if (members === null) return body;
  const { values, end, isEmpty } = members;
  const changes: Change[] = [];
  let isFirst = isEmpty;
  for (const [name, own] of byName) {
    const span = values.get(name);
    const before = span === undefined ? null : body.subarray(span.start, span.end);
    const bytes = valueAfter(before, own);
    if (bytes === null || bytes === before) continue;
    if (span !== undefined) {
      changes.push({ ...span, pieces: [bytes] });
      continue;
    }
    changes.push({ start: end, end, pieces: [Buffer.from(`${isFirst ? '' : ','}${JSON.stringify(name)}:`), bytes] });
    isFirst = false;
  }
  return withChanges(body, changes);
}

/** What takes the place of a span. */
interface Change extends ByteSpan {
  readonly pieces: readonly Buffer[];
}

interface Members {
  /** Of the members that were asked for; the last one counts where a name stands there twice. */
  readonly values: ReadonlyMap<string, ByteSpan>;
  /** Where another member can be written. */
  readonly end: number;
  readonly isEmpty: boolean;
}

/** Null: no object stands there. */
function findMembers(body: Buffer, names: readonly string[]): Members | null {
  const reader = new NameReader(body, names);
  const values = new Map<string, ByteSpan>();
  let last = 0;
  const isObject = walkMembers(new JsonScanner(body), ({ name, value }) => {
    last = value.end;
    const wanted = reader.read(name);
    if (wanted !== null) values.set(wanted, value);
  });
  if (!isObject) return null;
  const isEmpty = last === 0;
  return { values, end: isEmpty ? body.indexOf(JSON_BYTE.OPEN_BRACE) + 1 : last, isEmpty };
}

/** An edit of a member's value. */
interface ValueEdit {
  /** Where below the value; null: it takes the place of the whole value. */
  readonly inner: PathEdit | null;
  readonly json: string;
}

function groupByName(edits: readonly PathEdit[]): ReadonlyMap<string, readonly ValueEdit[]> {
  const byName = new Map<string, ValueEdit[]>();
  for (const { path, json } of edits) {
    const [name, next, ...others] = path;
    const own = byName.get(name) ?? [];
    own.push({ inner: next === undefined ? null : { path: [next, ...others], json }, json });
    byName.set(name, own);
  }
  return byName;
}

const NO_OBJECT = Buffer.from('{}');

/** The value of a member, null where it is missing; the same buffer where nothing changes it. */
function valueAfter(before: Buffer | null, edits: readonly ValueEdit[]): Buffer | null {
  let value = before;
  let inner: PathEdit[] = [];
  for (const edit of edits) {
    if (edit.inner !== null) {
      inner.push(edit.inner);
      continue;
    }
    // Whatever was made before the whole value is written goes with it.
    value = Buffer.from(edit.json);
    inner = [];
  }
  const object = value === null || value.equals(NULL) ? NO_OBJECT : value;
  const after = setPaths(object, inner);
  return after === object ? value : after;
}

const NULL = Buffer.from('null');

function withChanges(body: Buffer, changes: readonly Change[]): Buffer {
  if (changes.length === 0) return body;
  const pieces: Buffer[] = [];
  let readTo = 0;
  // The sort is stable: new members stay in their order, behind a change of the last one.
  for (const change of changes.toSorted((a, b) => a.start - b.start)) {
    pieces.push(body.subarray(readTo, change.start), ...change.pieces);
    readTo = change.end;
  }
  return Buffer.concat([...pieces, body.subarray(readTo)]);
}
