import { JSON_BYTE, JsonScanner } from './json-scanner.js';
import { NameReader } from './name-reader.js';
import { scanObject } from './scan-object.js';
import { walkMembers } from './walk-members.js';

/**
 * The object `body` without the members of these names, each as often as it stands there. The bytes of all others stay as
 * they are. The same buffer where nothing is removed, and where the JSON does not hold together.
 */
export function removeMembers(body: Buffer, names: readonly string[]): Buffer {
  const scan = scanObject(body, names);
  if (scan.kind === 'invalid' || scan.spans.size === 0) return body;
  const reader = new NameReader(body, names);
  // Filled from the front: a list of the pieces would grow with the number of members, which is the client's to choose.
  const result = Buffer.allocUnsafe(body.length);
  let filled = 0;
  let readTo = 0;
  let isFirst = true;
  walkMembers(new JsonScanner(body), ({ whole, name }) => {
    if (readTo === 0) filled += body.copy(result, 0, 0, whole.start);
    readTo = whole.end;
    if (reader.read(name) !== null) return;
    if (!isFirst) filled = result.writeUInt8(JSON_BYTE.COMMA, filled);
    filled += body.copy(result, filled, whole.start, whole.end);
    isFirst = false;
  });
  filled += body.copy(result, filled, readTo);
  return result.subarray(0, filled);
}
