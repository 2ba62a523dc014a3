import { Inject, Injectable } from '@nestjs/common';
import type { ApiKeyId } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { repliesOf, repliesOfRightType } from '../core/store/batch-replies.js';
import { MOST_REMEMBERED } from '../core/store/last-known.js';
import { RecentMap } from '../core/store/recent-map.js';
import { type ApiKeyIndexEntry, indexEntryOf } from './api-key-index-entry.js';
import type { ApiKeyRecord } from './api-key-record.js';
import { type ApiKeyWrite, diffApiKey, isEmptyWrite, type StoredApiKey } from './api-key-write.js';
import { decodeApiKey, encodeApiKey, type StoredFields } from './api-key.codec.js';
import { removalArguments, removalKeys, removeApiKey } from './remove-api-key.script.js';
import {
  type ApiKeyUpdate,
  updateApiKey,
  updateArguments,
  updateKeys,
  type UpdateReply,
} from './update-api-key.script.js';

/** A key that nobody has used or changed for a year disappears, as in v1. */
const RECORD_TTL_SECONDS = 31_536_000;
const BATCH_SIZE = 500;

/** The records of client keys, with all that v1 keeps to find them. */
@Injectable()
export class ApiKeyRepository {
  /**
   * Which key a hash has led to. Its record is then asked for together with the look-up, which decides: so nothing old is
   * ever answered.
   */
  private readonly guesses = new RecentMap<string>(MOST_REMEMBERED);

  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  insert(record: ApiKeyRecord): Promise<void> {
    return this.insertAll([record]);
  }

  /** All of them at once, so that a store that breaks off leaves none behind whose secret nobody has been told. */
  async insertAll(records: readonly ApiKeyRecord[]): Promise<void> {
    await repliesOf(this.store.multi(records.flatMap(insertCommands)));
  }

  async find(id: ApiKeyId): Promise<StoredApiKey | null> {
    return this.findOne(id);
  }

  /** In the order of the ids; null where there is no such key. */
  async findMany(ids: readonly string[]): Promise<readonly (StoredApiKey | null)[]> {
    const found: (StoredApiKey | null)[] = [];
    for (let at = 0; at < ids.length; at += BATCH_SIZE) {
      found.push(...(await this.findBatch(ids.slice(at, at + BATCH_SIZE))));
    }
    return found;
  }

  /**
   * The key whose secret has this hash, deleted or not: v1 keeps deleted keys in its look-up at times. One round trip for
   * a key that this process has found before, else two.
   */
  async findByHash(secretHash: string): Promise<StoredApiKey | null> {
    const guess = this.guesses.get(secretHash);
    const [current, legacy, fields, extra] = await repliesOfRightType(
      this.store.pipeline([
        ['hget', keys.apiKey.hashMap, secretHash],
        ['hget', keys.apiKey.legacyHash(secretHash), 'id'],
        ...(guess === undefined ? [] : readCommands(guess)),
      ]),
    );
    const id = current ?? legacy;
    if (typeof id !== 'string') return null;
    const found = id === guess ? toStoredApiKey(id, fields, extra) : await this.findOne(id);
    // An old look-up may outlive the secret that it was made for.
    if (found?.record.secretHash !== secretHash) return null;
    this.guesses.set(secretHash, id);
    return found;
  }

  /**
   * Writes what differs between the key as it was read and `next`, unless the key is no longer what was read. An equal
   * `next` writes the index alone.
   */
  async replace({ record, stored }: StoredApiKey, next: ApiKeyRecord): Promise<UpdateReply> {
    const update = toUpdate(record, next);
    return this.store.runScript(updateApiKey, updateKeys(update), updateArguments(stored, update));
  }

  /** Removes a key for good, unless it is no longer what was read. What it has used stays in the figures. */
  async remove(stored: StoredApiKey): Promise<UpdateReply> {
    return this.store.runScript(removeApiKey, removalKeys(stored.record), removalArguments(stored));
  }

