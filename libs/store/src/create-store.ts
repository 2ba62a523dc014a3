import type { ErrorReport } from './error-report.js';
import type { RedisStoreOptions } from './redis/redis-options.js';
import { RedisStore } from './redis/redis-store.js';
import { openSqliteStore } from './sqlite/sqlite-store.js';
import type { StoreClient } from './store-client.js';

/** Which store, and where it is. */
export type StoreOptions =
  { readonly kind: 'embedded'; readonly file: string } | ({ readonly kind: 'redis' } & RedisStoreOptions);

/**
 * The store of these options, ready for use. `onError` is told of later faults that no caller waits for, `onWait` when a
 * Redis is not there yet and is waited for.
 *
 * @throws StoreFileError, StoreConnectionError, TypeError: one sentence for whoever starts the gateway.
 */
export async function createStore(
  options: StoreOptions,
  onError: ErrorReport,
  onWait?: (address: string) => void,
): Promise<StoreClient> {
  if (options.kind === 'embedded') return openSqliteStore(options.file, { onError });
  const store = new RedisStore(options, { onError, ...(onWait && { onWait }) });
  await store.open();
  return store;
}
