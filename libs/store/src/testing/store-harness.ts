import type { StoreClient, StoreCommand } from '../store-client.js';
import { readBatch } from '../sqlite/batch.js';

/** A store under test, and its time. */
export interface StoreHarness {
  readonly store: StoreClient;
  /** Lets so many milliseconds pass for the store, and no fewer. */
  advance(ms: number): Promise<void>;
}

/** A store is opened once per suite and emptied before each case. */
export type OpenHarness = () => Promise<StoreHarness>;

/** One command by the port's own method. */
export async function perform(store: StoreClient, command: StoreCommand): Promise<unknown> {
  const [call] = readBatch([command]);
  return call?.command.run(store, call.args);
}

export async function empty(store: StoreClient): Promise<void> {
  const names = await scanAll(store, '*');
  if (names.length > 0) await store.del(...names);
}

/** Every name that a whole scan gives, in order. */
export async function scanAll(store: StoreClient, pattern: string, count = 100): Promise<string[]> {
  const found: string[] = [];
  let cursor = '0';
  do {
    const [next, names] = await store.scan(cursor, 'MATCH', pattern, 'COUNT', count);
    found.push(...names);
    cursor = next;
  } while (cursor !== '0');
  return [...new Set(found)].sort();
}
