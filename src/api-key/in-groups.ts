/** Enough to keep the store busy, and few enough that the requests beside them are served. */
const GROUP_SIZE = 25;

/** Does the same with many items, a group of them at a time; the results are in the order of the items. */
export async function inGroups<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += GROUP_SIZE) {
    results.push(...(await Promise.all(items.slice(at, at + GROUP_SIZE).map(work))));
  }
  return results;
}
