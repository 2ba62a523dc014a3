import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import type { ListResult } from '../../core/http/list-result.js';

/** One request as it was booked, under the stored names. Records of old versions have fewer fields. */
export type StoredRecord = Readonly<Record<string, unknown>>;

/** Reads the newest records of a key, whole. */
@Injectable()
export class UsageRecordListRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** Newest first; the store keeps 200 at most. What cannot be read is left out and not counted. */
  async read(
    keyId: string,
    { offset, limit }: { readonly offset: number; readonly limit: number },
  ): Promise<ListResult<StoredRecord>> {
    const texts = await this.store.lrange(keys.usage.records(keyId), 0, -1);
    const records = texts.flatMap(recordIn);
    return { items: records.slice(offset, offset + limit), total: records.length };
  }
}

function recordIn(text: string): readonly StoredRecord[] {
  try {
    const record: unknown = JSON.parse(text);
    return typeof record === 'object' && record !== null && !Array.isArray(record) ? [record as StoredRecord] : [];
  } catch {
    return [];
  }
}
