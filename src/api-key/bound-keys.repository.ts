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
    return (await this.countAll(field)).get(value) ?? 0;
  }

  /** The same for each text that is in the field of any key. */
  async countAll(field: string): Promise<ReadonlyMap<string, number>> {
    await this.index.ensureBuilt();
    const ids = await this.store.smembers(keys.apiKey.all);
    const counts = new Map<string, number>();
    for (let at = 0; at < ids.length; at += BATCH_SIZE) {
      for (const value of await this.readBatch(ids.slice(at, at + BATCH_SIZE), field)) {
        counts.set(value, (counts.get(value) ?? 0) + 1);
      }
    }
    return counts;
  }

  /** The texts in the field of those keys that have one. */
  private async readBatch(ids: readonly string[], field: string): Promise<readonly string[]> {
    const replies = await repliesOfRightType(
      this.store.pipeline(ids.map((id): StoreCommand => ['hmget', keys.apiKey.record(id), field, 'isDeleted'])),
    );
    return replies.flatMap((reply) => {
      const [stored, isDeleted] = (reply ?? []) as readonly (string | null)[];
      return stored === undefined || stored === null || stored === '' || isDeleted === 'true' ? [] : [stored];
    });
  }
}
