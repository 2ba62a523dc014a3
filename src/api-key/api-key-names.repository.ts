import { Inject, Injectable } from '@nestjs/common';
import { ApiKeyNames, type DirectoryCount } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { repliesOfRightType } from '../core/store/batch-replies.js';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';

const BATCH_SIZE = 500;

/** Reads the names of many keys, of each record that one field. */
@Injectable()
export class ApiKeyNamesRepository extends ApiKeyNames {
  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly index: ApiKeyIndexRepository,
  ) {
    super();
  }

  async namesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const names = new Map<string, string>();
    for (let at = 0; at < ids.length; at += BATCH_SIZE) {
      const batch = ids.slice(at, at + BATCH_SIZE);
      const replies = await repliesOfRightType(
        this.store.pipeline(batch.map((id): StoreCommand => ['hget', keys.apiKey.record(id), 'name'])),
      );
      for (const [n, id] of batch.entries()) {
        const name = replies[n];
        if (typeof name === 'string') names.set(id, name);
      }
    }
    return names;
  }

  async count(): Promise<DirectoryCount> {
    await this.index.ensureBuilt();
    const [all, deleted, active] = await Promise.all([
      this.store.smembers(keys.apiKey.all),
      this.store.smembers(keys.apiKey.deleted),
      this.store.smembers(keys.apiKey.active),
    ]);
    const gone = new Set(deleted);
    const isThere = (id: string): boolean => !gone.has(id);
    return { total: all.filter(isThere).length, active: active.filter(isThere).length };
  }
}
