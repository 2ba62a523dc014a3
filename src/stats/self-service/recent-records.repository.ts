import { Inject, Injectable } from '@nestjs/common';
import type { ApiKeyId } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';

const MOST_RECORDS = 20;

/**
 * What the owner of a key may see of a record, by its stored names. The upstream account is the administrator's own
 * matter, so its id is not among them, and neither is what a later version may add.
 */
const SHOWN = [
  ...['timestamp', 'model', 'requestId', 'endpoint', 'method', 'statusCode', 'stream', 'durationMs'],
  ...['inputTokens', 'outputTokens', 'cacheCreateTokens', 'cacheReadTokens', 'ephemeral5mTokens', 'ephemeral1hTokens'],
  ...['totalTokens', 'cost', 'realCost', 'costBreakdown', 'realCostBreakdown', 'isLongContext', 'estimated'],
];

/** One request as it was booked. Records of old versions have fewer fields. */
export type ShownRecord = Readonly<Record<string, unknown>>;

/** The newest records of a key, as its owner may see them. */
@Injectable()
export class RecentRecordsRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** At most 20, newest first; what cannot be read is left out. */
  async read(keyId: ApiKeyId): Promise<readonly ShownRecord[]> {
    const texts = await this.store.lrange(keys.usage.records(keyId), 0, MOST_RECORDS - 1);
    return texts.flatMap(shownOf);
  }
}

function shownOf(text: string): readonly ShownRecord[] {
  const record = parse(text);
  if (typeof record !== 'object' || record === null) return [];
  return [Object.fromEntries(Object.entries(record).filter(([name]) => SHOWN.includes(name)))];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
