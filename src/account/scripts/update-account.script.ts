import { defineScript } from '@crs/store';

/** `missing`: there is no such account. `changed`: a field is not what was expected. Nothing was written then. */
export type UpdateResult = 'updated' | 'missing' | 'changed';

const RESULTS: ReadonlyMap<unknown, UpdateResult> = new Map([
  [1, 'updated'],
  [0, 'missing'],
  [-1, 'changed'],
]);

/** See update-account.lua for keys and arguments. */
export const updateAccount = defineScript<UpdateResult>({
  name: 'update-account',
  source: new URL('./update-account.lua', import.meta.url),
  transaction(tx, [record = '', shared = ''], [id = '', membership = '', expectedCount = '', ...pairs]) {
    if (tx.exists(record) === 0) return 0;
    const afterExpected = 2 * Number(expectedCount);
    const expected = Object.entries(toFields(pairs.slice(0, afterExpected)));
    if (expected.some(([field, text]) => (tx.hget(record, field) ?? '') !== text)) return -1;
    const written = toFields(pairs.slice(afterExpected));
    if (Object.keys(written).length > 0) tx.hset(record, written);
    if (membership === 'add') tx.sadd(shared, id);
    if (membership === 'remove') tx.srem(shared, id);
    return 1;
  },
  parse(reply) {
    const result = RESULTS.get(reply);
    if (result === undefined) throw new TypeError(`update-account answered ${JSON.stringify(reply)}`);
    return result;
  },
});

/** `['a', '1', 'b', '2']` as `{ a: '1', b: '2' }`. */
function toFields(pairs: readonly string[]): Record<string, string> {
  const names = pairs.filter((_, index) => index % 2 === 0);
  return Object.fromEntries(names.map((name, index) => [name, pairs[2 * index + 1] ?? '']));
}
