import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../core/time/clock.js';

/**
 * Looking for counters that nobody indexed walks the whole database once per key. A search that takes longer stops; what
 * it found is kept, and so is its place, from which the next one goes on.
 */
const SEARCH_LIMIT_MS = 5000;
/** A place does not outlive a restart of Redis, which orders its keys anew; keys would be passed over. */
const PLACE_TTL_MS = 86_400_000;
const SEARCHED = '1';
const PLACE = /^at:(.+)$/;
const SEARCH_STEP = 1000;

/**
 * Finds the models of a key whose counters stand in no index: databases of v1 up to 1.1.162 have none at all, and later
 * ones keep theirs for a year. One search walks at a time; who asks for the same key meanwhile shares its result.
 */
@Injectable()
export class KeyModelSearch {
  private readonly pending = new Map<string, Promise<readonly string[]>>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly clock: Clock,
  ) {}

  /** The set of the key's models names all of them. */
  async isDone(keyId: string): Promise<boolean> {
    return (await this.store.get(keys.usage.keyModelsSearched(keyId))) === SEARCHED;
  }

  /** Empty for a key that was searched before. The time limit includes the wait for the searches of other keys. */
  async find(keyId: string): Promise<readonly string[]> {
    if (await this.isDone(keyId)) return [];
    const pending = this.pending.get(keyId);
    if (pending !== undefined) return pending;
    const until = this.clock.now() + SEARCH_LIMIT_MS;
    const search = this.last.then(() => this.search(keyId, until)).finally(() => this.pending.delete(keyId));
    this.pending.set(keyId, search);
    this.last = search.catch(() => undefined);
    return search;
  }

  private async search(keyId: string, until: number): Promise<readonly string[]> {
    if (this.clock.now() >= until) return [];
    const mark = keys.usage.keyModelsSearched(keyId);
    // Asked again: another search of this key may have ended since.
    const place = await this.store.get(mark);
    if (place === SEARCHED) return this.store.smembers(keys.usage.keyModels(keyId));
    const { found, cursor } = await this.walk(keyId, PLACE.exec(place ?? '')?.[1] ?? '0', until);
    if (found.size > 0) await this.store.sadd(keys.usage.keyModels(keyId), ...found);
    if (cursor === '0') await this.store.set(mark, SEARCHED);
    else await this.store.set(mark, `at:${cursor}`, 'PX', PLACE_TTL_MS);
    return [...found];
  }

  private async walk(keyId: string, from: string, until: number): Promise<{ found: Set<string>; cursor: string }> {
    const found = new Set<string>();
    const pattern = keys.usage.keyModelPattern(keyId);
    let cursor = from;
    do {
      const [next, matches] = await this.store.scan(cursor, 'MATCH', pattern, 'COUNT', SEARCH_STEP);
      for (const name of matches) {
        const model = findModelIn(name, keyId);
        if (model !== null) found.add(model);
      }
      cursor = next;
    } while (cursor !== '0' && this.clock.now() < until);
    return { found, cursor };
  }
}

/** `usage:{keyId}:model:alltime:{model}` or `usage:{keyId}:model:monthly:{model}:{YYYY-MM}`. */
function findModelIn(name: string, keyId: string): string | null {
  const kind = name.slice(keys.usage.keyModelPattern(keyId).length - 1);
  const [, lifetime, monthly] = /^(?:alltime:(.+)|monthly:(.+):\d{4}-\d{2})$/.exec(kind) ?? [];
  return lifetime ?? monthly ?? null;
}
