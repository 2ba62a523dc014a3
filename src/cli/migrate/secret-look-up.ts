import { keys, type StoreCommand } from '@crs/store';
import type { Side } from './side.js';
import type { StoredValue } from './stored-value.js';
import { apiKeyIdOf, fieldsOf } from './value-differences.js';

/** The record of a client key before and after it was carried; null = there is none. */
export interface RecordChange {
  readonly key: string;
  readonly before: StoredValue | null;
  readonly after: StoredValue | null;
  /** What the source has. */
  readonly source: StoredValue | null;
}

/**
 * Makes the look-up of secrets say of these client keys what their records say: a secret leads to its key unless the
 * key is deleted. Fields of other keys stay. Commands for what is not so yet.
 */
export async function lookUpCommands(target: Side, changes: readonly RecordChange[]): Promise<StoreCommand[]> {
  const wanted = new Map<string, string>();
  const known = new Map<string, string>();
  for (const { key, before, after, source } of changes) {
    const id = apiKeyIdOf(key);
    if (id === null) continue;
    for (const record of [before, after, source]) {
      const hash = secretHashOf(record);
      if (hash !== '') known.set(hash, id);
    }
    if (secretHashOf(after) !== '' && fieldsOf(after).get('isDeleted') !== 'true') wanted.set(secretHashOf(after), id);
  }
  const ids = await target.read([...known.keys()].map((hash) => ['hget', keys.apiKey.hashMap, hash]));
  return [...known].flatMap(([hash, id], at): StoreCommand[] => {
    const leadsTo = wanted.get(hash);
    if (leadsTo !== undefined) return ids[at] === leadsTo ? [] : [['hset', keys.apiKey.hashMap, hash, leadsTo]];
    return ids[at] === id ? [['hdel', keys.apiKey.hashMap, hash]] : [];
  });
}

const secretHashOf = (record: StoredValue | null): string => fieldsOf(record).get('apiKey') ?? '';
