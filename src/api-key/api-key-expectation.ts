import type { StoreTransaction } from '@crs/store';
import type { StoredFields, StoredHashes } from './api-key.codec.js';

/** What a caller read of a key before it decided, the date of the last use left out. */
export type ExpectedHashes = StoredHashes;

const LAST_USED_AT = 'lastUsedAt';

/**
 * The argument of a script that writes only while the key is what the caller read. The date of the last use changes with
 * every request, so it says nothing about what an administrator saw.
 */
export const expectedHashes = ({ fields, extra }: StoredHashes): string =>
  JSON.stringify({ fields: withoutLastUse(fields), extra } satisfies ExpectedHashes);

/** Whether somebody else has changed the key since. */
export const differs = (tx: StoreTransaction, record: string, extra: string, expected: ExpectedHashes): boolean =>
  isOther(tx.hgetall(record), expected.fields) || isOther(tx.hgetall(extra), expected.extra);

function isOther(stored: StoredFields, expected: StoredFields): boolean {
  const found = Object.entries(withoutLastUse(stored));
  return found.length !== Object.keys(expected).length || found.some(([field, text]) => expected[field] !== text);
}

const withoutLastUse = (fields: StoredFields): StoredFields =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => field !== LAST_USED_AT));