  private async findOne(id: string): Promise<StoredApiKey | null> {
    const [fields, extra] = await repliesOfRightType(this.store.pipeline(readCommands(id)));
    return toStoredApiKey(id, fields, extra);
  }

  private async findBatch(ids: readonly string[]): Promise<readonly (StoredApiKey | null)[]> {
    const replies = await repliesOfRightType(this.store.pipeline(ids.flatMap(readCommands)));
    return ids.map((id, at) => toStoredApiKey(id, replies[2 * at], replies[2 * at + 1]));
  }
}

const readCommands = (id: string): StoreCommand[] => [
  ['hgetall', keys.apiKey.record(id)],
  ['hgetall', keys.apiKey.extra(id)],
];

/** A hash without a secret's hash is no key, but what a late counter left of one that has disappeared. */
function toStoredApiKey(id: string, fieldsReply: unknown, extraReply: unknown): StoredApiKey | null {
  const stored = { fields: toFields(fieldsReply), extra: toFields(extraReply) };
  if (!stored.fields['apiKey']) return null;
  return { record: decodeApiKey(id, stored), stored };
}

const toFields = (reply: unknown): StoredFields => (reply ?? {}) as StoredFields;

const flat = (fields: StoredFields): string[] => Object.entries(fields).flat();

function toUpdate(before: ApiKeyRecord, after: ApiKeyRecord): ApiKeyUpdate {
  const write = diffApiKey(before, after);
  const [stale, { tags, ...entry }] = [indexEntryOf(before), indexEntryOf(after)];
  return {
    ...write,
    ...entry,
    id: after.id,
    ttlSeconds: isEmptyWrite(write) ? 0 : RECORD_TTL_SECONDS,
    secretHash: after.secretHash,
    staleSecretHash: before.secretHash,
    legacy: legacyLookUp(before, after),
    staleNameMember: stale.nameMember,
    used: isUsed(write),
    tags: [
      ...tags.map((name) => ({ name, kept: true })),
      ...stale.tags.filter((name) => !tags.includes(name)).map((name) => ({ name, kept: false })),
    ],
  };
}

const isUsed = ({ set }: ApiKeyWrite): boolean => 'lastUsedAt' in set;

/** v1 writes the old form of the look-up when a key is restored. */
function legacyLookUp(before: ApiKeyRecord, after: ApiKeyRecord): StoredFields {
  if (before.deletion === null || after.deletion !== null) return {};
  return { id: after.id, name: after.name, isActive: String(after.isActive) };
}

function insertCommands(record: ApiKeyRecord): StoreCommand[] {
  const { fields, extra } = encodeApiKey(record);
  const recordKey = keys.apiKey.record(record.id);
  return [
    ['hset', recordKey, ...flat(fields)],
    ['expire', recordKey, RECORD_TTL_SECONDS],
    ['hset', keys.apiKey.extra(record.id), ...flat(extra)],
    ['hset', keys.apiKey.hashMap, record.secretHash, record.id],
    // All that a new key uses is indexed, so nobody has to search the database for it.
    ['set', keys.usage.keyModelsSearched(record.id), '1'],
    ...indexCommands(record.id, indexEntryOf(record)),
  ];
}

function indexCommands(id: ApiKeyId, entry: ApiKeyIndexEntry): StoreCommand[] {
  return [
    ['sadd', keys.apiKey.all, id],
    ['zadd', keys.apiKey.byCreatedAt, entry.createdAt, id],
    ['zadd', keys.apiKey.byLastUsedAt, entry.lastUsedAt, id],
    ['zadd', keys.apiKey.byName, 0, entry.nameMember],
    ...(entry.state === 'active' ? [['sadd', keys.apiKey.active, id] satisfies StoreCommand] : []),
    ...entry.tags.flatMap((tag): StoreCommand[] => [
      ['sadd', keys.apiKey.tag(tag), id],
      ['sadd', keys.apiKey.allTags, tag],
    ]),
  ];
}
