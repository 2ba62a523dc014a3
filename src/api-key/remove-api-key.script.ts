import { defineScript, keys } from '@crs/store';
import { indexEntryOf } from './api-key-index-entry.js';
import { differs, type ExpectedHashes, expectedHashes } from './api-key-expectation.js';
import type { ApiKeyRecord } from './api-key-record.js';
import type { StoredApiKey } from './api-key-write.js';
import type { UpdateReply } from './update-api-key.script.js';

/** What the script must know of the key beside its hashes. */
interface ApiKeyRemovalPlan {
  readonly id: string;
  readonly secretHash: string;
  readonly nameMember: string;
  readonly tags: readonly string[];
}

type RemovalKeys = readonly [
  record: string,
  extra: string,
  hashMap: string,
  all: string,
  byCreatedAt: string,
  byLastUsedAt: string,
  byName: string,
  active: string,
  deleted: string,
  allTags: string,
  ...tagSetsAndState: string[],
];

export const removeApiKey = defineScript<UpdateReply>({
  name: 'remove-api-key',
  source: new URL('./remove-api-key.lua', import.meta.url),
  transaction: (tx, storeKeys, args) => {
    const [record, extra, hashMap, all, byCreatedAt, byLastUsedAt, byName, active, deleted, allTags, ...more] =
      storeKeys as RemovalKeys;
    const [expectedJson, planJson] = args as readonly [string, string];
    const { id, secretHash, nameMember, tags } = JSON.parse(planJson) as ApiKeyRemovalPlan;
    if (tx.exists(record) === 0) return 'missing';
    if (differs(tx, record, extra, JSON.parse(expectedJson) as ExpectedHashes)) return 'changed';
    tx.hdel(hashMap, secretHash);
    for (const set of [all, active, deleted]) tx.srem(set, id);
    for (const zset of [byCreatedAt, byLastUsedAt]) tx.zrem(zset, id);
    tx.zrem(byName, nameMember);
    for (const tag of tags) {
      tx.srem(keys.apiKey.tag(tag), id);
      if (tx.scard(keys.apiKey.tag(tag)) === 0) tx.srem(allTags, tag);
    }
    tx.del(...more.slice(tags.length), record, extra);
    return 'done';
  },
  parse: (reply) => reply as UpdateReply,
});

export function removalKeys(record: ApiKeyRecord): RemovalKeys {
  const { apiKey } = keys;
  return [
    apiKey.record(record.id),
    apiKey.extra(record.id),
    apiKey.hashMap,
    apiKey.all,
    apiKey.byCreatedAt,
    apiKey.byLastUsedAt,
    apiKey.byName,
    apiKey.active,
    apiKey.deleted,
    apiKey.allTags,
    ...indexEntryOf(record).tags.map((tag) => apiKey.tag(tag)),
    apiKey.legacyHash(record.secretHash),
    ...stateKeysOf(record.id),
  ];
}

/** The script's arguments, in its order. */
export function removalArguments({ record, stored }: StoredApiKey): readonly string[] {
  const { nameMember, tags } = indexEntryOf(record);
  const plan: ApiKeyRemovalPlan = { id: record.id, secretHash: record.secretHash, nameMember, tags };
  return [expectedHashes(stored), JSON.stringify(plan)];
}

/**
 * What is kept about one key while it is in use. What it has used (`usage:*`) stays, as with v1: the figures of its days,
 * models and accounts hold its share, and would no longer add up without it.
 */
const stateKeysOf = (id: string): readonly string[] => [
  keys.limits.windowStart(id),
  keys.limits.windowRequests(id),
  keys.limits.windowTokens(id),
  keys.limits.windowCost(id),
  keys.limits.concurrency(id),
  keys.limits.holds(id),
  keys.limits.estimates(id),
  keys.limits.queue(id),
  keys.limits.queueNumber(id),
  keys.limits.queueStats(id),
  keys.limits.queueWaits(id),
  keys.usage.keyModels(id),
  keys.usage.keyModelsSearched(id),
];
