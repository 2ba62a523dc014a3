import { createHash, randomBytes } from 'node:crypto';
import { keys, type StoreCommand } from '@crs/store';
import type { KeyState } from './decide-key.js';
import type { Side } from './side.js';

/** So many hashes that none becomes large, also with a million keys. */
const BUCKETS = 1024;
const BUCKETS_AT_ONCE = 16;
const ID_BYTES = 16;

/** What both databases had when a key was last carried: kept in v2's database, by the address of v1's. */
export class MigrationBook {
  constructor(
    private readonly side: Side,
    private readonly address: string,
  ) {}

  /** Whether data was carried between the two before. */
  async isBegun(): Promise<boolean> {
    const [since] = await this.side.read([['hget', keys.migration.sources, this.address]]);
    return typeof since === 'string';
  }

  /** From where else data was carried here. */
  async listSources(): Promise<readonly string[]> {
    const [sources] = await this.side.read([['hgetall', keys.migration.sources]]);
    return typeof sources === 'object' && sources !== null ? Object.keys(sources) : [];
  }

  /** `isNewStore`: the database begins as a copy, so it is told from all others from now on. */
  async begin(now: Date, { isNewStore }: { readonly isNewStore: boolean }): Promise<void> {
    await this.side.write([['hset', keys.migration.sources, this.address, now.toISOString()]]);
    if (isNewStore) await this.nameStore();
  }

  async read(names: readonly string[]): Promise<(KeyState | null)[]> {
    const replies = await this.side.read(names.map((name) => ['hget', this.bucketOf(name), name]));
    return replies.map((reply) => (typeof reply === 'string' ? parseState(reply) : null));
  }

  /** All that is remembered, in steps. */
  async *all(): AsyncGenerator<readonly (readonly [name: string, state: KeyState])[]> {
    for (let at = 0; at < BUCKETS; at += BUCKETS_AT_ONCE) {
      const buckets = Array.from({ length: BUCKETS_AT_ONCE }, (_, more) => this.bucket(at + more));
      const replies = await this.side.read(buckets.map((bucket) => ['hgetall', bucket]));
      const found = replies.flatMap((reply) =>
        typeof reply === 'object' && reply !== null ? Object.entries(reply) : [],
      );
      if (found.length > 0) yield found.map(([name, text]) => [name, parseState(String(text))]);
    }
  }

  remember(name: string, state: KeyState): StoreCommand {
    return ['hset', this.bucketOf(name), name, printState(state)];
  }

  forget(name: string): StoreCommand {
    return ['hdel', this.bucketOf(name), name];
  }

  private async nameStore(): Promise<void> {
    const [name] = await this.side.read([['get', keys.storeId()]]);
    if (typeof name === 'string') return;
    const set: StoreCommand = ['set', keys.storeId(), randomBytes(ID_BYTES).toString('hex')];
    // Nobody else has a file open.
    await this.side.write([this.side.isRedis ? [...set, 'NX'] : set]);
  }

  private bucketOf(name: string): string {
    return this.bucket(createHash('sha256').update(name).digest().readUInt16BE(0) % BUCKETS);
  }

  private bucket(number: number): string {
    return keys.migration.book(this.address, number);
  }
}

const printState = ({ fingerprint, endsAt }: KeyState): string =>
  `${fingerprint}@${endsAt === null ? '' : Math.round(endsAt / 1000)}`;

function parseState(text: string): KeyState {
  const [fingerprint = '', end = ''] = text.split('@');
  return { fingerprint, endsAt: end === '' ? null : Number(end) * 1000 };
}
