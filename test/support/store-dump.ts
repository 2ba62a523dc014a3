import type { StoreClient } from '@crs/store';

/** One key: what it holds, in a form that compares, and the seconds that it lives (null = for ever). */
export interface DumpedKey {
  readonly type: string;
  readonly ttlSeconds: number | null;
  readonly value: unknown;
}

/** The whole database, by key. Members of sets are sorted. */
export async function dumpStore(store: StoreClient): Promise<Record<string, DumpedKey>> {
  const dump: Record<string, DumpedKey> = {};
  for (const key of (await listKeys(store)).sort()) {
    const type = await store.type(key);
    const ttlMs = await store.pttl(key);
    dump[key] = {
      type,
      ttlSeconds: ttlMs < 0 ? null : Math.round(ttlMs / 1000),
      value: await valueOf(store, key, type),
    };
  }
  return dump;
}

/** Between the same two writes on two stores; the lives that are written differ by more. */
const APART_SECONDS = 20;

/** The first dump with the lives of the second where they differ by no more than the time between two writes. */
export function withLivesOf(
  dump: Readonly<Record<string, DumpedKey>>,
  other: Readonly<Record<string, DumpedKey>>,
): Record<string, DumpedKey> {
  return Object.fromEntries(
    Object.entries(dump).map(([key, dumped]) => {
      const life = other[key]?.ttlSeconds ?? null;
      const isSame = life !== null && dumped.ttlSeconds !== null && Math.abs(life - dumped.ttlSeconds) <= APART_SECONDS;
      return [key, isSame ? { ...dumped, ttlSeconds: life } : dumped];
    }),
  );
}

async function listKeys(store: StoreClient): Promise<string[]> {
  const found = new Set<string>();
  let cursor = '0';
  do {
    const [next, matches] = await store.scan(cursor, 'MATCH', '*', 'COUNT', 1000);
    for (const key of matches) found.add(key);
    cursor = next;
  } while (cursor !== '0');
  return [...found];
}

async function valueOf(store: StoreClient, key: string, type: string): Promise<unknown> {
  switch (type) {
    case 'string':
      return store.get(key);
    case 'hash':
      return store.hgetall(key);
    case 'set':
      return (await store.smembers(key)).sort();
    case 'list':
      return store.lrange(key, 0, -1);
    default: {
      const members = await store.zrange(key, 0, -1);
      return Promise.all(members.map(async (member) => [member, Number(await store.zscore(key, member))]));
    }
  }
}
