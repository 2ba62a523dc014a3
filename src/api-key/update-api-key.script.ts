import { defineScript, keys, type StoreTransaction } from '@crs/store';
import type { ApiKeyIndexEntry } from './api-key-index-entry.js';
import { differs, type ExpectedHashes, expectedHashes } from './api-key-expectation.js';
import type { StoredFields, StoredHashes } from './api-key.codec.js';
import type { ApiKeyWrite } from './api-key-write.js';

/** `changed`: the key is no longer what the caller read, so the caller decides again. */
export type UpdateReply = 'done' | 'missing' | 'changed';

/** Everything that one update writes. The index entry is written whole, so that an update also mends it. */
export interface ApiKeyUpdate extends ApiKeyWrite, Omit<ApiKeyIndexEntry, 'tags'> {
  readonly id: string;
  /** 0 leaves the record's time to live as it is. */
  readonly ttlSeconds: number;
  readonly secretHash: string;
  /** Of the secret that the key had; it opens nothing from now on. */
  readonly staleSecretHash: string;
  /** What the legacy look-up shall hold; empty leaves it as it is. */
  readonly legacy: StoredFields;
  /** The member of the name index that the key had. */
  readonly staleNameMember: string;
  /** The date of the last use is a new one; otherwise it is only indexed where it was not. */
  readonly used: boolean;
  /** Tags that the key has (`kept`) or no longer has. */
  readonly tags: readonly TagMembership[];
}

interface TagMembership {
  readonly name: string;
  readonly kept: boolean;
}

/** The script's keys, in its order. */
export type UpdateKeys = readonly [
  record: string,
  extra: string,
  hashMap: string,
  legacy: string,
  staleLegacy: string,
  all: string,
  byCreatedAt: string,
  byLastUsedAt: string,
  byName: string,
  active: string,
  deleted: string,
  allTags: string,
  ...tagSets: string[],
];

export const updateApiKey = defineScript<UpdateReply>({
  name: 'update-api-key',
  source: new URL('./update-api-key.lua', import.meta.url),
  transaction: (tx, storeKeys, args) => {
    const [record, extra, hashMap, legacy, staleLegacy, ...index] = storeKeys as UpdateKeys;
    const [expectedJson, updateJson] = args as readonly [string, string];
    const expected = JSON.parse(expectedJson) as ExpectedHashes;
    const update = JSON.parse(updateJson) as ApiKeyUpdate;
    if (tx.exists(record) === 0) return 'missing';
    if (differs(tx, record, extra, expected)) return 'changed';
    writeHash(tx, record, update.set, update.unset);
    writeHash(tx, extra, update.extraSet, update.extraUnset);
    if (update.ttlSeconds > 0) tx.expire(record, update.ttlSeconds);
    if (update.staleSecretHash !== update.secretHash) {
      tx.hdel(hashMap, update.staleSecretHash);
      tx.del(staleLegacy);
    }
    writeLookUp(tx, hashMap, legacy, update);
    writeIndex(tx, index, update);
    return 'done';
  },
  parse: (reply) => reply as UpdateReply,
});

export function updateKeys(update: ApiKeyUpdate): UpdateKeys {
  return [
    keys.apiKey.record(update.id),
    keys.apiKey.extra(update.id),
    keys.apiKey.hashMap,
    keys.apiKey.legacyHash(update.secretHash),
    keys.apiKey.legacyHash(update.staleSecretHash),
    keys.apiKey.all,
    keys.apiKey.byCreatedAt,
    keys.apiKey.byLastUsedAt,
    keys.apiKey.byName,
    keys.apiKey.active,
    keys.apiKey.deleted,
    keys.apiKey.allTags,
    ...update.tags.map((tag) => keys.apiKey.tag(tag.name)),
  ];
}

/** The script's arguments, in its order. */
export const updateArguments = (stored: StoredHashes, update: ApiKeyUpdate): readonly string[] => [
  expectedHashes(stored),
  JSON.stringify(update),
];

function writeHash(tx: StoreTransaction, key: string, set: StoredFields, unset: readonly string[]): void {
  if (Object.keys(set).length > 0) tx.hset(key, { ...set });
  if (unset.length > 0) tx.hdel(key, ...unset);
}

function keep(tx: StoreTransaction, set: string, id: string, wanted: boolean): void {
  if (wanted) tx.sadd(set, id);
  else tx.srem(set, id);
}

function writeLookUp(tx: StoreTransaction, hashMap: string, legacy: string, update: ApiKeyUpdate): void {
  if (update.state === 'deleted') {
    tx.hdel(hashMap, update.secretHash);
    tx.del(legacy);
    return;
  }
  tx.hset(hashMap, { [update.secretHash]: update.id });
  writeHash(tx, legacy, update.legacy, []);
}

type IndexKeys = UpdateKeys extends readonly [string, string, string, string, string, ...infer Index] ? Index : never;

function writeIndex(tx: StoreTransaction, indexKeys: IndexKeys, update: ApiKeyUpdate): void {
  const [all, byCreatedAt, byLastUsedAt, byName, active, deleted, allTags] = indexKeys;
  const { id, nameMember, staleNameMember, state } = update;
  tx.sadd(all, id);
  tx.zadd(byCreatedAt, Number(update.createdAt), id);
  if (update.used || tx.zscore(byLastUsedAt, id) === null) tx.zadd(byLastUsedAt, Number(update.lastUsedAt), id);
  if (staleNameMember !== nameMember) tx.zrem(byName, staleNameMember);
  tx.zadd(byName, 0, nameMember);
  keep(tx, active, id, state === 'active');
  keep(tx, deleted, id, state === 'deleted');
  for (const tag of update.tags) writeTag(tx, allTags, id, tag);
}

function writeTag(tx: StoreTransaction, allTags: string, id: string, { name, kept }: TagMembership): void {
  const set = keys.apiKey.tag(name);
  keep(tx, set, id, kept);
  if (kept) tx.sadd(allTags, name);
  else if (tx.scard(set) === 0) tx.srem(allTags, name);
}
