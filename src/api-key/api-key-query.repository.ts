import { Inject, Injectable } from '@nestjs/common';
import type { ServiceName } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { repliesOfRightType } from '../core/store/batch-replies.js';
import { Clock } from '../core/time/clock.js';
import { Zone } from '../core/time/zone.js';
import { type ApiKeyFilter, type ApiKeySort, type IndexSets, selectIds } from './api-key-selection.js';
import { parsePermissions } from './permission-list.js';
import { isServiceAllowed } from './permission.js';
import { readPermissions } from './read-permissions.script.js';
import { amountOf } from './stored-text.js';

/** What is asked in one round trip. */
const BATCH_SIZE = 1000;

export interface ApiKeyOrder {
  readonly by: ApiKeySort;
  readonly descending: boolean;
}

type CostKey = (id: string) => string;

/** Which keys there are, in which order: by v1's index sets, and for costs by the counters of the keys. */
@Injectable()
export class ApiKeyQueryRepository {
  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly zone: Zone,
    private readonly clock: Clock,
  ) {}

  /** The ids of all keys that pass the filter. Where the order knows no difference, the id makes it. */
  async listIds(filter: ApiKeyFilter, { by, descending }: ApiKeyOrder): Promise<readonly string[]> {
    const selected = selectIds(await this.readSets(filter, by), filter, by);
    const allowed = await this.withPermission(selected, filter.service);
    const costKey = this.costKeyOf(by);
    const ascending = costKey === null ? allowed : await this.byCost(allowed, costKey);
    return descending ? ascending.toReversed() : ascending;
  }

  /** Only what the list needs, in one round trip. */
  private async readSets(filter: ApiKeyFilter, by: ApiKeySort): Promise<IndexSets> {
    const { apiKey } = keys;
    const whole = (key: string): StoreCommand => ['zrange', key, 0, -1];
    const wanted: [name: keyof IndexSets, command: StoreCommand][] = [['created', whole(apiKey.byCreatedAt)]];
    if (by === 'lastUsedAt') wanted.push(['used', whole(apiKey.byLastUsedAt)]);
    if (by === 'name' || filter.search !== '') wanted.push(['names', whole(apiKey.byName)]);
    if (filter.isActive !== null) wanted.push(['active', ['smembers', apiKey.active]]);
    if (filter.deletion !== 'any') wanted.push(['deleted', ['smembers', apiKey.deleted]]);
    if (filter.tag !== null) wanted.push(['tagged', ['smembers', apiKey.tag(filter.tag)]]);
    const replies = await repliesOfRightType(this.store.pipeline(wanted.map(([, command]) => command)));
    const sets = wanted.map(([name], at) => [name, replies[at] ?? []] as const);
    return { created: [], ...(Object.fromEntries(sets) as Partial<IndexSets>) };
  }

  private async withPermission(ids: readonly string[], service: ServiceName | null): Promise<readonly string[]> {
    if (service === null) return ids;
    const texts: (string | null)[] = [];
    for (const batch of batchesOf(ids)) {
      texts.push(...(await this.store.runScript(readPermissions, batch.map(keys.apiKey.record), [])));
    }
    return ids.filter((_, at) => isServiceAllowed({ permissions: parsePermissions(texts[at] ?? '') }, service));
  }

  private async byCost(ids: readonly string[], costKey: CostKey): Promise<readonly string[]> {
    const texts: (string | null)[] = [];
    for (const batch of batchesOf(ids)) texts.push(...(await this.store.mget(...batch.map(costKey))));
    return ids
      .map((id, at) => ({ id, cost: amountOf(texts[at] ?? undefined) }))
      .sort((one, other) => one.cost - other.cost || (one.id < other.id ? -1 : 1))
      .map(({ id }) => id);
  }

  /** Where the cost of a key stands; null for an order that an index holds. */
  private costKeyOf(sort: ApiKeySort): CostKey | null {
    const now = this.clock.now();
    const [day, month] = [this.zone.day(now), this.zone.month(now)];
    switch (sort) {
      case 'cost':
        return (id) => keys.usage.costTotal(id);
      case 'costToday':
        return (id) => keys.usage.costDaily(id, day);
      case 'costMonth':
        return (id) => keys.usage.costMonthly(id, month);
      default:
        return null;
    }
  }
}

function batchesOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / BATCH_SIZE);
  return Array.from({ length: count }, (_, at) => items.slice(at * BATCH_SIZE, (at + 1) * BATCH_SIZE));
}
