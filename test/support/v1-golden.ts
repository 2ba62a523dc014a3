import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreClient } from '@crs/store';

/** Databases that v1 wrote; see test/fixtures/v1/README.md. */
export const V1_VERSIONS = ['1.1.162', '1.1.314'] as const;
export type V1Version = (typeof V1_VERSIONS)[number];

/** What v1 ran with when it wrote them. */
export const V1_SETTINGS = { encryptionKey: 'golden-encryption-key-32-chars!!', zoneOffsetHours: 8 } as const;
/** All of it happened within this hour: 2026-11-23, 12 o'clock at +8. */
export const V1_HOUR = new Date('2026-11-23T04:30:00.000Z');

interface KeyOfType<T extends string, V> {
  readonly key: string;
  readonly type: T;
  /** -1 = none. */
  readonly ttlMs: number;
  readonly value: V;
}

export type StoredKey =
  | KeyOfType<'string', string>
  | KeyOfType<'hash', Readonly<Record<string, string>>>
  | KeyOfType<'set' | 'list', readonly string[]>
  | KeyOfType<'zset', readonly (readonly [member: string, score: string | number])[]>;

export interface V1Made {
  readonly admin: { readonly username: string; readonly password: string };
  readonly accounts: readonly {
    readonly platform: 'claude-console' | 'openai-responses';
    readonly secret: string;
    readonly created: Readonly<Record<string, unknown>> & { readonly id: string; readonly name: string };
  }[];
  readonly keys: readonly {
    readonly name: string;
    readonly asked: Readonly<Record<string, unknown>>;
    readonly id: string;
    readonly key: string;
  }[];
  readonly requests: readonly {
    /** The beginning of the key's name. */
    readonly key: string;
    readonly path: string;
    readonly body: Readonly<Record<string, unknown>>;
    readonly status: number;
    readonly at: string;
  }[];
}

const FOLDER = join(__dirname, '..', 'fixtures', 'v1');

export function readGolden(version: V1Version): readonly StoredKey[] {
  const text = readFileSync(join(FOLDER, `v${version}.redis.jsonl`), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as StoredKey);
}

export const readMade = (version: V1Version): V1Made =>
  JSON.parse(readFileSync(join(FOLDER, `v${version}.made.json`), 'utf8')) as V1Made;

/** Puts a database of v1 into a store that is empty. Times to live run from now on. */
export async function loadGolden(store: StoreClient, version: V1Version): Promise<void> {
  for (const stored of readGolden(version)) await putKey(store, stored);
}

export async function putKey(store: StoreClient, stored: StoredKey): Promise<void> {
  const { key, ttlMs } = stored;
  switch (stored.type) {
    case 'string':
      await store.set(key, stored.value);
      break;
    case 'hash':
      await store.hset(key, stored.value);
      break;
    case 'set':
      await store.sadd(key, ...stored.value);
      break;
    case 'list':
      await store.lpush(key, ...[...stored.value].reverse());
      break;
    case 'zset':
      for (const [member, score] of stored.value) await store.zadd(key, Number(score), member);
      break;
  }
  if (ttlMs > 0) await store.pexpire(key, ttlMs);
}
