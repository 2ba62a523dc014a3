import { isUtf8 } from 'node:buffer';
import {
  type RedisStore,
  type StoreClient,
  type StoreCommand,
  StoreFileError,
  StoreUnavailableError,
} from '@crs/store';
import { MigrationError } from './migration-error.js';

const SCAN_COUNT = 200;
const SCAN_ALL = '*';

/** One of the two databases, and what its faults are called. */
export class Side {
  /** `redis`: the same as `store`, where it is one. */
  constructor(
    readonly role: 'source' | 'target',
    /** `host:port/db`, or the file; holds no password. */
    readonly address: string,
    private readonly store: StoreClient,
    private readonly redis: RedisStore | null,
  ) {}

  get isRedis(): boolean {
    return this.redis !== null;
  }

  /** Roughly how many keys it has; null where that is not known. */
  async size(): Promise<number | null> {
    return this.redis === null ? null : this.guard(this.redis.dbsize());
  }

  /** All keys, in steps, each step without repeats. */
  async *scan(pattern = SCAN_ALL): AsyncGenerator<readonly string[]> {
    let cursor = '0';
    do {
      const [next, found] = await this.guard(this.store.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT));
      if (found.length > 0) yield [...new Set(found)];
      cursor = next;
    } while (cursor !== '0');
  }

  /** The replies in order; null where a key is not of the type that was asked for any more. */
  async read(commands: StoreCommand[]): Promise<unknown[]> {
    if (commands.length === 0) return [];
    const replies = (await this.guard(this.store.pipeline(commands).exec())) ?? [];
    return replies.map(([error, reply]) => {
      if (error === null) return reply;
      if (error.message.startsWith('WRONGTYPE')) return null;
      throw this.faultOf(error);
    });
  }

  /** Carries all of it out, with nothing between. */
  async write(commands: StoreCommand[]): Promise<void> {
    if (commands.length === 0) return;
    const replies = await this.guard(this.store.multi(commands).exec());
    const failed = replies?.find(([error]) => error !== null)?.[0];
    if (replies === null || failed) throw this.faultOf(failed ?? new Error('the transaction was discarded'));
  }

  /** Whether what commands answer is text; the embedded store holds nothing else. */
  async isText(...commands: StoreCommand[]): Promise<boolean> {
    const { redis } = this;
    if (redis === null) return true;
    const replies = await this.guard(Promise.all(commands.map(([name, ...args]) => redis.callBuffer(name, ...args))));
    return replies.every(isUtf8Reply);
  }

  async close(): Promise<void> {
    await this.store.quit();
  }

  private async guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error: unknown) {
      throw this.faultOf(error);
    }
  }

  private faultOf(error: unknown): unknown {
    if (!(error instanceof Error) || error instanceof MigrationError) return error;
    const words =
      error instanceof StoreUnavailableError || error instanceof StoreFileError ? 'cannot be used any more' : 'refused';
    return new MigrationError(
      'fault',
      `The ${this.role} ${this.address} ${words}: ${reasonOf(error).replace(/\.+$/, '')}. ` +
        'Nothing is lost: run the command again, and it goes on where it stopped.',
      { cause: error },
    );
  }
}

/** A transaction that was discarded says why only in the errors of its commands. */
function reasonOf(error: Error): string {
  const inner: unknown =
    'previousErrors' in error && Array.isArray(error.previousErrors) ? error.previousErrors[0] : null;
  return inner instanceof Error ? inner.message : error.message;
}

function isUtf8Reply(reply: unknown): boolean {
  if (Buffer.isBuffer(reply)) return isUtf8(reply);
  return !Array.isArray(reply) || reply.every(isUtf8Reply);
}
