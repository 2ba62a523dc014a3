import { Inject, Injectable, Logger } from '@nestjs/common';
import { toApiKeyId } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { repliesOf } from '../core/store/batch-replies.js';
import { parseNameMember } from './api-key-index-entry.js';
import { ApiKeyRepository } from './api-key.repository.js';

/** The schema that v1 writes; it rebuilds what is lower or missing. */
const INDEX_VERSION = 2;
const SCAN_COUNT = 500;
const BUILD_CONCURRENCY = 50;
/** How often a key that is being changed all the time is read again before the build gives up. */
const MAX_READS = 20;
/** `apikey:{id}`: v1's other keys under this prefix have more colons, but for the look-up of secrets. */
const RECORD_KEY = /^apikey:([^:]+)$/;

/** v1's index sets: built where an old database lacks them, and rid of keys that have disappeared. */
@Injectable()
export class ApiKeyIndexRepository {
  private readonly logger = new Logger(ApiKeyIndexRepository.name);
  private building: Promise<void> | null = null;

  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly records: ApiKeyRepository,
  ) {}

  /** Indexes the keys of a database that an old v1 has written; does nothing where the index is up to date. */
  async ensureBuilt(): Promise<void> {
    const version = Number.parseInt((await this.store.get(keys.apiKey.indexVersion)) ?? '', 10);
    if (version >= INDEX_VERSION) return;
    this.building ??= this.build().finally(() => {
      this.building = null;
    });
    await this.building;
  }

  /** The ids of deleted keys. */
  listDeleted(): Promise<readonly string[]> {
    return this.store.smembers(keys.apiKey.deleted);
  }

  /** Takes out keys whose records have disappeared. */
  async forget(ids: readonly string[]): Promise<void> {
    const gone = new Set(ids);
    const [nameMembers, tags] = await Promise.all([
      this.store.zrange(keys.apiKey.byName, 0, -1),
      this.store.smembers(keys.apiKey.allTags),
    ]);
    const names = nameMembers.filter((member) => gone.has(parseNameMember(member).id));
    await repliesOf(
      this.store.multi([
        ['srem', keys.apiKey.all, ...ids],
        ['srem', keys.apiKey.active, ...ids],
        ['srem', keys.apiKey.deleted, ...ids],
        ['zrem', keys.apiKey.byCreatedAt, ...ids],
        ['zrem', keys.apiKey.byLastUsedAt, ...ids],
        ...names.map((member): StoreCommand => ['zrem', keys.apiKey.byName, member]),
        ...tags.map((tag): StoreCommand => ['srem', keys.apiKey.tag(tag), ...ids]),
        ['del', ...ids.map((id) => keys.apiKey.extra(id))],
      ]),
    );
  }

  /** Nothing is cleared first: another process may be building, too, and what is stale is found by the lists. */
  private async build(): Promise<void> {
    const ids = await this.scanIds();
    for (let at = 0; at < ids.length; at += BUILD_CONCURRENCY) {
      await Promise.all(ids.slice(at, at + BUILD_CONCURRENCY).map((id) => this.index(id)));
    }
    await this.store.set(keys.apiKey.indexVersion, String(INDEX_VERSION));
    if (ids.length > 0) this.logger.log({ msg: 'indexed the API keys', count: ids.length });
  }

  /** Reads again when the key was changed in between, so that no old name gets into the index. */
  private async index(id: string): Promise<void> {
    for (let reads = 0; reads < MAX_READS; reads += 1) {
      const stored = await this.records.find(toApiKeyId(id));
      if (stored === null) return;
      if ((await this.records.replace(stored, stored.record)) !== 'changed') return;
    }
    throw new Error(`The key ${id} could not be indexed: it was changed each time it was read.`);
  }

  private async scanIds(): Promise<readonly string[]> {
    const ids = new Set<string>();
    let cursor = '0';
    do {
      const [next, found] = await this.store.scan(cursor, 'MATCH', keys.apiKey.recordPattern, 'COUNT', SCAN_COUNT);
      for (const key of found) {
        const id = RECORD_KEY.exec(key)?.[1];
        if (id !== undefined && key !== keys.apiKey.hashMap) ids.add(id);
      }
      cursor = next;
    } while (cursor !== '0');
    return [...ids];
  }
}
