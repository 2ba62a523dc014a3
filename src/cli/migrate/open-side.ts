import { existsSync } from 'node:fs';
import { openSqliteStore, RedisStore, type RedisStoreOptions, type SqliteStore, StoreFileError } from '@crs/store';
import { MigrationError } from './migration-error.js';
import { Side } from './side.js';

/** Where one of the databases is. */
export type Place =
  | { readonly kind: 'embedded'; readonly file: string }
  | { readonly kind: 'redis'; readonly options: RedisStoreOptions };

/** Large keys take long; a server that says nothing for so long is away. */
const COMMAND_TIMEOUT_MS = 30_000;
const IN_MEMORY = ':memory:';
const nobody = (): void => undefined;

/**
 * Opens a database for this command alone. What is only read is not made, and not swept.
 *
 * @throws MigrationError, StoreConnectionError, StoreFileError
 */
export async function openSide(
  role: Side['role'],
  place: Place,
  { isRead }: { readonly isRead: boolean },
): Promise<Side> {
  if (place.kind === 'embedded') return new Side(role, place.file, openFile(role, place.file, isRead), null);
  const redis = new RedisStore(place.options, {
    limits: { commandTimeoutMs: COMMAND_TIMEOUT_MS },
    // Whoever waits for a command is told why it failed.
    onError: nobody,
    onWait: (address) => process.stderr.write(`Waiting for Redis at ${address}.\n`),
  });
  await redis.open();
  return new Side(role, addressOf(redis), redis, redis);
}

/** The database's name in messages and notes. */
const addressOf = (redis: RedisStore): string => `${redis.address}/${redis.options.db ?? 0}`;

function openFile(role: Side['role'], file: string, isRead: boolean): SqliteStore {
  const isThere = existsSync(file);
  if (role === 'source' && !isThere) {
    throw new MigrationError('refused', `There is no store at ${file}: run this where v2 runs, with its DATA_DIR.`);
  }
  try {
    // Expired keys are absent to every reader; nothing needs to be swept meanwhile.
    return openSqliteStore(isRead && !isThere ? IN_MEMORY : file, { repeat: () => nobody });
  } catch (error: unknown) {
    if (!(error instanceof StoreFileError)) throw error;
    throw new MigrationError('refused', `${error.message} If the gateway is running, stop it first.`, { cause: error });
  }
}
