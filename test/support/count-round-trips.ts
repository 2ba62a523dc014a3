import type { StoreBatch, StoreClient, StoreCommand } from '@crs/store';

/** A store that notes what it is asked. */
export interface CountedStore {
  readonly store: StoreClient;
  /** The names of the commands of each round trip, in order. */
  readonly roundTrips: readonly (readonly string[])[];
}

const commandsOf = (name: string, [batch]: readonly unknown[]): readonly string[] =>
  name === 'pipeline' || name === 'multi' ? (batch as StoreCommand[]).map(([command]) => command) : [name];

/** Wraps a store so that a test can tell how often it was asked for what. */
export function countRoundTrips(inner: StoreClient): CountedStore {
  const roundTrips: (readonly string[])[] = [];
  const store = new Proxy(inner, {
    get(target, name: keyof StoreClient) {
      return (...args: readonly unknown[]): unknown => {
        roundTrips.push(commandsOf(name, args));
        return Reflect.apply(Reflect.get(target, name), target, args) as StoreBatch | Promise<unknown>;
      };
    },
  });
  return { store, roundTrips };
}

const WATCHED: readonly (keyof StoreClient)[] = [
  ...(['type', 'exists', 'del', 'expire', 'pexpire', 'pttl', 'scan', 'get', 'mget', 'set', 'incrby'] as const),
  ...(['incrbyfloat', 'hget', 'hmget', 'hgetall', 'hset', 'hdel', 'hincrby', 'sadd', 'srem', 'smembers'] as const),
  ...(['sismember', 'scard', 'zadd', 'zrem', 'zscore', 'zcard', 'zrange', 'zrangebyscore'] as const),
  ...(['pipeline', 'multi', 'runScript'] as const),
];

/** The same for a store that an application uses already, from now on. */
export function watchRoundTrips(store: StoreClient): CountedStore['roundTrips'] {
  const roundTrips: (readonly string[])[] = [];
  let isInside = false;
  for (const name of WATCHED) {
    const inner = Reflect.get(store, name);
    Reflect.set(store, name, (...args: readonly unknown[]): unknown => {
      if (isInside) return Reflect.apply(inner, store, args) as unknown;
      roundTrips.push(commandsOf(name, args));
      // One method may be made of another.
      isInside = true;
      try {
        return Reflect.apply(inner, store, args) as unknown;
      } finally {
        isInside = false;
      }
    });
  }
  return roundTrips;
}
