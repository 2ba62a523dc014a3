import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';

/** Longer than any database lives: the store writes nothing if there is something only together with a time to live. */
const FOR_GOOD_MS = 100 * 365 * 86_400_000;

/** Keeps the id by which the database is told from others. */
@Injectable()
export class StoreIdRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /**
   * The id, which the database gets when it has none. One that is empty was wiped, so it takes over `known`, the id that
   * a journal names; one with API keys is another, or was restored from before there were ids.
   */
  async findOrMake(known: string | null): Promise<string> {
    const found = await this.store.get(keys.storeId());
    if (found !== null) return found;
    const isEmpty = (await this.store.exists(keys.apiKey.hashMap)) === 0;
    const id = isEmpty && known !== null ? known : randomBytes(16).toString('hex');
    // Of processes that start at the same moment one decides.
    const reply = await this.store.set(keys.storeId(), id, 'PX', FOR_GOOD_MS, 'NX');
    return reply === null ? this.findOrMake(known) : id;
  }
}
