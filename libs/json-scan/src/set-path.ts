import { type PathEdit, setPaths } from './set-paths.js';

/**
 * A copy of the object `body` with `json` as the value at a path of member names. What is missing on the way is made; a
 * `null` there counts as missing. Every byte that does not belong to the value stays as it is; a new member stands last.
 * Null where the path leads into a list or a scalar, or the JSON does not hold together.
 *
 * @param json one JSON value, as text
 * @example setPath(Buffer.from('{ "a": {} }'), ['a', 'b'], '1') // '{ "a": {"b":1} }'
 */
export function setPath(body: Buffer, path: PathEdit['path'], json: string): Buffer | null {
  const after = setPaths(body, [{ path, json }]);
  return after === body ? null : after;
}
