import type { StoreBatch, StoreClient, StoreCommand } from '@crs/store';

/** A store that notes what it is asked. */
export interface CountedStore {
  readonly store: StoreClient;
  /** The names of the commands of each round trip, in order. */
  readonly roundTrips: readonly (readonly string[])[];
}

/** Wraps a store so that a test can tell how often it was asked for what. */
export function countRoundTrips(inner: StoreClient): CountedStore {
  const roundTrips: string[][] = [];
  const store = new Proxy(inner, {
    get(target, name: keyof StoreClient) {
      return (...args: readonly unknown[]): unknown => {
        const isBatch = name === 'pipeline' || name === 'multi';
        roundTrips.push(isBatch ? (args[0] as StoreCommand[]).map(([command]) => command) : [name]);
        return Reflect.apply(Reflect.get(target, name), target, args) as StoreBatch | Promise<unknown>;
      };
    },
  });
  return { store, roundTrips };
}
