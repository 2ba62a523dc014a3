import { keys, type StoreClient } from '@crs/store';
import type { AdminClient } from '../admin-client.ts';
import type { BookedRequest } from './storm-judge.ts';

/** So many of a key's newest requests are kept one by one. */
const MOST_RECORDS = 200;
const FIELDS = ['inputTokens', 'outputTokens', 'cacheCreateTokens', 'cacheReadTokens'] as const;

type Sums = Readonly<Record<(typeof FIELDS)[number] | 'requests', number>>;

/** What is booked for each key, request by request. */
export async function readBooks(
  admin: AdminClient,
  keyIds: readonly string[],
): Promise<ReadonlyMap<string, readonly BookedRequest[]>> {
  const entries = keyIds.map(async (id): Promise<[string, readonly BookedRequest[]]> => {
    const list = (await admin.request('GET', `/keys/${id}/records?limit=${MOST_RECORDS}`)) as {
      items: BookedRequest[];
    };
    return [id, list.items];
  });
  return new Map(await Promise.all(entries));
}

/** Where the counters and the roll-ups of the keys differ from their requests; the keys must not have more than are kept. */
export async function findCounterGaps(
  admin: AdminClient,
  booked: ReadonlyMap<string, readonly BookedRequest[]>,
): Promise<readonly string[]> {
  const { rows } = (await admin.request('GET', '/stats/usage?groupBy=key&granularity=day')) as {
    rows: readonly (Sums & { readonly id?: string; readonly estimatedRequests: number })[];
  };
  const gaps: string[] = [];
  for (const [id, records] of booked) {
    if (records.length >= MOST_RECORDS) gaps.push(`key ${id} has ${records.length} requests or more: use more keys`);
    const due = sumOf(records);
    const { total } = (await admin.request('GET', `/keys/${id}/stats`)) as { total: Sums };
    const ofKey = rows.filter((row) => row.id === id);
    const flagged = records.filter(({ estimated }) => estimated === true).length;
    const flaggedInRows = ofKey.reduce((sum, { estimatedRequests }) => sum + estimatedRequests, 0);
    if (flagged !== flaggedInRows)
      gaps.push(`key ${id}: ${flaggedInRows} flagged in the roll-ups, ${flagged} requests`);
    for (const field of [...FIELDS, 'requests'] as const) {
      const rolledUp = ofKey.reduce((sum, row) => sum + row[field], 0);
      if (total[field] !== due[field])
        gaps.push(`key ${id}: ${field} ${total[field]} counted, ${due[field]} in its requests`);
      if (rolledUp !== due[field])
        gaps.push(`key ${id}: ${field} ${rolledUp} rolled up, ${due[field]} in its requests`);
    }
  }
  return gaps;
}

/** Slots and holds of requests that are booked: they must have ended with the booking. */
export async function findLeftLeases(
  store: StoreClient,
  owners: { readonly keyIds: readonly string[]; readonly accountIds: readonly string[] },
  booked: ReadonlyMap<string, readonly BookedRequest[]>,
): Promise<readonly string[]> {
  const ids = new Set([...booked.values()].flat().map(({ requestId }) => requestId));
  const sets = [
    ...owners.keyIds.flatMap((id) => [keys.limits.concurrency(id), keys.limits.holds(id)]),
    ...owners.accountIds.map((id) => keys.limits.accountConcurrency(id)),
  ];
  const left: string[] = [];
  for (const set of sets) {
    const members = await store.zrange(set, 0, -1);
    left.push(
      ...members.filter((member) => ids.has(member.split(':')[0] ?? '')).map((member) => `${member} left in ${set}`),
    );
  }
  return left;
}

function sumOf(records: readonly BookedRequest[]): Sums {
  const sum = (field: (typeof FIELDS)[number]): number => records.reduce((total, record) => total + record[field], 0);
  return {
    requests: records.length,
    inputTokens: sum('inputTokens'),
    outputTokens: sum('outputTokens'),
    cacheCreateTokens: sum('cacheCreateTokens'),
    cacheReadTokens: sum('cacheReadTokens'),
  };
}
