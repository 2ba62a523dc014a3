import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { Inject, Injectable } from '@nestjs/common';
import { repliesOf } from '../../core/store/batch-replies.js';
import { isTroubled, isUpstreamId, type RequestEntry } from '../requests/request-entry.js';

export const KEPT_MS = 24 * 60 * 60 * 1000;
/** Requests that can be listed; others are found by their ids. */
export const MOST_LISTED = 2000;
/** Entries read in one command. */
const CHUNK_SIZE = 200;

/** Keeps what became of each request, for a day and for every instance to read. */
@Injectable()
export class AttemptLogRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** In one round trip. Entries are given in the order in which the requests ended. */
  async write(entries: readonly RequestEntry[]): Promise<void> {
    const commands = entries.flatMap((entry): StoreCommand[] => {
      const { requestId, upstreamRequestId } = entry;
      const own: StoreCommand = ['set', keys.attempts.byRequest(requestId), JSON.stringify(entry), 'PX', KEPT_MS];
      if (upstreamRequestId === null) return [own];
      return [own, ['set', keys.attempts.byUpstreamId(upstreamRequestId), requestId, 'PX', KEPT_MS]];
    });
    const lists = [
      ...toListed(keys.attempts.recent, entries),
      ...toListed(keys.attempts.troubled, entries.filter(isTroubled)),
    ];
    await repliesOf(this.store.pipeline([...commands, ...lists]));
  }

  /** By the gateway's id of a request, or by its upstream's; null = it is not, or no longer, there. */
  async find(id: string): Promise<RequestEntry | null> {
    if (!isUpstreamId(id)) return null;
    const [text, otherId] = await this.store.mget(keys.attempts.byRequest(id), keys.attempts.byUpstreamId(id));
    if (typeof text === 'string') return parseEntry(text);
    if (typeof otherId !== 'string') return null;
    return parseEntry(await this.store.get(keys.attempts.byRequest(otherId)));
  }

  /** The last 2000 that are still there, the last one to end first; with `troubled`, only those that went wrong. */
  async list({ troubled }: { readonly troubled: boolean }): Promise<readonly RequestEntry[]> {
    const ids = await this.store.lrange(troubled ? keys.attempts.troubled : keys.attempts.recent, 0, MOST_LISTED - 1);
    const found: RequestEntry[] = [];
    for (let at = 0; at < ids.length; at += CHUNK_SIZE) {
      const texts = await this.store.mget(...ids.slice(at, at + CHUNK_SIZE).map(keys.attempts.byRequest));
      found.push(...texts.map(parseEntry).filter((entry) => entry !== null));
    }
    return found;
  }
}

function toListed(list: string, entries: readonly RequestEntry[]): StoreCommand[] {
  if (entries.length === 0) return [];
  return [
    ['lpush', list, ...entries.map(({ requestId }) => requestId)],
    ['ltrim', list, 0, MOST_LISTED - 1],
    ['pexpire', list, KEPT_MS],
  ];
}

/** Null for what has expired, or was not written here. */
function parseEntry(text: string | null): RequestEntry | null {
  try {
    const parsed: unknown = JSON.parse(text ?? 'null');
    return isEntry(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

const isEntry = (value: unknown): value is RequestEntry =>
  typeof value === 'object' &&
  value !== null &&
  'requestId' in value &&
  'attempts' in value &&
  Array.isArray(value.attempts);
