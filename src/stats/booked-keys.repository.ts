import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';

/** Knows whether an id was ever one of a key: an answer about a mistyped one would look as if all were well. */
@Injectable()
export class BookedKeysRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** Also of keys that are deleted, that are gone for good but were used, and that no index names yet. */
  async isKnown(keyId: string): Promise<boolean> {
    const { apiKey, usage } = keys;
    const [isActive, isDeleted, traces] = await Promise.all([
      this.store.sismember(apiKey.all, keyId),
      this.store.sismember(apiKey.deleted, keyId),
      this.store.exists(apiKey.record(keyId), usage.total(keyId), usage.costTotal(keyId), usage.records(keyId)),
    ]);
    return isActive === 1 || isDeleted === 1 || traces > 0;
  }
}
