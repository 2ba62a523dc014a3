import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { repliesOfRightType } from '../core/store/batch-replies.js';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';

const BATCH_SIZE = 500;

/** Counts the keys that are bound to something, from the one field of each record that says so. */
@Injectable()
export class BoundKeysRepository {
  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly index: ApiKeyIndexRepository,
  ) {}

  /** How many keys, deleted ones left out, have the text in the field. */
  async count(field: string, value: string): Promise<number> {
    await this.index.ensureBuilt();
    const ids = await this.store.smembers(keys.apiKey.all);
    let count = 0;
    for (let at = 0; at < ids.length; at += BATCH_SIZE) {
      count += await this.countBatch(ids.slice(at, at + BATCH_SIZE), field, value);
    }
    return count;
  }

  private async countBatch(ids: readonly string[], field: string, value: string): Promise<number> {
    const replies = await repliesOfRightType(
      this.store.pipeline(ids.map((id): StoreCommand => ['hmget', keys.apiKey.record(id), field, 'isDeleted'])),
    );
    return replies.filter((reply) => {
      const [stored, isDeleted] = (reply ?? []) as readonly (string | null)[];
      return stored === value && isDeleted !== 'true';
    }).length;
  }
}
