import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { eventually } from './eventually.ts';
import type { TestApp } from './test-app.ts';

/** What is held for a key and for accounts, after what has ended is settled: the members of their sets in the store. */
export async function heldLeases(app: TestApp, keyId: string, accountIds: readonly string[] = []): Promise<string[]> {
  await app.flushed();
  const store = app.app.get<StoreClient>(STORE_CLIENT);
  const sets = [
    keys.limits.concurrency(keyId),
    keys.limits.holds(keyId),
    ...accountIds.map((id) => keys.limits.accountConcurrency(id)),
  ];
  return (await Promise.all(sets.map((set) => store.zrange(set, 0, -1)))).flat();
}

/** Resolves when nothing is held any more; for what ends behind an answer. Bounded. */
export async function nothingHeld(app: TestApp, keyId: string, accountIds: readonly string[] = []): Promise<void> {
  await eventually(async () => ((await heldLeases(app, keyId, accountIds)).length === 0 ? true : null));
}
